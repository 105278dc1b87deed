//! Envelopes, sealed and tampered with.

use std::time::Duration;

use bolero::{ValueGenerator, check, produce};
use cache_fuzz::{Opened, Sealed, open, seal};

use crate::generators::{list, made_of, option};

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
        let expected = Opened { payload: what.payload.clone(), names: what.tags.len(), fresh_for };
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

#[test]
fn any_bytes() {
    check!().with_iterations(10_000).with_type::<(Vec<u8>, u8, bool)>().for_each(|(bytes, how, correct)| {
        let _ = open(&mut bytes.clone(), *how, *correct);
    });
}
