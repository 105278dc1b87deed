//! Texts that are likely to be taken for something else.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Every reserved character is here, what the encoding itself writes, and what looks like an encoded text already.
const PIECES: &[&str] = &[
    "a", "b", "~", "~~", ":", ",", ";", "/", "|", "(", ")", "[", "]", "{", "}", "*", "?", "%", "#", "\\", "\"", "=",
    "&", "@", "+", "!", "%3A", "%25", "\"\"", "()", "[]", " ", "\n", "\0", "\u{a0}", "ü", "🦀", "-1", "0", "None",
];
/// Beyond this a text is replaced by its digest.
const LONG: usize = 600;

/// A text of a few pieces that mean something; hardly ever a long one.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![20 => select(PIECES).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    (vec(piece, 0..5), prop::bool::weighted(0.02)).prop_map(|(pieces, long)| {
        let text = pieces.concat();
        if long && !text.is_empty() { text.repeat(LONG / text.len() + 1) } else { text }
    })
}
