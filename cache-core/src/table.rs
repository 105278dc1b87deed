//! The regions of functions, by dense index.

use std::any::Any;
use std::sync::{Arc, OnceLock};

type Cell = OnceLock<Arc<dyn Any + Send + Sync>>;

/// The first chunk holds so many; each next one twice as many.
const FIRST: usize = 64;
const CHUNKS: usize = 24;

/// A table that grows without moving: reading it takes no lock and hashes nothing.
pub(crate) struct Table {
    chunks: [OnceLock<Box<[Cell]>>; CHUNKS],
}

impl Table {
    pub(crate) fn new() -> Self {
        Self { chunks: [const { OnceLock::new() }; CHUNKS] }
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&Arc<dyn Any + Send + Sync>> {
        let (chunk, offset) = place(index);
        self.chunks.get(chunk)?.get()?.get(offset)?.get()
    }

    /// # Panics
    ///
    /// Beyond 10⁹ functions and instances of generic functions.
    pub(crate) fn get_or_init(
        &self,
        index: usize,
        make: impl FnOnce() -> Arc<dyn Any + Send + Sync>,
    ) -> &Arc<dyn Any + Send + Sync> {
        let (chunk, offset) = place(index);
        let cells = self.chunks[chunk].get_or_init(|| (0..FIRST << chunk).map(|_| Cell::new()).collect());
        cells[offset].get_or_init(make)
    }
}

#[inline]
fn place(index: usize) -> (usize, usize) {
    let shifted = index + FIRST;
    let chunk = (shifted.ilog2() - FIRST.ilog2()) as usize;
    (chunk, shifted - (FIRST << chunk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_has_a_place_of_its_own() {
        let table = Table::new();
        for index in (0..1_000).chain([65_535, 1 << 20]) {
            assert!(table.get(index).is_none());
            table.get_or_init(index, || Arc::new(index));
        }
        for index in (0..1_000).chain([65_535, 1 << 20]) {
            assert_eq!(table.get(index).and_then(|cell| cell.downcast_ref()), Some(&index));
        }
    }
}
