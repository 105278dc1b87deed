//! Patterns, from `invalidate_pattern` to the entries.

use cache_core::{Cache, Region};
use cache_tests::runs;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::text::text;

/// What a pattern may consist of: wildcards, escapes, and what the texts of keys are made of.
fn pattern() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => Just("*".to_owned()),
        3 => Just("?".to_owned()),
        1 => Just("\\".to_owned()),
        3 => Just(":".to_owned()),
        2 => Just("r".to_owned()),
        1 => Just("s:".to_owned()),
        2 => Just("a".to_owned()),
        2 => text(),
    ];
    vec(piece, 0..7).prop_map(|pieces| pieces.concat())
}

/// Every way of matching, tried one after the other.
fn may_match(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|skipped| may_match(rest, &text[skipped..])),
        ['?', rest @ ..] => !text.is_empty() && may_match(rest, &text[1..]),
        ['\\', literal, rest @ ..] | [literal, rest @ ..] => {
            text.first() == Some(literal) && may_match(rest, &text[1..])
        }
    }
}

proptest! {
    #![proptest_config(runs(1_000))]

    #[test]
    fn a_pattern_takes_what_matches_and_nothing_else(
        glob in pattern(),
        name in prop::sample::select(&["r", "r:s", "*", ""][..]),
        keys in vec((text(), text()), 0..8),
    ) {
        let cache = Cache::new();
        let region: Region<(String, String), ()> = cache.region(name).build().expect("nothing to refuse");
        for key in &keys {
            region.put(key, ()).detach();
        }
        cache.invalidate_pattern(&glob).detach();
        let pattern: Vec<char> = glob.chars().collect();
        for key in &keys {
            // A digest is no text to match: patterns see keys at their full length.
            let (first, second) = key;
            if first.len() + second.len() > 40 {
                continue;
            }
            let text: Vec<char> = region.key_text(key).chars().collect();
            prop_assert_eq!(!region.contains(key), may_match(&pattern, &text), "{:?}", region.key_text(key));
        }
    }
}
