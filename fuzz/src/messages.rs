//! A door to what processes tell each other.

use crate::fleet_name::NameRef;
use crate::message::{self, Named};

/// What to drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    Everything,
    Region(String),
    Tag(String),
    Key(String),
    Pattern(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    Names { origin: u64, put: bool, names: Vec<Name> },
    Beat { origin: u64, number: u64 },
}

pub fn write_message(message: &Message) -> Vec<u8> {
    match message {
        Message::Names { origin, put, names } => {
            message::Message::Names { origin: *origin, put: *put, names: names.iter().map(Name::named).collect() }
        }
        Message::Beat { origin, number } => message::Message::Beat { origin: *origin, number: *number },
    }
    .encode()
}

pub fn read_message(bytes: &[u8]) -> Option<Message> {
    Some(match message::Message::parse(bytes)? {
        message::Message::Names { origin, put, names } => {
            Message::Names { origin, put, names: names.into_iter().map(Name::of).collect() }
        }
        message::Message::Beat { origin, number } => Message::Beat { origin, number },
    })
}

impl Name {
    fn named(&self) -> Named<'_> {
        match self {
            Self::Pattern(glob) => Named::Pattern(glob),
            Self::Everything => Named::Name(NameRef::Everything),
            Self::Region(name) => Named::Name(NameRef::Region(name)),
            Self::Tag(tag) => Named::Name(NameRef::Tag(tag)),
            Self::Key(key) => Named::Name(NameRef::Key(key)),
        }
    }

    fn of(named: Named<'_>) -> Self {
        match named {
            Named::Pattern(glob) => Self::Pattern(glob.to_owned()),
            Named::Name(NameRef::Everything) => Self::Everything,
            Named::Name(NameRef::Region(name)) => Self::Region(name.to_owned()),
            Named::Name(NameRef::Tag(tag)) => Self::Tag(tag.to_owned()),
            Named::Name(NameRef::Key(key)) => Self::Key(key.to_owned()),
        }
    }
}
