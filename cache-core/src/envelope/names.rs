//! The names of an envelope, with their versions.

use super::EnvelopeError;
use crate::fleet_name::{FleetName, NameRef};
use crate::version::Version;

const EVERYTHING: u8 = 0;
const REGION: u8 = 1;
const TAG: u8 = 2;
const KEY: u8 = 3;

/// The names that a value depends on, in the versions in which it knew them. They were checked when the envelope was
/// opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    rest: &'a [u8],
    left: u32,
}

impl<'a> Names<'a> {
    /// `count` names that are exactly `bytes`.
    pub(super) fn parse(bytes: &'a [u8], count: u32) -> Result<Self, EnvelopeError> {
        let mut rest = bytes;
        for _ in 0..count {
            // Each takes bytes: this ends long before a hostile count does.
            let (_, version) = read(&mut rest).ok_or(EnvelopeError::Malformed("a name that is none"))?;
            if version.is_mark() {
                return Err(EnvelopeError::Malformed("a mark as version"));
            }
        }
        if rest.is_empty() {
            Ok(Self { rest: bytes, left: count })
        } else {
            Err(EnvelopeError::Malformed("bytes after the names"))
        }
    }
}

impl<'a> Iterator for Names<'a> {
    type Item = (NameRef<'a>, Version);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        read(&mut self.rest)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Names<'_> {}

/// Writes one name.
pub(super) fn write(name: &FleetName, version: Version, out: &mut Vec<u8>) -> Result<(), EnvelopeError> {
    if version.is_mark() {
        return Err(EnvelopeError::Malformed("a mark as version"));
    }
    let (kind, text) = match name.as_name() {
        NameRef::Everything => (EVERYTHING, ""),
        NameRef::Region(text) => (REGION, text),
        NameRef::Tag(text) => (TAG, text),
        NameRef::Key(text) => (KEY, text),
    };
    let length = u16::try_from(text.len()).map_err(|_| EnvelopeError::TooManyNames)?;
    out.push(kind);
    out.extend(length.to_le_bytes());
    out.extend(text.as_bytes());
    out.extend(version.as_bytes());
    Ok(())
}

/// Takes one name from the front.
fn read<'a>(rest: &mut &'a [u8]) -> Option<(NameRef<'a>, Version)> {
    let (&[kind, low, high], after) = rest.split_first_chunk()?;
    let (text, after) = after.split_at_checked(usize::from(u16::from_le_bytes([low, high])))?;
    let (version, after) = after.split_at_checked(Version::LEN)?;
    let text = str::from_utf8(text).ok()?;
    let name = match kind {
        EVERYTHING if text.is_empty() => NameRef::Everything,
        REGION => NameRef::Region(text),
        TAG => NameRef::Tag(text),
        KEY => NameRef::Key(text),
        _ => return None,
    };
    *rest = after;
    Some((name, Version::parse(version)?))
}
