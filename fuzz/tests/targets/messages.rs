//! What processes tell each other.

use bolero::{ValueGenerator, check, produce};
use cache_fuzz::{Message, Name, read_message, write_message};

use crate::generators::{list, made_of};

const PIECES: &[&str] = &["a", "users", ":", "*", "{", "}", "@", "@all", "%7D", "\\", "\0", "ü", LONG];
const LONG: &str = match str::from_utf8(&[b'x'; 300]) {
    Ok(text) => text,
    Err(_) => unreachable!(),
};

fn names() -> impl ValueGenerator<Output = Vec<Name>> {
    let name = |(kind, text)| match kind {
        0 => Name::Everything,
        1 => Name::Region(text),
        2 => Name::Tag(text),
        3 => Name::Key(text),
        _ => Name::Pattern(text),
    };
    list((0..5_u8, made_of(PIECES, 4)), 5).map_gen(move |names| names.into_iter().map(name).collect())
}

#[test]
fn messages() {
    check!()
        .with_iterations(10_000)
        .with_generator((produce::<u64>(), produce::<(bool, bool)>(), produce::<u64>(), names()))
        .for_each(|(origin, (beat, put), number, names)| {
            let message = match beat {
                true => Message::Beat { origin: *origin, number: *number },
                false => Message::Names { origin: *origin, put: *put, names: names.clone() },
            };
            let bytes = write_message(&message);
            assert_eq!(read_message(&bytes), Some(message));
            // What was cut on the way is none, unless it ends where a name does.
            let cut = &bytes[..*number as usize % bytes.len()];
            if let Some(read) = read_message(cut) {
                assert_eq!(write_message(&read), cut);
            }
        });
}

/// What is read as a message is the same when it is written and read again.
#[test]
fn any_bytes() {
    check!().with_iterations(20_000).with_max_len(256).for_each(|bytes: &[u8]| {
        if let Some(message) = read_message(bytes) {
            assert_eq!(read_message(&write_message(&message)), Some(message));
        }
    });
}
