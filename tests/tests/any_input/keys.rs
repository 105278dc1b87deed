//! The texts of keys: as many as there are keys, and safe between delimiters (promise P7).

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::time::Duration;

use cache_core::{CacheKey, Tag};
use cache_tests::runs;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use crate::text::text;

const CASES: u32 = 500;
/// Written down anew: a character that the encoding forgets is a finding.
const RESERVED: &str = ":,;/|()[]{}*?~#\\\"=&@+!";
const KIND: &str = "k:";
const LONGEST: usize = 512;

/// The text of a key with its kind, or the digest of that.
fn written<K: CacheKey + ?Sized>(key: &K) -> String {
    Tag::of("k", key).as_str().to_owned()
}

/// The text of a key, if it is short enough to have one.
fn short<K: CacheKey + ?Sized>(key: &K) -> Option<String> {
    written(key).strip_prefix(KIND).map(str::to_owned)
}

fn hash<K: CacheKey + ?Sized>(key: &K) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash_key(&mut hasher);
    hasher.finish()
}

/// What the contract of [`CacheKey`] demands of every key and of every two of them.
fn keep_the_contract<K: CacheKey + Eq + Debug>(keys: &[K]) -> Result<(), TestCaseError> {
    let mut texts: HashMap<String, &K> = HashMap::new();
    for key in keys {
        let owned = key.to_owned_key();
        prop_assert!(key.eq_owned(&owned), "{key:?} is not its own owned form");
        prop_assert!(owned == owned.to_owned_key(), "{key:?} changes when it is owned twice");
        prop_assert_eq!(hash(key), hash(&owned), "{:?} hashes differently when it is owned", key);
        prop_assert_eq!(written(key), written(&owned), "{:?} reads differently when it is owned", key);
        prop_assert!(written(key).len() <= LONGEST, "{key:?} has an over-long text");
        if let Some(other) = texts.insert(written(key), key) {
            prop_assert_eq!(key, other, "two keys have one text, {}", written(key));
        }
        for other in keys {
            prop_assert_eq!(key == other, other.eq_owned(&owned), "{:?} and {:?} are one in one form only", key, other);
        }
    }
    Ok(())
}

/// One test per shape of key. Many keys of few and small parts: that is where two of them meet.
macro_rules! contract {
    ($($name:ident: $key:expr,)*) => { $(
        proptest! {
            #![proptest_config(runs(CASES))]
            #[test]
            fn $name(keys in vec($key, 1..16)) {
                keep_the_contract(&keys)?;
            }
        }
    )* };
}

contract! {
    strings: text(),
    pairs: (text(), text()),
    optional_pairs: (of(text()), text()),
    nested_options: of(of(of(text()))),
    lists: vec(text(), 0..4),
    lists_of_options: vec(of(text()), 0..4),
    lists_of_lists: vec(vec(text(), 0..3), 0..3),
    lists_of_bytes: vec(vec(any::<u8>(), 0..3), 0..3),
    lists_of_nothing: vec(of(Just(())), 0..4),
    optional_lists: (of(vec(text(), 0..3)), of(vec(0..3_u8, 0..3))),
    nested_tuples: ((text(), vec(text(), 0..3)), (of((text(),)), text())),
    arrays: [of(text()), of(text())],
    numbers: (-1..1_i8, 0..2_u8, any::<i128>(), any::<bool>(), of(0..2_u64)),
    characters: (any::<char>(), of(prop::char::range('!', '~'))),
    durations: vec((0..3_u64, 0..3_u32).prop_map(|(seconds, nanos)| Duration::new(seconds, nanos)), 0..3),
    addresses: (of(ip()), socket()),
}

fn ip() -> impl Strategy<Value = IpAddr> {
    let v6 = (0..2_u16, prop::bool::ANY, 0..2_u16)
        .prop_map(|(first, mapped, last)| Ipv6Addr::new(first, 0, 0, 0, 0, if mapped { 0xffff } else { 0 }, 0, last));
    prop_oneof![(0..2_u8).prop_map(|last| Ipv4Addr::new(0, 0, 0, last).into()), v6.prop_map(IpAddr::from)]
}

fn socket() -> impl Strategy<Value = SocketAddr> {
    (ip(), 0..2_u16, 0..2_u32, 0..2_u32).prop_map(|(ip, port, flow, scope)| match ip {
        IpAddr::V4(ip) => SocketAddrV4::new(ip, port).into(),
        IpAddr::V6(ip) => SocketAddrV6::new(ip, port, flow, scope).into(),
    })
}

proptest! {
    #![proptest_config(runs(CASES * 4))]

    #[test]
    fn a_text_holds_no_delimiter_and_can_be_read_back(value in text()) {
        let Some(text) = short(&value) else {
            prop_assert!(value.len() > LONGEST / 12, "{value:?} needs no digest");
            return Ok(());
        };
        let bare = text.chars().find(|c| RESERVED.contains(*c) || c.is_whitespace() || c.is_control());
        prop_assert_eq!(bare, None, "in {}", text);
        prop_assert_eq!(decoded(&text), value);
    }

    #[test]
    fn the_text_of_a_pair_parts_at_its_only_separator((first, second) in (text(), text())) {
        if let (Some(pair), Some(first), Some(second)) = (short(&(&first, &second)), short(&first), short(&second)) {
            prop_assert_eq!(pair.split(':').collect::<Vec<_>>(), [first, second]);
        }
    }
}

/// What a text was written from.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let (hex, after) = after.split_at(2);
            let hex = std::str::from_utf8(hex).expect("digits are text");
            bytes.push(u8::from_str_radix(hex, 16).expect("two hexadecimal digits follow"));
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).expect("only whole characters are escaped")
}
