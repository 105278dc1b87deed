//! Command line arguments: flags and `--name value` pairs, taken one by one; what is left over is an error.

use std::str::FromStr;

use crate::command::Failure;

pub(crate) struct Args {
    rest: Vec<String>,
}

impl Args {
    pub(crate) fn new(arguments: impl Iterator<Item = String>) -> Self {
        Self { rest: arguments.collect() }
    }

    /// Takes `--name`; says whether it was there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let position = self.rest.iter().position(|argument| argument == name);
        position.map(|index| self.rest.remove(index)).is_some()
    }

    /// Takes `--name value`.
    pub(crate) fn value<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, Failure> {
        let Some(index) = self.rest.iter().position(|argument| argument == name) else { return Ok(None) };
        self.rest.remove(index);
        if index == self.rest.len() {
            return Err(Failure::new(format!("`{name}` needs a value after it")));
        }
        let text = self.rest.remove(index);
        text.parse().map(Some).map_err(|_| Failure::new(format!("`{name} {text}` is not a valid value")))
    }

    /// Takes the first argument that is not an option.
    pub(crate) fn word(&mut self) -> Option<String> {
        let position = self.rest.iter().position(|argument| !argument.starts_with('-'));
        position.map(|index| self.rest.remove(index))
    }

    /// Everything has been taken, or the first argument that nobody knows is named.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.rest.first() {
            None => Ok(()),
            Some(unknown) => Err(Failure::new(format!("unknown argument `{unknown}`; see `cargo x help`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Args;

    fn args(line: &str) -> Args {
        Args::new(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn takes_flags_values_and_words_in_any_order() {
        let mut args = args("--peers hit --rounds 7");
        assert_eq!(args.value::<usize>("--rounds").ok().flatten(), Some(7));
        assert!(args.flag("--peers"));
        assert!(!args.flag("--peers"));
        assert_eq!(args.word().as_deref(), Some("hit"));
        assert!(args.finish().is_ok());
    }

    #[test]
    fn refuses_missing_values_and_leftovers() {
        assert!(args("--rounds").value::<usize>("--rounds").is_err());
        assert!(args("--rounds seven").value::<usize>("--rounds").is_err());
        assert!(args("--fats").finish().is_err());
    }
}
