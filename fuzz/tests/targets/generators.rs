//! Inputs made of pieces that mean something to the code under test.

use bolero::{TypeGenerator, ValueGenerator, produce};

/// Up to `most` of these pieces in a row, now and then any other character among them.
pub(crate) fn made_of(pieces: &'static [&'static str], most: usize) -> impl ValueGenerator<Output = String> {
    let piece = produce::<(u8, char)>().map_gen(|(choice, other)| {
        let piece = pieces.get(usize::from(choice) % (pieces.len() + 1));
        piece.map_or_else(|| other.to_string(), |piece| (*piece).to_owned())
    });
    list(piece, most).map_gen(|pieces| pieces.concat())
}

pub(crate) fn list<T: TypeGenerator>(
    item: impl ValueGenerator<Output = T>,
    most: usize,
) -> impl ValueGenerator<Output = Vec<T>> {
    produce::<Vec<T>>().with().values(item).len(0..=most)
}

pub(crate) fn option<T: 'static>(value: impl ValueGenerator<Output = T>) -> impl ValueGenerator<Output = Option<T>> {
    (produce::<bool>(), value).map_gen(|(present, value)| present.then_some(value))
}
