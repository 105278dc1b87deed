//! Did you mean …?

use crate::suggest::{Names, closest, unknown};

const NAMES: Names = Names { valid: &["ttl", "key", "capacity", "negative_ttl"], later: &[] };

#[test]
fn names_of_other_caches_are_translated() {
    for (name, write) in [
        ("time_to_live", "write `ttl = \"5m\"`"),
        ("ttl_secs", "write `ttl = \"…s\"`"),
        ("size", "write `capacity = 5000`"),
        ("max_size", "write `capacity = 5000`"),
    ] {
        assert!(unknown(name, &NAMES).starts_with(write), "{name}");
    }
}

#[test]
fn typing_mistakes_are_corrected() {
    for (name, write) in
        [("tll", "write `ttl`"), ("capactiy", "write `capacity`"), ("negativ_ttl", "write `negative_ttl`")]
    {
        assert!(unknown(name, &NAMES).starts_with(write), "{name}: {}", unknown(name, &NAMES));
    }
    assert_eq!(unknown("colour", &NAMES), "the arguments are `ttl`, `key`, `capacity`, `negative_ttl`");
}

#[test]
fn nothing_is_guessed_from_afar() {
    assert_eq!(closest("id", ["db", "name"]), None);
    assert_eq!(closest("idd", ["db", "id"]), Some("id"));
}
