//! The names under which things lie in the shared tier, and the slots they fall into.

use bolero::{ValueGenerator, check};
use cache_core::Tag;
use cache_fuzz::{Name, name_of, names_of_key, read_name, slot};

use crate::generators::{made_of, option};

const PIECES: &[&str] = &["a", "b", "@", "@@", "@r:", "all", "r:", ":", "{", "}", "}@", "%", "ü", "", "t:", "#"];

/// `region:key`, as keys write themselves.
fn key() -> impl ValueGenerator<Output = String> {
    (made_of(&["users", "a", ":"], 2), made_of(PIECES, 4))
        .map_gen(|(region, value)| Tag::of(&format!("r{region}"), &value).as_str().to_owned())
}

/// All that belongs to a key lies on one node, apart from what belongs to another, and a value's name says whose it is.
#[test]
fn keys() {
    let group = made_of(PIECES, 3);
    let generator = (option(group), key(), key());
    check!().with_iterations(10_000).with_generator(generator).for_each(|(group, key, other)| {
        let names = names_of_key(group.as_deref(), key, "00ff");
        for name in &names[1..] {
            assert_eq!(slot(name.as_bytes()), slot(names[0].as_bytes()), "{name:?} and {:?}", names[0]);
        }
        let read = read_name(&names[0]);
        match group {
            None => assert_eq!(read.as_ref(), Some(&Name::Key(key.clone()))),
            Some(_) => assert!(matches!(&read, Some(Name::Key(text)) if text.ends_with(&format!("}}{key}")))),
        }
        assert_eq!(names == names_of_key(group.as_deref(), other, "00ff"), key == other);
    });
}

/// Two names lie in one place only if they are one, and the place tells which name it is of.
#[test]
fn names() {
    check!().with_iterations(20_000).with_generator((name(), name())).for_each(|(one, other)| {
        let (place, other_place) = (name_of(one), name_of(other));
        assert_eq!(place == other_place, one == other, "{place:?}");
        let read = read_name(place.as_deref().expect("none is a pattern"));
        // Nobody but us writes identities.
        assert_eq!(read.as_ref(), Some(one).filter(|name| !matches!(name, Name::Key(_))));
    });
}

fn name() -> impl ValueGenerator<Output = Name> {
    (0..4_u8, made_of(PIECES, 3)).map_gen(|(kind, text)| match kind {
        0 => Name::Everything,
        1 => Name::Region(text),
        2 => Name::Tag(text),
        _ => Name::Key(text),
    })
}

/// The slot that the specification of Redis Cluster gives a name, bit by bit.
fn expected_slot(name: &[u8]) -> u16 {
    let open = name.iter().position(|byte| *byte == b'{');
    let tag = open.map(|open| &name[open + 1..]).and_then(|rest| {
        let close = rest.iter().position(|byte| *byte == b'}')?;
        Some(&rest[..close]).filter(|tag| !tag.is_empty())
    });
    let crc = tag.unwrap_or(name).iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let crc = crc.fold(0_u16, |crc, bit| {
        let carry = (crc >> 15) ^ u16::from(bit);
        (crc << 1) ^ (carry * 0x1021)
    });
    crc % 16384
}

/// Whatever else lies in the server's keyspace.
#[test]
fn any_bytes() {
    check!().with_iterations(10_000).with_max_len(128).for_each(|bytes: &[u8]| {
        assert_eq!(slot(bytes), expected_slot(bytes));
        let _ = read_name(&String::from_utf8_lossy(bytes));
    });
}
