//! The texts of keys: as many as there are keys, and each a pattern for one key once it is escaped.

use std::fmt::Debug;
use std::hash::Hasher;

use bolero::{TypeGenerator, ValueGenerator, check, produce};
use cache_core::{Cache, CacheKey, KeyWriter, Region, Tag};

use crate::generators::{list, made_of, option};

/// What separates, what the encoding writes itself, what looks encoded already, and what is too long to be kept.
const PIECES: &[&str] = &[
    "a", "b", "~", "~~", ":", ",", ";", "/", "|", "(", ")", "[", "]", "{", "}", "*", "?", "%", "#", "\\", "\"", "=",
    "&", "@", "+", "!", "%3A", "%25", "\"\"", "()", "[]", " ", "\n", "\0", "\u{a0}", "ü", "0", LONG,
];
/// Written down anew: a character that the encoding forgets is a finding.
const RESERVED: &str = ":,;/|()[]{}*?~#\\\"=&@+!";
const LONG: &str = match str::from_utf8(&[b'x'; 600]) {
    Ok(text) => text,
    Err(_) => unreachable!(),
};
/// Matches more than itself, unless it is escaped.
const REGION: &str = r"*?\r";

fn text() -> impl ValueGenerator<Output = String> {
    made_of(PIECES, 2)
}

/// Often one of those whose digits could be taken for another's.
fn byte() -> impl ValueGenerator<Output = u8> {
    produce::<u8>().map_gen(|byte| if byte < 128 { byte & 0x11 } else { byte })
}

/// The pattern that matches `text` only.
fn escaped(text: &str) -> String {
    let escape = |c: char| "*?\\".contains(c).then_some('\\').into_iter().chain([c]);
    text.chars().flat_map(escape).collect()
}

/// Equal keys have equal texts, others have others, and a pattern made of one text drops the entry of that key alone.
fn keep_apart<K: CacheKey + Eq + Debug + 'static>(keys: &[K]) {
    let cache = Cache::new();
    let region: Region<K, ()> = cache.region(REGION).build().expect("nothing to refuse");
    let texts: Vec<String> = keys.iter().map(|key| region.key_text(key)).collect();
    for (key, text) in keys.iter().zip(&texts) {
        let owned = key.to_owned_key();
        assert!(key.eq_owned(&owned), "{key:?} is not its own owned form");
        assert!(owned == owned.to_owned_key(), "{key:?} changes when it is owned twice");
        assert_eq!(&region.key_text(&owned), text, "{key:?} reads differently when it is owned");
        for (other, other_text) in keys.iter().zip(&texts) {
            assert_eq!(key == other, text == other_text, "{key:?} and {other:?} are one in one form only");
            assert_eq!(key == other, other.eq_owned(&owned), "{key:?} and {other:?} are one in one form only");
        }
        region.put(key, ()).detach();
    }
    let Some((key, text)) = keys.iter().zip(&texts).next() else { return };
    // Patterns see keys at their full length: the digest of a long one is no text to match.
    if !text.contains('#') {
        cache.invalidate_pattern(&escaped(text)).detach();
        for other in keys {
            assert_eq!(region.contains(other), key != other, "{other:?} after {key:?} was dropped");
        }
    }
}

/// A type of a user's own, which writes its text itself.
#[derive(Clone, Debug, PartialEq, Eq, TypeGenerator)]
struct Name(String);

impl CacheKey for Name {
    type Owned = Box<str>;

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash_key(hasher);
    }

    fn eq_owned(&self, owned: &Box<str>) -> bool {
        self.0.eq_owned(owned)
    }

    fn to_owned_key(&self) -> Box<str> {
        self.0.to_owned_key()
    }

    fn encode(&self, writer: &mut KeyWriter<'_>) {
        // In two pieces: what is written says nothing about what comes next.
        let middle = self.0.char_indices().nth(1).map_or(self.0.len(), |(index, _)| index);
        let (head, tail) = self.0.split_at(middle);
        writer.text(head);
        writer.text(tail);
    }
}

/// What a text was written from.
fn decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).expect("two hexadecimal digits follow"));
        bytes.extend(rest.bytes());
    }
    String::from_utf8(bytes).expect("whole characters are escaped")
}

fn assert_readable(value: &str) {
    let tag = Tag::of("k", value);
    // A long one has the digest of all of it.
    let Some(text) = tag.as_str().strip_prefix("k:") else { return assert!(tag.as_str().starts_with('#')) };
    assert_eq!(text.find(|c: char| RESERVED.contains(c) || c.is_whitespace() || c.is_control()), None, "{text:?}");
    assert_eq!(decoded(text), value);
}

#[test]
fn texts() {
    check!().with_iterations(20_000).with_generator(made_of(PIECES, 8)).for_each(|value| assert_readable(value));
}

/// A key in each line, its parts between bars.
#[test]
fn any_lines() {
    check!().with_iterations(3_000).with_max_len(2_000).for_each(|bytes: &[u8]| {
        let lines = String::from_utf8_lossy(bytes);
        let keys: Vec<Vec<String>> =
            lines.split('\n').take(12).map(|line| line.split('|').map(str::to_owned).collect()).collect();
        keys.iter().flatten().for_each(|part| assert_readable(part));
        keep_apart(&keys);
    });
}

/// One target per shape of key. Several keys of few and small parts: that is where two of them meet.
macro_rules! targets {
    ($($name:ident: $key:expr,)*) => { $(
        #[test]
        fn $name() {
            check!().with_iterations(5_000).with_generator(list($key, 6)).for_each(|keys| keep_apart(keys));
        }
    )* };
}

targets! {
    pairs: (text(), text()),
    optional_parts: (text(), option(text()), 0..3_u64),
    lists: list(text(), 3),
    bytes: list(byte(), 3),
    lists_of_bytes: list(list(byte(), 2), 3),
    lists_of_options: list(option(text()), 3),
    nested_options: option(option(option(text()))),
    nested_tuples: ((text(), text()), option((text(),))),
    nested_lists: ((text(), list(text(), 2)), list(list(text(), 2), 2)),
    own_types: text().map_gen(Name),
}
