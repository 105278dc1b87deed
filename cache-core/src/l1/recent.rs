//! When the keys of a shard were last touched, for values that are put as of a moment in the past.

use crate::touch::Touch;

const SLOTS: usize = 64;

/// The last touches of a shard's keys, by hash.
///
/// Keys share slots, and before anybody asks they share one: that can only refuse a value, never let an overtaken one in.
#[derive(Debug)]
pub(crate) struct RecentTouches {
    last: Touch,
    slots: Option<Box<[Touch; SLOTS]>>,
}

impl RecentTouches {
    pub(super) fn new() -> Self {
        Self { last: Touch::NONE, slots: None }
    }

    /// Somebody is going to ask: tells keys apart from here on.
    pub(crate) fn keep(&mut self) {
        let last = self.last;
        self.slots.get_or_insert_with(|| Box::new([last; SLOTS]));
    }

    pub(crate) fn touch(&mut self, hash: u64, touch: Touch) {
        self.last = touch;
        if let Some(slots) = &mut self.slots {
            slots[slot(hash)] = touch;
        }
    }

    /// Touches every key.
    pub(crate) fn touch_all(&mut self, touch: Touch) {
        self.last = touch;
        if let Some(slots) = &mut self.slots {
            slots.fill(touch);
        }
    }

    /// When a key with this hash was last touched, or later.
    pub(crate) fn last(&self, hash: u64) -> Touch {
        self.slots.as_ref().map_or(self.last, |slots| slots[slot(hash)])
    }
}

fn slot(hash: u64) -> usize {
    // Bits that neither choose the shard nor the place in its tables.
    (hash >> 16) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::touch::TouchClock;

    const KEY: u64 = 7 << 16;
    const OTHER: u64 = 8 << 16;

    #[test]
    fn keys_are_told_apart_once_somebody_asks() {
        let (mut recent, clock) = (RecentTouches::new(), TouchClock::new());
        let first = clock.advance();
        recent.touch(KEY, first);
        assert_eq!((recent.last(KEY), recent.last(OTHER)), (first, first));
        recent.keep();
        let second = clock.advance();
        recent.touch(KEY, second);
        recent.keep();
        assert_eq!((recent.last(KEY), recent.last(OTHER)), (second, first));
        let third = clock.advance();
        recent.touch_all(third);
        assert_eq!((recent.last(KEY), recent.last(OTHER)), (third, third));
    }
}
