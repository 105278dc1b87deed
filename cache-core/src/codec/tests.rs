//! What each codec carries, what it refuses, and what hostile bytes can do.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::carrier::fingerprint_as;
use super::trace::shape;
use super::*;

fn verified<V: Serialize + DeserializeOwned>(codec: Codec, value: &V) -> Result<Vec<u8>, CodecError> {
    Carrier::of().encode_verified(codec, value)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Kind {
    Unit,
    New(u8),
    Pair(i64, String),
    Named { a: Option<f64>, b: Vec<u8> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Thing {
    id: u128,
    name: String,
    kinds: Vec<Kind>,
    map: BTreeMap<String, (bool, char)>,
}

fn thing() -> Thing {
    let kinds =
        vec![Kind::Unit, Kind::New(3), Kind::Pair(-4, "ü".to_owned()), Kind::Named { a: Some(0.1), b: vec![1, 2] }];
    Thing { id: u128::MAX, name: "n".to_owned(), kinds, map: BTreeMap::from([("k".to_owned(), (true, '\0'))]) }
}

#[test]
fn every_codec_brings_back_what_it_wrote_by_its_id() {
    for &codec in Codec::ALL {
        let bytes = verified(codec, &thing()).unwrap();
        assert_eq!(decode::<Thing>(codec.id(), &bytes).unwrap(), thing(), "{codec}");
        assert_eq!(Codec::from_id(codec.id()), Some(codec));
    }
    assert_eq!(decode::<u8>(0, &[1]), Err(CodecError::Unknown(0)));
    assert_eq!(Codec::from_id(200), None);
}

#[test]
fn what_follows_the_value_or_is_missing_is_an_error() {
    for &codec in Codec::ALL {
        let bytes = codec.encode(&thing()).unwrap();
        for end in 0..bytes.len() {
            assert!(codec.decode::<Thing>(&bytes[..end]).is_err(), "{codec} {end}");
        }
        for byte in [0, 1, 0xC0, 0xFF] {
            let longer = [bytes.as_slice(), &[byte]].concat();
            assert!(codec.decode::<Thing>(&longer).is_err(), "{codec} {byte}");
        }
    }
}

#[test]
fn maps_and_sets_without_an_order_are_carried() {
    let map: HashMap<u32, String> = (0..100).map(|n| (n, n.to_string())).collect();
    let set: HashSet<String> = (0..100_u32).map(|n| n.to_string()).collect();
    for &codec in Codec::ALL {
        verified(codec, &map).unwrap();
        verified(codec, &set).unwrap();
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
}

#[derive(Serialize, Deserialize)]
struct Flat {
    id: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

#[derive(Serialize, Deserialize)]
struct Skips {
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<u8>,
    b: u8,
}

#[test]
fn message_pack_carries_what_positional_codecs_refuse() {
    fn try_all<V: Serialize + DeserializeOwned>(value: &V) {
        verified(Codec::MessagePack, value).unwrap();
        for &codec in Codec::ALL.iter().filter(|codec| codec.is_positional()) {
            let CodecError::Unsuitable { message, .. } = verified(codec, value).unwrap_err() else { panic!("{codec}") };
            assert!(message.contains("MessagePack"), "{message}");
        }
    }
    try_all(&Untagged::Number(3));
    try_all(&Untagged::Text("x".to_owned()));
    try_all(&Flat { id: 1, rest: BTreeMap::from([("x".to_owned(), 2)]) });
    try_all(&Skips { a: None, b: 2 });
}

#[test]
fn a_value_that_would_come_back_as_another_one_is_refused() {
    let lost: Option<Option<u8>> = Some(None);
    let error = verified(Codec::MessagePack, &lost).unwrap_err();
    assert!(matches!(error, CodecError::Unsuitable { .. }), "{error}");
    verified(Codec::MessagePack, &Some(Some(1_u8))).unwrap();
    #[cfg(feature = "postcard")]
    {
        assert!(error.to_string().contains("Postcard"), "{error}");
        verified(Codec::Postcard, &lost).unwrap();
    }
    #[cfg(feature = "json")]
    {
        assert!(verified(Codec::Json, &f64::INFINITY).is_err());
        assert!(Codec::Json.decode::<f32>(b"1e39").is_err() && Codec::Json.decode::<f64>(b"1e309").is_err());
        assert!(verified(Codec::Json, &BTreeMap::from([((1, 2), 3)])).is_err());
        verified(Codec::Json, &(0.1_f32, 0.1_f64 + 0.2, f64::MIN_POSITIVE, -0.0_f64)).unwrap();
    }
    verified(Codec::MessagePack, &(f32::INFINITY, f64::NAN)).unwrap();
}

/// Recurses without a byte of its own.
#[derive(Debug, Serialize, Deserialize)]
struct Endless(Option<Box<Endless>>);

#[derive(Debug, Serialize, Deserialize)]
struct Tree(Vec<Tree>);

#[derive(Debug, Serialize, Deserialize)]
enum Chain {
    End,
    Link(Box<Chain>),
    Field { next: Box<Chain> },
}

#[test]
fn nesting_ends_before_the_stack_does() {
    // Half of what a worker of tokio has.
    let small = std::thread::Builder::new().stack_size(1 << 20);
    small.spawn(deep_bytes_and_deep_values).unwrap().join().unwrap();
}

fn deep_bytes_and_deep_values() {
    for fill in [b'[', b'{', 1, 2, 0x81, 0x91, 0xC3, b'1', 0xFF, b'"'] {
        let bytes = vec![fill; 1 << 20];
        for codec in Codec::ALL {
            assert!(codec.decode::<Endless>(&bytes).is_err(), "{codec} {fill}");
            assert!(codec.decode::<Tree>(&bytes).is_err(), "{codec} {fill}");
            assert!(codec.decode::<Chain>(&bytes).is_err(), "{codec} {fill}");
            assert!(codec.decode::<Vec<Chain>>(&bytes).is_err(), "{codec} {fill}");
            assert!(codec.decode::<Skips>(&bytes).is_err(), "{codec} {fill}");
        }
    }
    // Fields that nobody knows are skipped, however deep they are.
    let mut unknown = [&[0x81, 0xA1, b'x'][..], &[0x91; 1 << 20]].concat();
    assert!(Codec::MessagePack.decode::<Skips>(&unknown).is_err());
    unknown.truncate(100);
    assert!(Codec::MessagePack.decode::<Skips>(&unknown).is_err());

    let tree = |levels| (1..levels).fold(Tree(Vec::new()), |tree, _| Tree(vec![tree]));
    for &codec in Codec::ALL {
        verified(codec, &tree(120)).unwrap();
        assert!(verified(codec, &tree(300)).is_err());
    }
}

#[test]
fn lengths_that_are_not_there_make_no_room() {
    let huge = 1_u64 << 60;
    let mut varint = Vec::new();
    let mut rest = huge;
    while rest >= 0x80 {
        varint.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    varint.push(rest as u8);
    let inputs = [
        [&[253][..], &huge.to_le_bytes()].concat(),
        varint,
        vec![0xDD, 0xFF, 0xFF, 0xFF, 0xFF],
        vec![0xDB, 0xFF, 0xFF, 0xFF, 0xFF],
        vec![0xC6, 0xFF, 0xFF, 0xFF, 0xFF],
        vec![0xDF, 0xFF, 0xFF, 0xFF, 0xFF],
    ];
    for codec in Codec::ALL {
        for input in &inputs {
            assert!(codec.decode::<Vec<u8>>(input).is_err(), "{codec}");
            assert!(codec.decode::<Vec<u64>>(input).is_err(), "{codec}");
            assert!(codec.decode::<Vec<()>>(input).is_err(), "{codec}");
            assert!(codec.decode::<HashMap<(), ()>>(input).is_err(), "{codec}");
            assert!(codec.decode::<HashMap<String, String>>(input).is_err(), "{codec}");
            assert!(codec.decode::<String>(input).is_err(), "{codec}");
        }
    }
    for &codec in Codec::ALL {
        verified(codec, &vec![(); 60_000]).unwrap();
        verified(codec, &vec![1_u8; 1 << 17]).unwrap();
    }
}

/// The fingerprints of two types that have the same name in their own modules.
macro_rules! shapes {
    ($($name:ident { $($item:item)* })*) => { $(mod $name { use serde::Deserialize; $(#[derive(Deserialize)] #[expect(dead_code, reason = "only its shape is looked at")] $item)* })* };
}

shapes! {
    base { pub(super) struct T { a: u8, b: Option<Box<U>>, c: E } pub(super) struct U { x: String } pub(super) enum E { P, Q(u8), R { y: i64 } } }
    added { pub(super) struct T { a: u8, b: Option<Box<U>>, c: E, d: u8 } pub(super) struct U { x: String } pub(super) enum E { P, Q(u8), R { y: i64 } } }
    removed { pub(super) struct T { a: u8, b: Option<Box<U>> } pub(super) struct U { x: String } }
    renamed { pub(super) struct T { a: u8, b: Option<Box<U>>, d: E } pub(super) struct U { x: String } pub(super) enum E { P, Q(u8), R { y: i64 } } }
    reordered { pub(super) struct T { b: Option<Box<U>>, a: u8, c: E } pub(super) struct U { x: String } pub(super) enum E { P, Q(u8), R { y: i64 } } }
    retyped { pub(super) struct T { a: i8, b: Option<Box<U>>, c: E } pub(super) struct U { x: String } pub(super) enum E { P, Q(u8), R { y: i64 } } }
    inner { pub(super) struct T { a: u8, b: Option<Box<U>>, c: E } pub(super) struct U { z: String } pub(super) enum E { P, Q(u8), R { y: i64 } } }
    variants { pub(super) struct T { a: u8, b: Option<Box<U>>, c: E } pub(super) struct U { x: String } pub(super) enum E { Q(u8), P, R { y: i64 } } }
    variant_field { pub(super) struct T { a: u8, b: Option<Box<U>>, c: E } pub(super) struct U { x: String } pub(super) enum E { P, Q(u8), R { z: i64 } } }
    variant_type { pub(super) struct T { a: u8, b: Option<Box<U>>, c: E } pub(super) struct U { x: String } pub(super) enum E { P, Q(u16), R { y: i64 } } }
}

#[test]
fn every_change_of_a_shape_is_seen() {
    let shapes = [
        shape::<base::T>(),
        shape::<added::T>(),
        shape::<removed::T>(),
        shape::<renamed::T>(),
        shape::<reordered::T>(),
        shape::<retyped::T>(),
        shape::<inner::T>(),
        shape::<variants::T>(),
        shape::<variant_field::T>(),
        shape::<variant_type::T>(),
    ];
    assert_eq!(shapes.iter().collect::<HashSet<_>>().len(), shapes.len(), "{shapes:#?}");
    assert!(shapes.iter().all(|shape| !shape.starts_with("in part")), "{shapes:#?}");
    assert_eq!(shape::<base::T>(), shapes[0]);
}

#[test]
fn the_fingerprint_follows_codec_version_name_and_for_positional_codecs_the_shape() {
    let fingerprint = |codec| fingerprint_as::<base::T>("T", codec, "");
    for &codec in Codec::ALL {
        assert_ne!(fingerprint(codec), fingerprint_as::<base::T>("T", codec, "2"));
        assert_ne!(fingerprint(codec), fingerprint_as::<base::T>("U", codec, ""));
        assert_eq!(fingerprint(codec) != fingerprint_as::<reordered::T>("T", codec, ""), codec.is_positional());
        assert_eq!(Carrier::<u8>::of().fingerprint(codec, "1"), fingerprint_as::<u8>("u8", codec, "1"));
    }
    let all: HashSet<u64> = Codec::ALL.iter().map(|&codec| fingerprint(codec)).collect();
    assert_eq!(all.len(), Codec::ALL.len());
    // Written down: another number makes every stored value a miss.
    assert_eq!(fingerprint(Codec::MessagePack), 1_745_421_889_331_137_725);
    #[cfg(feature = "postcard")]
    assert_eq!(fingerprint(Codec::Postcard), 10_346_773_848_531_155_580);
}

#[test]
fn recursive_types_and_types_that_check_their_values_are_traced() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    enum Expr {
        Add(Box<Expr>, Box<Expr>),
        Block { body: Vec<Expr>, last: Option<Box<Expr>> },
        Of(Result<u8, String>),
        Literal(std::num::NonZeroU32),
    }
    let shape = shape::<(Expr, std::net::IpAddr, std::time::Duration, Tree, Endless, Chain)>();
    assert!(!shape.starts_with("in part"), "{shape}");
    for seen in ["<1>.1", "enum Result Ok,Err", "<3>^ u32", "enum IpAddr V4,V6", "struct Duration secs,nanos"] {
        assert!(shape.contains(seen), "{seen}: {shape}");
    }
}

#[test]
fn a_type_that_cannot_be_traced_is_traced_as_far_as_it_goes() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its shape is looked at")]
    struct Panics(#[serde(deserialize_with = "panics")] u8);
    fn panics<'de, D: serde::Deserializer<'de>>(_: D) -> Result<u8, D::Error> {
        // Not `panic!`: the hook would print a message.
        std::panic::resume_unwind(Box::new(()))
    }
    for shape in [shape::<Untagged>(), shape::<Flat>(), shape::<Panics>(), shape::<(u8, Untagged)>()] {
        assert!(shape.starts_with("in part\n"), "{shape}");
        assert!(shape.lines().count() > 1, "{shape}");
    }
}
