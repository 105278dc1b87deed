//! Invalidations that the fleet has not been told yet.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hashbrown::{HashMap, HashSet};
use parking_lot::Mutex;

use crate::clock::Time;
use crate::fleet_name::{FleetName, NameRef};
use crate::key::{KeyHasher, pattern};
use crate::mutant::{self, Mutant};
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::version::Version;

/// So many keys wait by themselves; beyond that their regions do, and beyond so many regions and tags everything does.
/// Nothing is ever dropped.
const MOST_WAITING: usize = 10_000;
/// How long what was sent is remembered, for the case that the server forgets it.
const REMEMBERED: Duration = Duration::from_secs(60);
/// So much of what was sent is remembered.
const MOST_SENT: usize = 10_000;

/// What is invalidated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Item {
    Everything,
    Region(Arc<str>),
    Tag(Arc<str>),
    Key { region: Arc<str>, key: Arc<str> },
    Pattern(Arc<str>),
}

/// One thing that waits, as of the moment it was put in.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) item: Item,
    pub(crate) number: u64,
}

/// What was sent, and with which version.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    at: Time,
    pub(crate) item: Item,
    pub(crate) version: Option<Version>,
}

/// What waits to be sent, and what was sent a short time ago.
#[derive(Debug)]
pub(crate) struct Outbox {
    state: Mutex<State>,
    /// How much waits, to be read without the lock.
    waiting: AtomicUsize,
}

#[derive(Debug)]
struct State {
    next: u64,
    waiting: HashMap<Item, u64, KeyHasher>,
    sent: VecDeque<Sent>,
    /// When something was sent that there was no room to remember.
    too_many: Option<Time>,
}

impl Outbox {
    pub(crate) fn new(hasher: KeyHasher) -> Self {
        let state = State { next: 0, waiting: HashMap::with_hasher(hasher), sent: VecDeque::new(), too_many: None };
        Self { state: Mutex::new(state), waiting: AtomicUsize::new(0) }
    }

    /// Puts `item` in. Before anything else of an invalidation happens.
    pub(crate) fn add(&self, item: Item) -> Waiting {
        let mut state = self.state.lock();
        state.next += 1;
        let number = state.next;
        state.waiting.insert(item.clone(), number);
        if state.waiting.len() > MOST_WAITING {
            state.collapse(number);
        }
        self.waiting.store(state.waiting.len(), Ordering::SeqCst);
        Waiting { item, number }
    }

    /// Everything that waits.
    pub(crate) fn waiting(&self) -> Vec<Waiting> {
        let state = self.state.lock();
        state.waiting.iter().map(|(item, number)| Waiting { item: item.clone(), number: *number }).collect()
    }

    /// Whether this still waits as it was put in: nobody has sent it, and nobody has put the same in since.
    pub(crate) fn holds(&self, waiting: &Waiting) -> bool {
        self.state.lock().waiting.get(&waiting.item) == Some(&waiting.number)
    }

    /// Whether this waits, whoever has put it in.
    pub(crate) fn covers_item(&self, item: &Item) -> bool {
        self.state.lock().waiting.contains_key(item)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much waits.
    pub(crate) fn len(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// The fleet was told of what waited; what was put in again meanwhile still waits.
    pub(crate) fn sent(&self, told: &[Waiting], versions: &[(Item, Version)], now: Time) {
        let mut by_item = HashMap::with_capacity_and_hasher(versions.len(), self.state.lock().waiting.hasher().clone());
        by_item.extend(versions.iter().map(|(item, version)| (item, *version)));
        let mut state = self.state.lock();
        for told in told {
            if state.waiting.get(&told.item) == Some(&told.number) {
                state.waiting.remove(&told.item);
            }
            let version = by_item.get(&told.item).copied();
            state.sent.push_back(Sent { at: now, item: told.item.clone(), version });
        }
        while let Some(oldest) = state.sent.front().map(|sent| sent.at) {
            let is_old = now.saturating_since(oldest) > REMEMBERED;
            if !is_old && state.sent.len() <= MOST_SENT {
                break;
            }
            if !is_old {
                state.too_many = Some(oldest);
            }
            state.sent.pop_front();
        }
        self.waiting.store(state.waiting.len(), Ordering::SeqCst);
    }

    /// What was sent in the last minute, each thing once: the server may have forgotten it. If that was too much to be
    /// remembered, everything.
    pub(crate) fn recall(&self, now: Time) -> Vec<Sent> {
        let state = self.state.lock();
        let is_new = |at: Time| now.saturating_since(at) <= REMEMBERED;
        if let Some(at) = state.too_many.filter(|at| is_new(*at)) {
            return vec![Sent { at, item: Item::Everything, version: None }];
        }
        let mut seen = HashSet::with_hasher(state.waiting.hasher().clone());
        // The last of each: the server may know that, and not the ones before.
        state.sent.iter().rev().filter(|sent| is_new(sent.at) && seen.insert(&sent.item)).cloned().collect()
    }

    /// Whether something waits that means `name`: what the shared tier says of it is not to be believed.
    #[inline]
    pub(crate) fn covers(&self, name: NameRef<'_>, region: &str) -> bool {
        !self.is_empty() && self.covers_any(name, region) && !mutant::is(Mutant::OutboxNotAsked)
    }

    #[cold]
    fn covers_any(&self, name: NameRef<'_>, region: &str) -> bool {
        self.state.lock().waiting.keys().any(|item| match (item, name) {
            (Item::Everything, _) => true,
            (Item::Region(waiting), NameRef::Region(name)) => **waiting == *name,
            (Item::Region(waiting), NameRef::Key(_)) => **waiting == *region,
            (Item::Tag(waiting), NameRef::Tag(name)) => **waiting == *name,
            (Item::Key { key, .. }, NameRef::Key(name)) => **key == *name,
            (Item::Pattern(glob), NameRef::Key(name)) => {
                // Or after its group, if it has one.
                pattern::matches(glob, name) || name.split_once('}').is_some_and(|(_, key)| pattern::matches(glob, key))
            }
            _ => false,
        })
    }
}

impl State {
    /// Makes room by saying more than is meant.
    fn collapse(&mut self, number: u64) {
        let keys = self.waiting.extract_if(|item, _| matches!(item, Item::Key { .. } | Item::Pattern(_)));
        let regions: Vec<Item> = keys
            .map(|(item, _)| match item {
                Item::Key { region, .. } => Item::Region(region),
                _ => Item::Everything,
            })
            .collect();
        regions.into_iter().for_each(|region| _ = self.waiting.insert(region, number));
        if self.waiting.len() > MOST_WAITING || self.waiting.contains_key(&Item::Everything) {
            self.waiting.clear();
            self.waiting.insert(Item::Everything, number);
        }
    }
}

impl Item {
    /// The name in the fleet; `None` for a pattern, which has none.
    pub(crate) fn name(&self) -> Option<FleetName> {
        Some(match self {
            Self::Everything => FleetName::Everything,
            Self::Region(region) => FleetName::Region(Arc::clone(region)),
            Self::Tag(tag) => FleetName::Tag(Arc::clone(tag)),
            Self::Key { key, .. } => FleetName::Key(Arc::clone(key)),
            Self::Pattern(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    fn outbox() -> Outbox {
        Outbox::new(KeyHasher::new(&SeededRandom::new(1)))
    }

    fn key(region: &str, number: usize) -> Item {
        Item::Key { region: region.into(), key: format!("{region}:{number}").into() }
    }

    #[test]
    fn what_is_put_in_again_while_it_is_sent_still_waits() {
        let outbox = outbox();
        let first = outbox.add(key("users", 1));
        let second = outbox.add(key("users", 1));
        outbox.sent(&[first], &[], Time::default());
        assert!(outbox.covers(NameRef::Key("users:1"), "users"));
        outbox.sent(&[second], &[], Time::default());
        assert!(outbox.is_empty());
        assert_eq!(outbox.recall(Time::default()).len(), 1, "the same thing");
        assert_eq!(outbox.recall(Time::default()).len(), 1, "remembered for the next time");
    }

    #[test]
    fn a_flood_says_more_and_forgets_nothing() {
        let outbox = outbox();
        for number in 0..MOST_WAITING + 10 {
            outbox.add(key("users", number));
        }
        assert!(outbox.waiting().len() < 20, "the region, and a few keys after it");
        assert!(outbox.covers(NameRef::Key("users:0"), "users"));
        assert!(!outbox.covers(NameRef::Key("pages:0"), "pages"));
        for number in 0..MOST_WAITING + 10 {
            outbox.add(Item::Tag(format!("tag:{number}").into()));
        }
        assert!(outbox.waiting().iter().any(|waiting| waiting.item == Item::Everything));
        assert!(outbox.covers(NameRef::Key("pages:0"), "pages"));
    }

    #[test]
    fn what_was_sent_is_remembered_for_a_minute() {
        let outbox = outbox();
        let waiting = outbox.add(Item::Everything);
        outbox.sent(&[waiting], &[], Time::default());
        let later = Time::default().saturating_add(REMEMBERED * 2);
        assert!(outbox.recall(later).is_empty());
    }

    #[test]
    fn more_than_can_be_remembered_is_everything() {
        let outbox = outbox();
        for number in 0..=MOST_SENT {
            let waiting = outbox.add(key("users", number));
            outbox.sent(&[waiting], &[], Time::default());
        }
        assert_eq!(outbox.recall(Time::default())[0].item, Item::Everything);
        assert!(outbox.recall(Time::default().saturating_add(REMEMBERED * 2)).is_empty());
    }

    #[test]
    fn a_pattern_covers_what_it_matches() {
        let outbox = outbox();
        outbox.add(Item::Pattern("users:1*".into()));
        assert!(outbox.covers(NameRef::Key("users:12"), "users"));
        assert!(!outbox.covers(NameRef::Key("users:2"), "users"));
    }
}
