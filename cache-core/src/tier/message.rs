//! What processes tell each other: names, and beats.
//!
//! ```text
//! format 1 · kind 1 (0 names, 1 names of values that were put, 2 beat) · origin 8 · names, or the beat's number 8
//! name: kind 1 (0 everything, 1 region, 2 tag, 3 key, 4 pattern) · length u32 · text
//! ```
//!
//! Numbers are little-endian. A message carries no versions: it makes its receivers forget, never know.

use crate::fleet_name::NameRef;

const FORMAT: u8 = 1;
/// A message that names more than this is not ours.
pub(super) const MOST_NAMES: usize = 100_000;

/// What to drop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named<'a> {
    Name(NameRef<'a>),
    /// A glob over `region:key`.
    Pattern(&'a str),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message<'a> {
    Names {
        origin: u64,
        /// The sender put values under these names, and has them itself.
        put: bool,
        names: Vec<Named<'a>>,
    },
    Beat {
        origin: u64,
        number: u64,
    },
}

impl<'a> Message<'a> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        match self {
            Self::Names { origin, put, names } => {
                bytes.push(u8::from(*put));
                bytes.extend(origin.to_le_bytes());
                names.iter().for_each(|name| push(&mut bytes, *name));
            }
            Self::Beat { origin, number } => {
                bytes.push(2);
                bytes.extend(origin.to_le_bytes());
                bytes.extend(number.to_le_bytes());
            }
        }
        bytes
    }

    /// The message that these bytes are; `None` for what is none, or of a format to come.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&[format, kind], rest) = bytes.split_first_chunk::<2>()?;
        let (origin, mut rest) = rest.split_first_chunk::<8>()?;
        let origin = u64::from_le_bytes(*origin);
        match (format, kind) {
            (FORMAT, 2) => Some(Self::Beat { origin, number: u64::from_le_bytes(rest.try_into().ok()?) }),
            (FORMAT, 0 | 1) => {
                let mut names = Vec::new();
                while !rest.is_empty() && names.len() < MOST_NAMES {
                    names.push(pull(&mut rest)?);
                }
                rest.is_empty().then_some(Self::Names { origin, put: kind == 1, names })
            }
            _ => None,
        }
    }
}

fn push(bytes: &mut Vec<u8>, name: Named<'_>) {
    let (kind, text) = match name {
        Named::Name(NameRef::Everything) => (0, ""),
        Named::Name(NameRef::Region(text)) => (1, text),
        Named::Name(NameRef::Tag(text)) => (2, text),
        Named::Name(NameRef::Key(text)) => (3, text),
        Named::Pattern(text) => (4, text),
    };
    bytes.push(kind);
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.as_bytes());
}

fn pull<'a>(rest: &mut &'a [u8]) -> Option<Named<'a>> {
    let (&kind, after) = rest.split_first()?;
    let (length, after) = after.split_first_chunk::<4>()?;
    let (text, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let text = std::str::from_utf8(text).ok()?;
    *rest = after;
    Some(match kind {
        0 if text.is_empty() => Named::Name(NameRef::Everything),
        1 => Named::Name(NameRef::Region(text)),
        2 => Named::Name(NameRef::Tag(text)),
        3 => Named::Name(NameRef::Key(text)),
        4 => Named::Pattern(text),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_survives_the_wire() {
        let names = vec![
            Named::Name(NameRef::Everything),
            Named::Name(NameRef::Region("users")),
            Named::Name(NameRef::Tag("org:7")),
            Named::Name(NameRef::Key("users:42")),
            Named::Pattern("users:*"),
        ];
        for message in [
            Message::Names { origin: 7, put: false, names: names.clone() },
            Message::Names { origin: 7, put: true, names },
            Message::Beat { origin: u64::MAX, number: 3 },
        ] {
            assert_eq!(Message::parse(&message.encode()), Some(message));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(message) = Message::parse(&bytes) {
                prop_assert_eq!(message.encode(), bytes);
            }
        }
    }
}
