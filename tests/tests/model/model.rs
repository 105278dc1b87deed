//! The promises of a region as a map and a log of what was invalidated.

use std::collections::HashMap;
use std::time::Duration;

use crate::script::{Glob, Key, Loaded, Rules, Value, tags_of};

/// What is meant by one invalidation. A put means its key too: a load that began before it is not stored.
#[derive(Debug)]
pub(crate) enum Target {
    Key(Key),
    Tag(String),
    Pattern(Glob),
    Everything,
}

/// What one entry can be invalidated by.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    key: Key,
    tags: Vec<String>,
}

impl Begun {
    /// The same, with an error that only its own caller can have.
    pub(crate) fn unshared(self) -> Self {
        Self { copies: false, ..self }
    }
}

impl Names {
    /// Only values have tags.
    fn of(key: Key, loaded: Loaded) -> Self {
        let tags = loaded.ok().flatten().map(|value| tags_of(key, value)).unwrap_or_default();
        Self { key, tags }
    }

    fn are_meant(&self, target: &Target) -> bool {
        match target {
            Target::Key(key) => self.key == *key,
            Target::Tag(tag) => self.tags.contains(tag),
            Target::Pattern(glob) => glob.means(self.key),
            Target::Everything => true,
        }
    }
}

#[derive(Debug)]
struct Entry {
    loaded: Loaded,
    /// Its own, and those of the entries that its load has read.
    names: Vec<Names>,
    /// `None`: never ends.
    fresh_until: Option<Duration>,
}

/// What the region is expected to have counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    pub(crate) loads: u64,
    pub(crate) load_errors: u64,
    pub(crate) not_stored: u64,
}

/// A load under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    /// How much of the log was written when it began.
    logged: usize,
    /// Whether its caller wants nothing that was there before.
    force: bool,
    /// Whether its error can be copied.
    copies: bool,
}

/// Where a caller of `get_or_load` and its kin stands.
#[derive(Debug)]
pub(crate) enum Turn {
    /// It has its answer.
    Answered(Loaded),
    /// Its loader runs, and what it returns may be stored.
    Loads(Begun),
    /// Its loader runs, and that is all.
    Passes,
}

#[derive(Debug)]
pub(crate) struct Model {
    rules: Rules,
    now: Duration,
    enabled: bool,
    entries: HashMap<Key, Entry>,
    log: Vec<Target>,
    pub(crate) counts: Counts,
}

impl Model {
    pub(crate) fn new(rules: Rules) -> Self {
        let (now, counts) = (Duration::ZERO, Counts::default());
        Self { rules, now, enabled: true, entries: HashMap::new(), log: Vec::new(), counts }
    }

    /// What is known of a key.
    pub(crate) fn peek(&self, key: Key) -> Option<Loaded> {
        self.fresh(key).map(|entry| entry.loaded)
    }

    pub(crate) fn remaining(&self, key: Key) -> Option<Duration> {
        self.fresh(key).map(|entry| entry.fresh_until.map_or(Duration::MAX, |end| end - self.now))
    }

    /// [`peek`](Self::peek), counted.
    pub(crate) fn look(&mut self, key: Key) -> Option<Loaded> {
        let found = self.peek(key);
        *(if found.is_some() { &mut self.counts.hits } else { &mut self.counts.misses }) += 1;
        found
    }

    /// [`look`](Self::look) by a loader: adds what the entry to be will depend on.
    pub(crate) fn read(&mut self, key: Key, built_from: &mut Vec<Names>) {
        if self.look(key).is_some() && self.rules.track {
            built_from.extend(self.entries.get(&key).into_iter().flat_map(|entry| entry.names.iter().cloned()));
        }
    }

    /// How many keys something is known of.
    pub(crate) fn len(&self) -> usize {
        self.entries.keys().filter(|key| self.fresh(**key).is_some()).count()
    }

    /// Takes part in the loading of a key: `absences` says whether "there is none" answers the caller, `force` whether
    /// nothing that is there does.
    pub(crate) fn take_part(&mut self, key: Key, absences: bool, force: bool) -> Turn {
        if !self.enabled {
            return Turn::Passes;
        }
        match self.peek(key).filter(|_| !force) {
            Some(found) if absences || !matches!(found, Ok(None)) => Turn::Answered(found),
            _ => {
                self.counts.loads += 1;
                Turn::Loads(Begun { logged: self.log.len(), force, copies: true })
            }
        }
    }

    /// Ends a load; returns what its caller gets.
    pub(crate) fn land(&mut self, begun: Begun, key: Key, loaded: Loaded, built_from: &[Names]) -> Loaded {
        if loaded.is_err() {
            self.counts.load_errors += 1;
            // A value that is there is better than an error; who wanted a new one is told the error all the same.
            if let Some(found @ Ok(Some(_))) = self.peek(key) {
                return if begun.force { loaded } else { found };
            }
        }
        let names = [&[Names::of(key, loaded)], built_from].concat();
        let overtaken = self.log[begun.logged..].iter().any(|target| names.iter().any(|names| names.are_meant(target)));
        match (overtaken, self.rules.wants(loaded)) {
            (false, true) if begun.copies || loaded.is_ok() => self.store(key, loaded, names),
            // The source has answered, and what it said before is not served any more.
            (false, false) if loaded.is_ok() => _ = self.entries.remove(&key),
            // While caching is off nothing is expected to be stored, nor ever an error that cannot be copied.
            (true, true) => {
                self.counts.not_stored += u64::from(self.enabled && (begun.copies || loaded.is_ok()));
            }
            _ => {}
        }
        loaded
    }

    pub(crate) fn put(&mut self, key: Key, value: Value) {
        self.invalidate(Target::Key(key));
        if self.enabled {
            self.store(key, Ok(Some(value)), vec![Names::of(key, Ok(Some(value)))]);
        }
    }

    pub(crate) fn invalidate(&mut self, target: Target) {
        self.entries.retain(|_, entry| !entry.names.iter().any(|names| names.are_meant(&target)));
        self.log.push(target);
    }

    pub(crate) fn set_enabled(&mut self, enabled: bool) {
        if self.enabled != enabled {
            self.enabled = enabled;
            self.invalidate(Target::Everything);
        }
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.now += by;
    }

    /// The region had to make room.
    pub(crate) fn evict(&mut self, key: Key) {
        self.entries.remove(&key);
    }

    fn fresh(&self, key: Key) -> Option<&Entry> {
        self.entries.get(&key).filter(|entry| entry.fresh_until.is_none_or(|end| self.now < end))
    }

    fn store(&mut self, key: Key, loaded: Loaded, names: Vec<Names>) {
        if self.rules.keeps() {
            let fresh_until = self.rules.life(loaded).map(|life| self.now + life);
            self.entries.insert(key, Entry { loaded, names, fresh_until });
        }
    }
}
