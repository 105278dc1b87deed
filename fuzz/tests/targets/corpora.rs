//! The corpora: inputs that every run tries first, in `__fuzz__/<target>/corpus/seed-*`.
//!
//! They are what is written down here, and a test holds the files to it. To add one: write it down, run
//! `CORPORA=write cargo test corpora`, and commit the file. What a fuzzer adds to the folders is not committed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

use cache_fuzz::{
    Codec, GOLDEN, Message, Name, Sealed, codecs, name_of, names_of_key, open, seal, write, write_message,
};

use crate::codecs::{Record, Tree};

type Seed = (&'static str, String, Vec<u8>);

#[test]
fn the_files_are_what_is_written_down() {
    let mut corpora: BTreeMap<&str, Vec<Seed>> = BTreeMap::new();
    for seed in seeds() {
        corpora.entry(seed.0).or_default().push(seed);
    }
    for (target, seeds) in &corpora {
        let folder =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/targets/__fuzz__").join(target).join("corpus");
        if env::var("CORPORA").is_ok_and(|word| word == "write") {
            fs::create_dir_all(&folder).expect("a folder");
            seeds.iter().for_each(|(_, name, bytes)| fs::write(folder.join(name), bytes).expect("a file"));
        }
        for (_, name, bytes) in seeds {
            let found = fs::read(folder.join(name)).ok();
            assert!(found.as_ref() == Some(bytes), "{target}/{name} is not what is written down: see this file's head");
        }
        let committed = fs::read_dir(&folder).expect("a folder").filter(|file| {
            let name = file.as_ref().expect("a file").file_name();
            name.to_string_lossy().starts_with("seed-")
        });
        assert_eq!(committed.count(), seeds.len(), "{target} has a file that is not written down");
    }
}

#[test]
fn golden_envelopes_are_opened() {
    for (name, how, bytes) in GOLDEN_FILES {
        assert!(open(&mut bytes.to_vec(), *how, false).is_ok(), "{name}");
    }
}

fn seeds() -> Vec<Seed> {
    [texts(), envelopes(), names(), messages(), values()].concat()
}

fn seed(target: &'static str, name: &str, bytes: impl AsRef<[u8]>) -> Seed {
    (target, format!("seed-{name}"), bytes.as_ref().to_vec())
}

fn texts() -> Vec<Seed> {
    let long = "x".repeat(512);
    let (keys, patterns, templates) = ("keys__any_lines", "patterns__any_lines", "templates__any_text");
    let (durations, addresses) = ("durations__any_text", "addresses__any_text");
    vec![
        seed(keys, "separators", "a|b\na:b\na%3Ab\na,b|\n|a,b\n~\n~~\n\"\"\n()\n[]\n"),
        seed(keys, "wildcards", "*\n?\n\\*\n\\\\\n{}\n{a}|b\n%\n%25\n}@00ff\n"),
        seed(keys, "empty-parts", "\n|\n||\n|a|\na||\n||a\n"),
        seed(keys, "around-the-longest", format!("{long}\n{long}y\n{long}z\n{}\n", &long[1..])),
        seed(keys, "spaces", " \n\t\n\u{a0}\n\u{2028}\nü\nu\u{308}\n\0\n"),
        seed(patterns, "wildcards-in-a-row", "**?*?**\n\na\nab\nabc"),
        seed(patterns, "escapes", "\\*\\?\\\\a\\\n*?\\a\\\n*?\\a"),
        seed(patterns, "backtracking", "*a*a*a*a*b\naaaaaaaaaaaaaaaa\naaaaaaaaaaaaaaab"),
        seed(patterns, "characters", "user:?:ü*\nuser:é:ü\nuser::ü\nuser:ab:ü"),
        seed(templates, "placeholders", "user:{id}:{ a.b }/{user.id()}/{a.0}"),
        seed(templates, "braces", "{{{id}}}:{{}}:}}"),
        seed(templates, "unseparated", "{a}{b}x{c}"),
        seed(templates, "keywords", "{self.x}:{ret.r#type}:{a.crate}:{r#Self}"),
        seed(templates, "unclosed", "a:{id"),
        seed(templates, "large-index", "{a.4294967296}"),
        seed(durations, "all-units", "1w2d3h4m5s6ms"),
        seed(durations, "longest", "3153600000000ms"),
        seed(durations, "too-long", "18446744073709551616s"),
        seed(durations, "out-of-order", "1s1m"),
        seed(durations, "shortest", "10ms"),
        seed(durations, "foreign-digits", "٣s"),
        seed(addresses, "one", "rediss://ann:s%40cret@[::1]:6380/3?protocol=3"),
        seed(addresses, "unix", "redis+unix:///run/redis.sock?db=2&pass=x"),
        seed(addresses, "sentinels", "redis+sentinel://a:1,b/main/4"),
        seed(addresses, "cluster", "rediss+cluster://u:p@a:1,b:2"),
        seed(addresses, "cut-escape", "redis://a%"),
        seed(addresses, "split-character", "redis://a%c3/"),
        seed(addresses, "no-host", "redis://@:/"),
    ]
}

/// Envelopes as they were once written, and how they are opened.
const GOLDEN_FILES: &[(&str, u8, &[u8])] = &[
    ("plain", GOLDEN, include_bytes!("../../../cache-core/src/envelope/golden/v1_plain.bin")),
    ("names", GOLDEN, include_bytes!("../../../cache-core/src/envelope/golden/v1_names.bin")),
    ("absent", GOLDEN, include_bytes!("../../../cache-core/src/envelope/golden/v1_absent.bin")),
    ("lz4", GOLDEN, include_bytes!("../../../cache-core/src/envelope/golden/v1_lz4.bin")),
    ("zstd", GOLDEN, include_bytes!("../../../cache-core/src/envelope/golden/v1_zstd.bin")),
    ("encrypted", GOLDEN + 4, include_bytes!("../../../cache-core/src/envelope/golden/v1_encrypted.bin")),
    ("encrypted-lz4", GOLDEN + 4, include_bytes!("../../../cache-core/src/envelope/golden/v1_encrypted_lz4.bin")),
];

/// Each with how it is to be opened in front: see `envelopes::any_bytes`.
fn envelopes() -> Vec<Seed> {
    let target = "envelopes__any_bytes";
    let mut seeds = Vec::new();
    for (name, how, bytes) in GOLDEN_FILES {
        let with = |bytes: &[u8], correct| [&[*how, correct], bytes].concat();
        seeds.push(seed(target, name, with(bytes, 0)));
        // In the header, in the middle, and a byte before the end.
        for cut in [71, bytes.len() / 2 + 36, bytes.len() - 1] {
            seeds.push(seed(target, &format!("{name}-cut-at-{cut}"), with(&bytes[..cut], 1)));
        }
    }
    let longest = Sealed {
        payload: Some(b"x".repeat(8)),
        tags: vec![("t".repeat(512), 1), (String::new(), 2), ("@{}*%\\:".to_owned(), 3)],
        fresh_for: u32::MAX,
    };
    seeds.push(seed(target, "longest-tag", [&[0, 0], &*seal(&longest, 0)].concat()));
    // What it says of its lengths is more than there is.
    for (name, at) in [("names-bytes", 56), ("names", 60), ("stored", 64), ("plain", 68)] {
        let mut bytes = seal(&longest, 0);
        bytes[at..at + 4].fill(0xff);
        seeds.push(seed(target, &format!("too-many-{name}"), [&[0, 1], &*bytes].concat()));
    }
    seeds
}

/// Lists of names: see `envelopes::any_names`. And names as they lie in a server: see `names::any_bytes`.
fn names() -> Vec<Seed> {
    let name = |kind: u8, text: &str, version: u8| {
        let length = u16::try_from(text.len()).expect("short").to_le_bytes();
        [&[kind], &length[..], text.as_bytes(), &[version; 16]].concat()
    };
    let list = |count: u16, names: &[Vec<u8>]| [&count.to_le_bytes()[..], &names.concat()].concat();
    let all = [name(0, "", 1), name(1, "users", 2), name(2, "org:7", 3), name(3, "users:42", 4)];
    let long = name(2, &"t".repeat(u16::MAX.into()), 1);
    let target = "envelopes__any_names";
    let [value, lease, _, staging] = names_of_key(Some("ten}ant"), "users:a%7Db", "00ff");
    let region = name_of(&Name::Region("users".to_owned())).unwrap_or_default();
    let tag = name_of(&Name::Tag("@r:users".to_owned())).unwrap_or_default();
    vec![
        seed(target, "of-each-kind", list(4, &all)),
        seed(target, "too-few", list(5, &all)),
        seed(target, "too-many", list(3, &all)),
        seed(target, "none", list(0, &[])),
        seed(target, "the-longest", list(1, std::slice::from_ref(&long))),
        seed(target, "cut-in-the-text", list(1, &[long[..300].to_vec()])),
        seed(target, "cut-in-the-version", list(1, &[name(2, "a", 1)[..19].to_vec()])),
        seed(target, "a-mark", list(1, &[name(2, "a", 0xff)])),
        seed(target, "everything-with-a-text", list(1, &[name(0, "a", 1)])),
        seed(target, "an-unknown-kind", list(1, &[name(4, "a", 1)])),
        seed(target, "half-a-character", list(1, &[[&[2, 1, 0, 0xc3][..], &[1; 16]].concat()])),
        seed("names__any_bytes", "value", value),
        seed("names__any_bytes", "lease", lease),
        seed("names__any_bytes", "staging", staging),
        seed("names__any_bytes", "region", region),
        seed("names__any_bytes", "tag-like-a-region", tag),
        seed("names__any_bytes", "empty-braces", "ns:v:{}@"),
        seed("names__any_bytes", "two-pairs", "foo{{bar}}zap"),
        seed("names__any_bytes", "open-brace", "foo{bar"),
    ]
}

fn messages() -> Vec<Seed> {
    let target = "messages__any_bytes";
    let text = |text: &str| text.to_owned();
    let names = vec![
        Name::Everything,
        Name::Region(text("users")),
        Name::Tag(text("org:7")),
        Name::Key(text("users:42")),
        Name::Pattern(text("users:*")),
    ];
    let all = write_message(&Message::Names { origin: 7, put: false, names });
    let long = Message::Names { origin: 7, put: true, names: vec![Name::Tag("t".repeat(512))] };
    let beat = write_message(&Message::Beat { origin: u64::MAX, number: 3 });
    let mut claims = all.clone();
    claims[11..15].fill(0xff);
    let (another, unknown) = ([&[2], &all[1..]].concat(), [&all[..10], &[9, 0, 0, 0, 0]].concat());
    vec![
        seed(target, "of-each-kind", &all),
        seed(target, "cut", &all[..all.len() - 3]),
        seed(target, "nothing-named", &all[..10]),
        seed(target, "longest-tag", write_message(&long)),
        seed(target, "beat", &beat),
        seed(target, "beat-and-more", [&beat[..], &[0]].concat()),
        seed(target, "more-text-than-there-is", claims),
        seed(target, "another-format", another),
        seed(target, "an-unknown-kind", unknown),
        seed(target, "everything-with-a-text", [&all[..10], &[0, 1, 0, 0, 0, b'a']].concat()),
    ]
}

/// Values of the shapes that are read, by each codec.
fn values() -> Vec<Seed> {
    fn written<V: serde::Serialize + serde::de::DeserializeOwned>(codec: Codec, value: &V) -> Vec<u8> {
        write(codec, value).expect("a value")
    }
    let target = "codecs__codecs_read_anything";
    let tree = || {
        let leaf = || Tree::One(Box::new(Tree::Many(vec![Tree::Leaf, Tree::Leaf])));
        let right = [("a".to_owned(), leaf()), (String::new(), Tree::Leaf)].into();
        Tree::Named { left: Some(Box::new(leaf())), right }
    };
    let record = Record {
        id: u64::MAX,
        name: "ü".repeat(20),
        flags: (true, '\u{10ffff}', i128::MIN),
        ratio: -0.0,
        bytes: vec![0, 0xff],
    };
    let deep = (0..200).fold(Tree::Leaf, |tree, _| Tree::One(Box::new(tree)));
    let mut seeds = Vec::new();
    for &codec in codecs() {
        let mut add = |name: &str, bytes: Vec<u8>| {
            let codec = format!("{codec:?}").to_lowercase();
            seeds.push(seed(target, &format!("{codec}-{name}"), bytes));
        };
        add("tree", written(codec, &tree()));
        add("record", written(codec, &record));
        add("record-cut", written(codec, &record)[..9].to_vec());
        add("numbers", written(codec, &vec![vec![0_u32, u32::MAX], vec![]]));
        add("deep", write(codec, &deep).unwrap_or_default());
        // A length that no input has.
        add("claims", vec![0xff; 12]);
    }
    seeds
}
