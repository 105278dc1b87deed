//! The promises of a region as a map and a log of what was invalidated.

use std::collections::HashMap;
use std::time::Duration;

use crate::callers::{Begun, Caller, Place, Task, Whom};
use crate::entry::{Age, Entry};
use crate::rules::Rules;
use crate::script::{Change, Glob, Key, Load, Loaded, Settings, TAG_OF_CALLS, Value, tags_of};

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
    /// How much of the log was written when what has these names was begun.
    since: usize,
}

impl Names {
    /// Only values have tags of their own.
    fn of(key: Key, loaded: Loaded, settings: Settings, since: usize) -> Self {
        let mut tags = loaded.ok().flatten().map(|value| tags_of(key, value)).unwrap_or_default();
        tags.extend(settings.tagged.then(|| TAG_OF_CALLS.to_owned()));
        Self { key, tags, since }
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

/// What the region is expected to have counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) hits: u64,
    pub(crate) stale_hits: u64,
    pub(crate) misses: u64,
    pub(crate) loads: u64,
    pub(crate) loads_deduped: u64,
    pub(crate) refreshes: u64,
    pub(crate) load_errors: u64,
    pub(crate) not_stored: u64,
}

/// What a caller finds who takes what the policy lets it have.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found {
    Known(Loaded),
    /// To be loaded anew by one of those who find it.
    ToRenew(Age, Value),
    Nothing,
}

#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) rules: Rules,
    pub(crate) now: Duration,
    pub(crate) enabled: bool,
    entries: HashMap<Key, Entry>,
    pub(crate) log: Vec<Target>,
    /// Whose load of a key counts.
    pub(crate) places: HashMap<Key, Place>,
    /// The loads in the background, in the order in which they were begun.
    pub(crate) tasks: Vec<Task>,
    pub(crate) callers: Vec<Caller>,
    /// Numbers what begins.
    pub(crate) next: u64,
    pub(crate) counts: Counts,
}

impl Model {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            now: Duration::ZERO,
            enabled: true,
            entries: HashMap::new(),
            log: Vec::new(),
            places: HashMap::new(),
            tasks: Vec::new(),
            callers: Vec::new(),
            next: 0,
            counts: Counts::default(),
        }
    }

    fn aged(&self, key: Key) -> Option<(&Entry, Age)> {
        let entry = self.entries.get(&key)?;
        Some((entry, entry.age(self.rules, self.now)?))
    }

    fn fresh(&self, key: Key) -> Option<&Entry> {
        self.aged(key).filter(|(_, age)| age.is_fresh()).map(|(entry, _)| entry)
    }

    /// What is known of a key.
    pub(crate) fn peek(&self, key: Key) -> Option<Loaded> {
        self.fresh(key).map(|entry| entry.loaded)
    }

    pub(crate) fn remaining(&self, key: Key) -> Option<Duration> {
        self.fresh(key).map(|entry| entry.remaining(self.rules, self.now))
    }

    /// [`peek`](Self::peek), as a use.
    pub(crate) fn get(&mut self, key: Key) -> Option<Loaded> {
        self.get_closely(key, false)
    }

    fn get_closely(&mut self, key: Key, closely: bool) -> Option<Loaded> {
        let (found, now, rules) = (self.peek(key), self.now, self.rules);
        *(if found.is_some() { &mut self.counts.hits } else { &mut self.counts.misses }) += 1;
        self.entries.get_mut(&key).into_iter().for_each(|entry| entry.note_use(rules, now, closely));
        found
    }

    /// A look-up by who would load. `renews`: whether it takes what is stale only if nobody is to load it anew.
    pub(crate) fn look(&mut self, key: Key, renews: bool) -> Found {
        let found = match self.aged(key).map(|(entry, age)| (entry.loaded, entry.value(), age)) {
            Some((_, Some(value), age @ Age::Due)) => Found::ToRenew(age, value),
            Some((_, Some(value), age @ Age::Stale)) if renews => Found::ToRenew(age, value),
            Some((loaded, _, Age::Fresh | Age::Failing)) => Found::Known(loaded),
            _ => Found::Nothing,
        };
        let is_stale = self.aged(key).is_some_and(|(_, age)| !age.is_fresh());
        match found {
            Found::Nothing => self.counts.misses += 1,
            _ => self.counts.hits += 1,
        }
        self.counts.stale_hits += u64::from(is_stale && !matches!(found, Found::Nothing));
        let (now, rules) = (self.now, self.rules);
        self.entries.get_mut(&key).into_iter().for_each(|entry| entry.note_use(rules, now, false));
        found
    }

    /// What a loader does first; says what the entry to be will depend on.
    pub(crate) fn reads(&mut self, load: &Load) -> Vec<Names> {
        let mut built_from = Vec::new();
        for key in &load.reads {
            if self.get_closely(*key, self.rules.track).is_some() && self.rules.track {
                built_from.extend(self.entries.get(key).into_iter().flat_map(|entry| entry.names.iter().cloned()));
            }
        }
        built_from
    }

    /// How many keys there is something of that may be served.
    pub(crate) fn len(&self) -> usize {
        self.entries.keys().filter(|key| self.aged(**key).is_some()).count()
    }

    /// Ends a load; returns what its caller gets.
    pub(crate) fn land(&mut self, begun: &Begun, key: Key, loaded: Loaded, built_from: &[Names]) -> Loaded {
        let in_place = self.places.get(&key).is_some_and(|place| place.number == begun.place.number);
        let names = [&[Names::of(key, loaded, begun.settings, begun.place.logged)], built_from].concat();
        // What it was built from is as old as it was there, which may be younger than the load.
        let is_meant = |names: &Names| self.log[names.since..].iter().any(|target| names.are_meant(target));
        let overtaken = !in_place || !self.enabled || names.iter().any(is_meant);
        // A value that is there is better than an error; who wanted a new one is told the error all the same.
        let old = self.aged(key).and_then(|(entry, _)| entry.value()).filter(|_| loaded.is_err());
        let served = old.filter(|_| !begun.settings.force);
        let answer = served.map_or(loaded, |old| Ok(Some(old)));
        if in_place {
            let whom = match (served, overtaken) {
                (Some(_), _) => Whom::NotStrict,
                (None, true) => Whom::Early,
                (None, false) => Whom::All,
            };
            self.places.remove(&key);
            self.tell(key, &begun.place, answer, whom);
            self.promote(key);
        }
        if loaded.is_err() {
            self.counts.load_errors += 1;
            if let Some(entry) = self.entries.get_mut(&key).filter(|_| !begun.settings.force) {
                entry.loading_has_failed(self.now);
            }
        }
        let life = self.rules.life(loaded, begun.settings).filter(|_| begun.copies || loaded.is_ok());
        match (overtaken, life) {
            _ if old.is_some() => {}
            (false, Some(life)) => self.store(key, loaded, names, life),
            // The source has answered, and what it said before is not served any more.
            (false, None) if loaded.is_ok() => _ = self.entries.remove(&key),
            // While caching is off nothing is expected to be stored.
            (true, Some(_)) => self.counts.not_stored += u64::from(self.enabled),
            (_, None) => {}
        }
        answer
    }

    pub(crate) fn change(&mut self, change: &Change) {
        match change {
            Change::Advance(by) => self.now += *by,
            Change::Put(key, value) => self.put(*key, *value),
            Change::Invalidate(key) => self.invalidate(Target::Key(*key)),
            Change::InvalidateMany(keys) => keys.iter().for_each(|key| self.invalidate(Target::Key(*key))),
            Change::InvalidateTag(tag) => self.invalidate(Target::Tag(tag.clone())),
            Change::InvalidateTags(tags) => tags.iter().for_each(|tag| self.invalidate(Target::Tag(tag.clone()))),
            Change::InvalidatePattern(Glob::OtherRegion) | Change::Sweep => {}
            Change::InvalidatePattern(glob) => self.invalidate(Target::Pattern(*glob)),
            Change::InvalidateRegion | Change::InvalidateAll => self.invalidate(Target::Everything),
            Change::SetEnabled(enabled) => self.set_enabled(*enabled),
        }
    }

    fn put(&mut self, key: Key, value: Value) {
        self.invalidate(Target::Key(key));
        let (loaded, settings) = (Ok(Some(value)), Settings::default());
        self.tell_all(key, loaded);
        if let Some(life) = self.rules.life(loaded, settings).filter(|_| self.enabled) {
            let names = Names::of(key, loaded, settings, self.log.len());
            self.store(key, loaded, vec![names], life);
        }
    }

    fn invalidate(&mut self, target: Target) {
        self.entries.retain(|_, entry| !entry.names.iter().any(|names| names.are_meant(&target)));
        self.log.push(target);
    }

    fn set_enabled(&mut self, enabled: bool) {
        if self.enabled != enabled {
            self.enabled = enabled;
            self.invalidate(Target::Everything);
        }
    }

    /// The region had to make room.
    pub(crate) fn evict(&mut self, key: Key) {
        self.entries.remove(&key);
    }

    fn store(&mut self, key: Key, loaded: Loaded, names: Vec<Names>, life: Option<Duration>) {
        if self.rules.keeps() {
            self.entries.insert(key, Entry::new(self.rules, loaded, names, self.now, life));
        }
    }
}
