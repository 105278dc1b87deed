//! Envelopes, sealed and tampered with.

use std::time::Duration;

use bolero::{ValueGenerator, check, produce};
use cache_fuzz::{Opened, Sealed, open, seal};

use crate::generators::{list, made_of, option};

/// The kind of a name.
const TAG: u8 = 2;

fn sealed() -> impl ValueGenerator<Output = Sealed> {
    let payload = option(list(produce::<u8>().map_gen(|byte| byte & 3), 200));
    let tag = (made_of(&["a", "@", "ü", ""], 4), produce::<u64>());
    (payload, list_of_tags(tag), produce::<u32>()).map_gen(|(payload, tags, fresh_for)| Sealed {
        payload,
        tags,
        fresh_for,
    })
}

fn list_of_tags(tag: impl ValueGenerator<Output = (String, u64)>) -> impl ValueGenerator<Output = Vec<(String, u64)>> {
    list(tag, 4)
}

#[test]
fn envelopes() {
    check!().with_iterations(5_000).with_generator((sealed(), 0..8_u8)).for_each(|(what, how)| {
        let mut bytes = seal(what, *how);
        let fresh_for = Some(Duration::from_millis(what.fresh_for.into()));
        let names = what.tags.iter().map(|(tag, _)| (TAG, tag.clone())).collect();
        let expected = Opened { payload: what.payload.clone(), names, fresh_for };
        assert_eq!(open(&mut bytes, *how, false), Ok(expected));
    });
}

/// What was changed behind the writer's back is refused, or, with a checksum that is right and without encryption, is
/// whatever it says.
#[test]
fn tampered_envelopes() {
    let changes = list((produce::<u16>(), 1..=255_u8), 4);
    let generator = (sealed(), 0..8_u8, changes, produce::<Option<u16>>(), produce::<bool>());
    check!().with_iterations(10_000).with_generator(generator).for_each(|(what, how, changes, cut, correct)| {
        let sealed = seal(what, *how);
        let mut bytes = sealed.clone();
        for (index, flip) in changes {
            let index = usize::from(*index) % bytes.len();
            bytes[index] ^= flip;
        }
        if let Some(cut) = cut {
            bytes.truncate(usize::from(*cut) % (bytes.len() + 1));
        }
        let opened = open(&mut bytes, *how, *correct);
        let must_fail = bytes != sealed && (!correct || how & 4 != 0);
        assert!(!must_fail || opened.is_err(), "{opened:?}");
    });
}

/// How it is opened in the first byte, whether its checksum is made right in the next, then the envelope.
#[test]
fn any_bytes() {
    check!().with_iterations(10_000).with_max_len(512).for_each(|bytes: &[u8]| {
        let [how, correct, envelope @ ..] = bytes else { return };
        let _ = open(&mut envelope.to_vec(), *how, correct & 1 == 1);
    });
}

/// The names in these bytes, if they are names from the first to the last: kind, length, text, version.
fn names(mut bytes: &[u8]) -> Option<Vec<(u8, String)>> {
    let mut names = Vec::new();
    while let Some((&[kind, low, high], rest)) = bytes.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes([low, high]));
        let text = String::from_utf8(rest.get(..length)?.to_vec()).ok()?;
        let version = rest.get(length..length + 16)?;
        if kind > 3 || (kind == 0 && length > 0) || version[0] == 0xff {
            return None;
        }
        names.push((kind, text));
        bytes = &rest[length + 16..];
    }
    bytes.is_empty().then_some(names)
}

/// An absence that depends on what these bytes name, put together as the format says (`envelope/mod.rs`).
fn absence(bytes: &[u8], count: u32) -> Vec<u8> {
    let mut envelope = vec![0xC5, 0x0C, 1, 1];
    envelope.resize(72, 0);
    envelope[24..40].fill(0xff);
    envelope[56..60].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
    envelope[60..64].copy_from_slice(&count.to_le_bytes());
    [&envelope, bytes, &[0; 4]].concat()
}

/// How many names there are said to be in the first two bytes, then the names.
#[test]
fn any_names() {
    check!().with_iterations(20_000).with_max_len(256).for_each(|bytes: &[u8]| {
        let Some((count, bytes)) = bytes.split_first_chunk() else { return };
        let count = u32::from(u16::from_le_bytes(*count));
        let expected = names(bytes).filter(|names| names.len() == count as usize);
        let opened = open(&mut absence(bytes, count), 0, true);
        assert_eq!(opened.as_ref().ok().map(|opened| &opened.names), expected.as_ref(), "{opened:?}");
    });
}
