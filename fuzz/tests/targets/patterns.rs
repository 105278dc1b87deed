//! The glob matcher against one that tries everything.

use bolero::check;
use cache_fuzz::{literal_prefix, matches};

use crate::generators::made_of;

/// Few characters: else hardly anything matches.
const PIECES: &[&str] = &["*", "?", "\\", "a", "b", "ü"];

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

#[test]
fn patterns() {
    check!().with_iterations(50_000).with_generator((made_of(PIECES, 9), made_of(PIECES, 9))).for_each(
        |(pattern, text)| {
            let characters = |text: &str| text.chars().collect::<Vec<char>>();
            let expected = may_match(&characters(pattern), &characters(text));
            assert_eq!(matches(pattern, text), expected);
            assert!(!expected || text.starts_with(&literal_prefix(pattern)), "the prefix would hide a match");
        },
    );
}
