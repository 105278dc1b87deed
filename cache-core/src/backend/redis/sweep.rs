//! Removing by pattern: `SCAN`, and `UNLINK` in batches, at every server; for leases, which may be marks, by a script.

use std::sync::Arc;

use futures_util::future::join_all;

use super::change::publishing;
use super::command::{Batch, Command};
use super::failure::odd_answer;
use super::fleet::Fleet;
use super::link::Link;
use super::node::Node;
use super::reply::{self, Replies};
use super::script;
use crate::backend::{BackendError, Sweep};
use crate::key::pattern;

/// So many names are looked at in one step of the server.
const STEP: u32 = 512;

pub(super) async fn sweep(link: &Arc<Link>, sweep: &Sweep<'_>) -> Result<u64, BackendError> {
    let tell = async || match &sweep.publish {
        Some(publish) => Replies::new(link.one(Batch::anywhere().then(publishing(publish))).await?).finish(),
        None => Ok(()),
    };
    tell().await?;
    let fleet = link.fleet()?;
    let mut removed = 0;
    let leases = sweep.leases.iter().map(|glob| (glob, Kind::Lease));
    for (glob, kind) in leases.chain(sweep.globs.iter().map(|glob| (glob, Kind::Other))) {
        let swept = join_all(fleet.all()?.iter().map(|node| remove(&fleet, node, glob, kind))).await;
        for each in swept {
            removed += each?;
        }
    }
    tell().await?;
    Ok(removed)
}

/// What lies under the names that are swept.
#[derive(Clone, Copy)]
enum Kind {
    /// Leases, of which marks stay.
    Lease,
    Other,
}

/// What removes these names.
fn removing(names: &[String], kind: Kind) -> Command<'_> {
    let names = names.iter().map(String::as_str);
    match kind {
        Kind::Lease => Command::script(&script::SWEEP_LEASES, names),
        Kind::Other => names.fold(Command::new("UNLINK"), Command::text),
    }
}

async fn remove(fleet: &Fleet, node: &Arc<Node>, glob: &str, kind: Kind) -> Result<u64, BackendError> {
    let wider = translate(glob);
    let (mut cursor, mut removed) = ("0".to_owned(), 0);
    loop {
        let scan = Command::new("SCAN").text(&cursor).text("MATCH").text(&wider).text("COUNT").number(STEP);
        let mut step = Replies::new(reply::list(Replies::new(node.send(&[scan]).await?).next()?)?);
        let next = reply::text(step.next()?)?;
        let mut names = Vec::new();
        for name in reply::list(step.next()?)? {
            let Some(bytes) = reply::bytes(name)? else { return Err(odd_answer()) };
            // A name that is no text is none of ours.
            names.extend(String::from_utf8(bytes).ok().filter(|name| pattern::matches(glob, name)));
        }
        if !names.is_empty() {
            // In a cluster the names of one command lie in one slot.
            let together = if fleet.spread { 1 } else { names.len() };
            let commands: Vec<_> = names.chunks(together).map(|names| removing(names, kind)).collect();
            for answer in node.send(&commands).await? {
                match &answer {
                    // The slot has moved meanwhile, and the name with it.
                    redis::Value::ServerError(error) if matches!(error.code(), "MOVED" | "ASK") => {}
                    answer => removed += reply::integer(answer)?.unsigned_abs(),
                }
            }
        }
        if next == "0" {
            return Ok(removed);
        }
        cursor = next;
    }
}

/// The same glob to Redis, or one that matches more: there `?` is a byte and `[` begins a class.
fn translate(glob: &str) -> String {
    let mut wider = String::with_capacity(glob.len() + 8);
    let mut characters = glob.chars();
    while let Some(character) = characters.next() {
        match character {
            '?' => wider.push_str("?*"),
            '[' => wider.push_str("\\["),
            '\\' => {
                wider.push('\\');
                wider.push(characters.next().unwrap_or('\\'));
            }
            other => wider.push(other),
        }
    }
    wider
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn globs_match_no_less_at_the_server() {
        assert_eq!(translate("a[b]*"), r"a\[b]*");
        assert_eq!(translate(r"\[?\"), r"\[?*\\");
        assert_eq!(translate(r"\*x"), r"\*x");
    }
}
