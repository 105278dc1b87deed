//! The glob matcher against one that tries everything.

use bolero::check;
use cache_fuzz::{literal_prefix, matches};

use crate::generators::made_of;

/// Few characters: else hardly anything matches.
const PIECES: &[&str] = &["*", "?", "\\", "a", "b", "ü"];

/// What has been matched so far may end at several places of the text; each piece of the pattern moves all of them on.
fn may_match(pattern: &[char], text: &[char]) -> bool {
    let mut ends: Vec<bool> = (0..=text.len()).map(|end| end == 0).collect();
    let mut rest = pattern;
    while let [piece, after @ ..] = rest {
        rest = after;
        if *piece == '*' {
            let first = ends.iter().position(|end| *end).unwrap_or(ends.len());
            ends[first..].fill(true);
            continue;
        }
        let literal = match (piece, after) {
            ('?', _) => None,
            ('\\', [literal, after @ ..]) => {
                rest = after;
                Some(literal)
            }
            _ => Some(piece),
        };
        let step = |end: usize| end > 0 && ends[end - 1] && literal.is_none_or(|literal| text[end - 1] == *literal);
        ends = (0..=text.len()).map(step).collect();
    }
    ends[text.len()]
}

fn assert_right(pattern: &str, text: &str) {
    let characters = |text: &str| text.chars().collect::<Vec<char>>();
    let expected = may_match(&characters(pattern), &characters(text));
    assert_eq!(matches(pattern, text), expected);
    assert!(!expected || text.starts_with(&literal_prefix(pattern)), "the prefix would hide a match");
}

#[test]
fn patterns() {
    check!()
        .with_iterations(50_000)
        .with_generator((made_of(PIECES, 9), made_of(PIECES, 9)))
        .for_each(|(pattern, text)| assert_right(pattern, text));
}

/// A pattern in the first line, and what it may match in the others.
#[test]
fn any_lines() {
    check!().with_iterations(10_000).with_max_len(128).for_each(|bytes: &[u8]| {
        let lines = String::from_utf8_lossy(bytes);
        let (pattern, texts) = lines.split_once('\n').unwrap_or((&lines, ""));
        texts.split('\n').for_each(|text| assert_right(pattern, text));
    });
}
