//! The touch clock: one number that orders all invalidations of a cache against all its loads.
//!
//! Every invalidation advances the clock and writes the new reading to the name it touches (a key, a tag, a region,
//! everything). Every load, put and waiter remembers the reading at its start. A value may be stored, and an entry
//! served, only if none of its names carries a later reading than the start of its load. No per-key generation, no
//! epoch: one comparison covers loads, background work, waiters and inherited dependencies alike (promises P2, P3).

use std::fmt;
use std::sync::Arc;

use crate::sync::atomic::{AtomicU64, Ordering};

/// A reading of the touch clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Touch(u64);

impl Touch {
    /// Before everything: the last touch of what was never touched.
    pub(crate) const NONE: Self = Self(0);
    /// After everything: a name that nothing is ever valid under.
    pub(crate) const FOREVER: Self = Self(u64::MAX);
}

/// The touch clock of one cache.
#[derive(Debug)]
pub(crate) struct TouchClock {
    now: AtomicU64,
    marks: Marks,
}

/// How many times any name was marked, on a cache line of its own: hits read it all the time, and the clock beside it
/// moves with every put.
#[derive(Debug)]
#[repr(align(128))]
struct Marks(AtomicU64);

impl TouchClock {
    pub(crate) fn new() -> Self {
        Self { now: AtomicU64::new(1), marks: Marks(AtomicU64::new(1)) }
    }

    /// The current reading: the start of what begins now.
    pub(crate) fn read(&self) -> Touch {
        // Acquire: a load that reads n sees the source as the invalidator that advanced to n left it.
        Touch(self.now.load(Ordering::Acquire))
    }

    /// A reading later than all before it: the moment of an invalidation.
    pub(crate) fn advance(&self) -> Touch {
        Touch(self.now.fetch_add(1, Ordering::AcqRel) + 1)
    }

    /// Writes a touch to a name; an earlier one than is there changes nothing.
    pub(crate) fn mark(&self, name: &Name, touch: Touch) {
        name.touched.raise(touch);
        self.count_mark();
    }

    /// Writes a touch to a name, whatever is there. Only for switching a whole cache off and on.
    pub(crate) fn reset(&self, name: &Name, touch: Touch) {
        name.touched.0.swap(touch.0, Ordering::AcqRel);
        self.count_mark();
    }

    /// How often any name was marked so far.
    ///
    /// An entry that was found valid after this number was read is still valid while the number is the same: a hit
    /// needs to look at no name. It is a count, and counts after the mark: were it the latest touch, two marks that
    /// cross could hide one behind the other.
    #[inline]
    pub(crate) fn marks(&self) -> u64 {
        self.marks.0.load(Ordering::Acquire)
    }

    fn count_mark(&self) {
        self.marks.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// When something was last touched.
pub(crate) struct LastTouch(AtomicU64);

impl LastTouch {
    pub(crate) const fn new(touch: Touch) -> Self {
        Self(AtomicU64::new(touch.0))
    }

    pub(crate) fn get(&self) -> Touch {
        Touch(self.0.load(Ordering::Acquire))
    }

    /// Records a touch; an earlier one than is recorded changes nothing.
    pub(crate) fn raise(&self, touch: Touch) {
        self.0.fetch_max(touch.0, Ordering::AcqRel);
    }
}

impl fmt::Debug for LastTouch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.get())
    }
}

/// A name that entries depend on: a tag, a region, or the identity of a key that another entry was built from. It is
/// touched through [`TouchClock::mark`] only, so that no hit overlooks it.
#[derive(Debug)]
pub(crate) struct Name {
    touched: LastTouch,
}

impl Name {
    pub(crate) fn new(touched: Touch) -> Arc<Self> {
        Arc::new(Self { touched: LastTouch::new(touched) })
    }

    /// When it was last touched.
    pub(crate) fn last(&self) -> Touch {
        self.touched.get()
    }
}

/// A name as one entry knows it: valid while the name was not touched after `since`.
///
/// This is the local form of a tag version. It is captured before the load and handed on as data, never captured
/// anew, so that an entry built from another one is exactly as old as its oldest ingredient.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    pub(crate) name: Arc<Name>,
    pub(crate) since: Touch,
}

impl Stamp {
    pub(crate) fn is_valid(&self) -> bool {
        self.name.last() <= self.since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_counted_after_it_is_written_and_never_goes_back() {
        let (clock, name) = (TouchClock::new(), Name::new(Touch::NONE));
        let (first, second) = (clock.advance(), clock.advance());
        let before = clock.marks();
        clock.mark(&name, second);
        clock.mark(&name, first);
        assert_eq!((name.last(), clock.marks()), (second, before + 2));
    }
}
