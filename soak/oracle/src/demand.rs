//! What must be seen.

use crate::Version;

/// One row of one entry; see [`Oracle::slot`](crate::Oracle::slot).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub(crate) u32);

/// For some slots, the oldest version that may still be served.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demand(pub(crate) Vec<(Slot, Version)>);

impl Demand {
    /// This of one slot.
    #[must_use]
    pub fn one(slot: Slot, version: Version) -> Self {
        Self(vec![(slot, version)])
    }

    /// Whether it demands nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The slots with their versions.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, Version)> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<(Slot, Version)> for Demand {
    fn from_iter<I: IntoIterator<Item = (Slot, Version)>>(slots: I) -> Self {
        Self(slots.into_iter().collect())
    }
}
