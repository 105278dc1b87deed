//! Command line: a handful of options, so parsed by hand.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::db::Wanted;

/// Text of `--help`.
pub const HELP: &str = "\
A shop on SQLite whose queries are cached.

It fills a database on first start, measures itself over HTTP, prints what it
found, and then serves until Ctrl-C.

Usage: cargo run -p shop -- [OPTIONS]

  --demo-only       measure, print, and exit 0 (exit 1 if a promise was broken)
  --no-demo         serve at once
  --while-stdin     stop when the standard input ends, too
  --port N          port to serve on [3000, or a free one if that is taken;
                    with --demo-only: a free one]
  --db PATH         database file [shop.sqlite in a directory for temporary
                    files]; created and filled if it does not exist
  --products N      products in a new database [100000]
  --order-lines N   order lines in a new database [1000000]
  --help            this text

With REDIS_URL in the environment the cache has a shared tier there, and shops
on the same database file are coherent: redis://host:6379, redis+unix:///path,
redis+sentinel://host,host/service or redis+cluster://host,host; rediss:// and
the like need `--features tls`. Without it everything stays in this process.
";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Fill, measure, serve.
    Run(Args),
    /// Print [`HELP`].
    Help,
}

/// Options of a run.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Args {
    /// Exit after the demo.
    pub demo_only: bool,
    /// Serve without the demo.
    pub no_demo: bool,
    /// Stop when the standard input ends: whoever started this shop is gone then.
    pub while_stdin: bool,
    /// Port to serve on; `None` if the user does not care.
    pub port: Option<u16>,
    /// Database file; `None` for the default place.
    pub db: Option<PathBuf>,
    /// Size of a new database; an existing one must have been filled with the same.
    pub size: Wanted,
}

/// Reads the command line (without the program's name).
///
/// # Errors
///
/// A sentence that names the option and says what it takes.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut parsed = Args::default();
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let arg = arg.into_string().map_err(|arg| format!("`{}` is no option", arg.display()))?;
        // `--port=8080` and `--port 8080` mean the same.
        let (name, attached) = match arg.split_once('=') {
            Some((name, value)) => (name, Some(OsString::from(value))),
            None => (arg.as_str(), None),
        };
        if attached.is_some() && matches!(name, "--help" | "-h" | "--demo-only" | "--no-demo" | "--while-stdin") {
            return Err(format!("{name} takes no value"));
        }
        let mut value = || {
            let value = attached.clone().or_else(|| args.next()).filter(|value| !value.is_empty());
            value.ok_or_else(|| format!("{name} needs a value"))
        };
        match name {
            "--help" | "-h" => return Ok(Command::Help),
            "--demo-only" => parsed.demo_only = true,
            "--no-demo" => parsed.no_demo = true,
            "--while-stdin" => parsed.while_stdin = true,
            "--port" => parsed.port = Some(number(name, &value()?, 0, u16::MAX)?),
            "--db" => parsed.db = Some(PathBuf::from(value()?)),
            // The demo needs a few products per category, and lines that some of them sold.
            "--products" => parsed.size.products = Some(number(name, &value()?, 100, 10_000_000)?),
            "--order-lines" => parsed.size.order_lines = Some(number(name, &value()?, 100, 100_000_000)?),
            _ => return Err(format!("`{arg}` is no option")),
        }
    }
    if parsed.demo_only && parsed.no_demo {
        return Err("--demo-only and --no-demo exclude each other".to_owned());
    }
    Ok(Command::Run(parsed))
}

fn number<N>(name: &str, text: &OsString, min: N, max: N) -> Result<N, String>
where
    N: std::str::FromStr + PartialOrd + std::fmt::Display + Copy,
{
    text.to_str()
        .and_then(|text| text.replace('_', "").parse().ok())
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(|| format!("{name} takes a number from {min} to {max}, not `{}`", text.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_all(args: &[&str]) -> Result<Command, String> {
        parse(args.iter().map(OsString::from))
    }

    #[test]
    fn values_follow_or_are_attached() {
        let expected = Args {
            demo_only: true,
            port: Some(8080),
            db: Some("a b".into()),
            size: Wanted { products: Some(1000), order_lines: None },
            ..Args::default()
        };
        let attached = parse_all(&["--port=8080", "--db=a b", "--products=1_000", "--demo-only"]);
        let following = parse_all(&["--demo-only", "--port", "8080", "--db", "a b", "--products", "1000"]);
        assert_eq!(attached, Ok(Command::Run(expected)));
        assert_eq!(following, attached);
    }

    #[test]
    fn a_demo_cannot_be_all_and_nothing() {
        assert!(parse_all(&["--demo-only", "--no-demo"]).is_err_and(|why| why.contains("exclude")));
    }

    #[test]
    fn help_wins() {
        assert_eq!(parse_all(&["--port", "1", "-h", "--nonsense"]), Ok(Command::Help));
    }

    #[test]
    fn nothing_is_everything_by_default() {
        assert_eq!(parse_all(&[]), Ok(Command::Run(Args::default())));
    }
}
