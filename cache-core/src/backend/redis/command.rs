//! Commands, before it is known where they go.

use std::borrow::Cow;
use std::time::Duration;

use redis::{Cmd, Pipeline};
use smallvec::SmallVec;

use super::script::Script;

/// One command. Borrows what it can: it is copied once, into the bytes that are sent.
#[derive(Clone)]
pub(super) struct Command<'a> {
    head: Head,
    args: SmallVec<[Arg<'a>; 6]>,
}

#[derive(Clone)]
enum Arg<'a> {
    Bytes(Cow<'a, [u8]>),
    Number(i64),
}

#[derive(Clone, Copy)]
enum Head {
    Plain(&'static str),
    /// A script, and how many of the arguments are names.
    Script(&'static Script, usize),
}

impl<'a> Command<'a> {
    pub(super) fn new(name: &'static str) -> Self {
        Self { head: Head::Plain(name), args: SmallVec::new() }
    }

    /// A script on some names; its arguments follow.
    pub(super) fn script(script: &'static Script, names: impl IntoIterator<Item = &'a str>) -> Self {
        let args: SmallVec<_> = names.into_iter().map(|name| Arg::Bytes(Cow::Borrowed(name.as_bytes()))).collect();
        Self { head: Head::Script(script, args.len()), args }
    }

    pub(super) fn arg(mut self, arg: impl Into<Cow<'a, [u8]>>) -> Self {
        self.args.push(Arg::Bytes(arg.into()));
        self
    }

    pub(super) fn text(self, arg: &'a str) -> Self {
        self.arg(arg.as_bytes())
    }

    pub(super) fn number(mut self, number: impl Into<i128>) -> Self {
        let number = number.into();
        match i64::try_from(number) {
            Ok(number) => self.args.push(Arg::Number(number)),
            Err(_) => return self.arg(number.to_string().into_bytes()),
        }
        self
    }

    /// A lifetime in milliseconds.
    pub(super) fn ttl(self, ttl: Duration) -> Self {
        self.number(millis(ttl))
    }

    pub(super) fn is_script(&self) -> bool {
        matches!(self.head, Head::Script(..))
    }

    /// As the client sends it; scripts by their text, or by their name only.
    pub(super) fn build(&self, spelled_out: bool) -> Cmd {
        let size = |arg: &Arg<'_>| if let Arg::Bytes(bytes) = arg { bytes.len() } else { 20 };
        let mut cmd = Cmd::with_capacity(self.args.len() + 3, self.args.iter().map(size).sum::<usize>() + 64);
        match self.head {
            Head::Plain(name) => _ = cmd.arg(name),
            Head::Script(script, names) if spelled_out => _ = cmd.arg("EVAL").arg(script.text).arg(names),
            Head::Script(script, names) => _ = cmd.arg("EVALSHA").arg(script.hash()).arg(names),
        }
        for arg in &self.args {
            _ = match arg {
                Arg::Bytes(bytes) => cmd.arg(&**bytes),
                Arg::Number(number) => cmd.arg(*number),
            };
        }
        cmd
    }
}

/// Several commands in one go.
pub(super) fn pipeline(commands: &[Command<'_>], spelled_out: bool) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(commands.len());
    commands.iter().for_each(|command| _ = pipeline.add_command(command.build(spelled_out)));
    pipeline
}

/// Whole milliseconds, as Redis takes them: at least one, and no more than it can add to the time of day.
pub(super) fn millis(ttl: Duration) -> i64 {
    const CENTURY: u128 = 100 * 365 * 24 * 60 * 60 * 1000;
    i64::try_from(ttl.as_millis().clamp(1, CENTURY)).unwrap_or(i64::MAX)
}

/// Commands on names of one slot, in their order; without a name they may go anywhere.
#[derive(Clone)]
pub(super) struct Batch<'a> {
    pub(super) slot: Option<u16>,
    pub(super) commands: Vec<Command<'a>>,
    /// Whether a replica may answer.
    pub(super) replica: bool,
}

impl<'a> Batch<'a> {
    /// What is done where `name` lies.
    pub(super) fn at(name: &str) -> Self {
        Self { slot: Some(super::slot::of(name.as_bytes())), commands: Vec::with_capacity(4), replica: false }
    }

    /// What is done wherever.
    pub(super) fn anywhere() -> Self {
        Self { slot: None, commands: Vec::new(), replica: false }
    }

    pub(super) fn then(mut self, command: Command<'a>) -> Self {
        self.commands.push(command);
        self
    }
}
