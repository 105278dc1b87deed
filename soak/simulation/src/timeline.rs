//! Simulated time: what happens when.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::atomic::{self, AtomicU64};

use parking_lot::Mutex;

use cache_oracle::Moment;

/// A millisecond.
pub const MS: Moment = 1_000_000;
/// A second.
pub const SECOND: Moment = 1_000 * MS;

/// The time of the world, and what is going to happen in it.
#[derive(Default)]
pub struct Timeline {
    now: AtomicU64,
    events: Mutex<Events>,
}

#[derive(Default)]
struct Events {
    count: u64,
    heap: BinaryHeap<Reverse<Event>>,
}

struct Event {
    at: Moment,
    number: u64,
    happens: Box<dyn FnOnce() + Send>,
}

impl Timeline {
    /// The time.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.now.load(atomic::Ordering::Relaxed)
    }

    /// Something happens so much later. Of what happens in one moment, what was said first happens first.
    pub fn after(&self, delay: Moment, happens: impl FnOnce() + Send + 'static) {
        self.at(self.now() + delay, happens);
    }

    /// Something happens at this moment.
    pub fn at(&self, at: Moment, happens: impl FnOnce() + Send + 'static) {
        let mut events = self.events.lock();
        events.count += 1;
        let number = events.count;
        events.heap.push(Reverse(Event { at: at.max(self.now()), number, happens: Box::new(happens) }));
    }

    /// Lets the next thing happen, if it does so until `end`; `false` if not: then it is `end`.
    pub fn step(&self, end: Moment) -> bool {
        let next = {
            let mut events = self.events.lock();
            match events.heap.peek() {
                Some(Reverse(event)) if event.at <= end => events.heap.pop(),
                _ => None,
            }
        };
        let Some(Reverse(event)) = next else {
            self.now.store(end.max(self.now()), atomic::Ordering::Relaxed);
            return false;
        };
        self.now.store(event.at, atomic::Ordering::Relaxed);
        (event.happens)();
        true
    }

    /// Nothing happens any more.
    pub fn clear(&self) {
        let heap = std::mem::take(&mut self.events.lock().heap);
        drop(heap);
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}
