//! The matcher against one that tries everything.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed};

use super::{literal_prefix, matches};

fn text_of(characters: &'static [char], most: usize) -> impl Strategy<Value = String> {
    vec(select(characters), 0..most).prop_map(|characters| characters.into_iter().collect())
}

fn characters(text: &str) -> Vec<char> {
    text.chars().collect()
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

/// The same inputs every time, unless `PROPTEST_CASES` asks for others.
fn runs(cases: u32) -> Config {
    // The usual generator takes most of the time where nothing is optimised.
    let rng_algorithm = RngAlgorithm::XorShift;
    let config = Config { failure_persistence: None, rng_algorithm, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return config;
    }
    Config { cases, rng_seed: RngSeed::Fixed(0), ..config }
}

proptest! {
    #![proptest_config(runs(20_000))]

    // Few characters: else hardly anything matches.
    #[test]
    fn matching_is_what_trying_everything_finds(
        pattern in text_of(&['*', '?', '\\', 'a', 'b', 'ü'], 9),
        text in text_of(&['*', '?', '\\', 'a', 'b', 'ü'], 9),
    ) {
        let expected = may_match(&characters(&pattern), &characters(&text));
        prop_assert_eq!(matches(&pattern, &text), expected);
        prop_assert!(!expected || text.starts_with(&literal_prefix(&pattern)), "the prefix would hide a match");
    }

    #[test]
    fn an_escaped_text_is_its_own_prefix_and_only_match(text in ".{0,8}", other in ".{0,8}") {
        let escaped: String = text.chars().flat_map(|character| ['\\', character]).collect();
        prop_assert_eq!(&literal_prefix(&escaped), &text);
        prop_assert!(matches(&escaped, &text));
        prop_assert_eq!(matches(&escaped, &other), text == other);
        prop_assert_eq!(&literal_prefix(&format!("{escaped}*{other}")), &text);
    }
}
