//! Small state per key with an end: what counters and rate limiters keep their books in.

use parking_lot::Mutex;
use std::collections::HashMap;

use crate::clock::Time;
use crate::key::{CacheKey, KeyHasher, render};

const SHARDS: usize = 16;
/// How many keys a ledger holds; what comes from outside must not fill the memory.
const CAPACITY: usize = 100_000;

/// Key → `S`, until a time. Bounded: when it is full of what has not ended, a tenth ends early, that which would
/// have ended first.
#[derive(Debug)]
pub(crate) struct Ledger<S> {
    shards: [Mutex<HashMap<String, Page<S>>>; SHARDS],
    hasher: KeyHasher,
}

#[derive(Debug)]
struct Page<S> {
    state: S,
    ends: Time,
}

impl<S: Default> Ledger<S> {
    pub(crate) fn new(hasher: KeyHasher) -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), hasher }
    }

    /// Changes the state of `key`, a new one if it has none or it has ended; `change` says when it ends.
    pub(crate) fn update<Q: CacheKey + ?Sized, R>(
        &self,
        key: &Q,
        now: Time,
        change: impl FnOnce(&mut S, Time) -> (R, Time),
    ) -> R {
        let text = render(key, None);
        let mut shard = self.shard(&text).lock();
        if shard.len() >= CAPACITY / SHARDS && !shard.contains_key(&text) {
            make_room(&mut shard, now);
        }
        let page = shard.entry(text).or_insert_with(|| Page { state: S::default(), ends: Time::default() });
        if page.ends <= now {
            *page = Page { state: S::default(), ends: Time::default() };
        }
        let (result, ends) = change(&mut page.state, page.ends);
        page.ends = ends;
        result
    }

    pub(crate) fn read<Q: CacheKey + ?Sized, R>(&self, key: &Q, now: Time, read: impl FnOnce(&S) -> R) -> Option<R> {
        let text = render(key, None);
        self.shard(&text).lock().get(&text).filter(|page| page.ends > now).map(|page| read(&page.state))
    }

    pub(crate) fn remove<Q: CacheKey + ?Sized>(&self, key: &Q) {
        let text = render(key, None);
        self.shard(&text).lock().remove(&text);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    fn shard(&self, text: &str) -> &Mutex<HashMap<String, Page<S>>> {
        &self.shards[self.hasher.hash(text) as usize % SHARDS]
    }
}

fn make_room<S>(shard: &mut HashMap<String, Page<S>>, now: Time) {
    shard.retain(|_, page| page.ends > now);
    let most = CAPACITY / SHARDS * 9 / 10;
    if shard.len() > most {
        let mut ends: Vec<Time> = shard.values().map(|page| page.ends).collect();
        let surplus = shard.len() - most;
        let last = *ends.select_nth_unstable(surplus - 1).1;
        let mut left = surplus;
        shard.retain(|_, page| {
            let leaves = left > 0 && page.ends <= last;
            left -= usize::from(leaves);
            !leaves
        });
    }
}
