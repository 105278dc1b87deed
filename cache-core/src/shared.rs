//! What all regions of one cache share. Nothing here is process-wide.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::budget::Budget;
use crate::clock::{ClockSource, Time};
use crate::error::Error;
use crate::event::{Event, Events};
use crate::flight::{Limits, Now};
use crate::key::KeyHasher;
use crate::random::Random;
use crate::spawn::Background;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::tag::LiveTags;
use crate::tier::{SharedTier, Tier};
use crate::touch::{Name, Touch, TouchClock};

/// Growth of the suspended time below this is the imprecision of two clocks read one after the other.
const SUSPENSION: Duration = Duration::from_secs(1);

pub(crate) struct Shared {
    pub(crate) clock: ClockSource,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) background: Background,
    pub(crate) events: Events,
    pub(crate) touches: TouchClock,
    pub(crate) tags: LiveTags,
    pub(crate) hasher: KeyHasher,
    pub(crate) limits: Limits,
    pub(crate) budget: Budget,
    pub(crate) default_ttl: Duration,
    pub(crate) max_dependencies: usize,
    enabled: AtomicBool,
    suspended: AtomicU64,
    /// When that was last looked at.
    looked: AtomicU64,
    /// The names of all regions, to touch them together.
    regions: Mutex<Vec<(Arc<str>, Arc<Name>)>>,
    /// The regions, for those that have to look at every key.
    patterned: Mutex<Vec<Weak<dyn Patterned>>>,
    tier: Option<Tier>,
}

/// Something that can drop what matches a glob.
pub(crate) trait Patterned: Send + Sync {
    fn drop_matching(&self, glob: &str);
}

/// What [`Shared`] is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) clock: ClockSource,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) background: Background,
    pub(crate) events: Events,
    pub(crate) limits: Limits,
    pub(crate) max_entries: Option<u64>,
    pub(crate) default_ttl: Duration,
    pub(crate) max_dependencies: usize,
    pub(crate) enabled: bool,
    pub(crate) tier: Option<SharedTier>,
}

impl Shared {
    /// # Errors
    ///
    /// Those of the shared tier's settings.
    pub(crate) fn new(parts: Parts) -> Result<Self, Error> {
        let hasher = KeyHasher::new(&*parts.random);
        let tier = parts.tier.map(|tier| Tier::new(tier, &hasher, &*parts.random)).transpose()?;
        Ok(Self {
            touches: TouchClock::new(),
            tags: LiveTags::new(&*parts.random),
            hasher,
            patterned: Mutex::default(),
            tier,
            enabled: AtomicBool::new(parts.enabled),
            suspended: AtomicU64::new(nanos(parts.clock.suspended())),
            looked: AtomicU64::new(0),
            regions: Mutex::default(),
            clock: parts.clock,
            random: parts.random,
            background: parts.background,
            events: parts.events,
            limits: parts.limits,
            budget: Budget::new(parts.max_entries),
            default_ttl: parts.default_ttl,
            max_dependencies: parts.max_dependencies,
        })
    }

    /// The shared tier, if there is one.
    pub(crate) fn tier(&self) -> Option<&Tier> {
        self.tier.as_ref()
    }

    pub(crate) fn now(&self) -> Now {
        Now { touch: self.touches.read(), time: self.clock.coarse() }
    }

    pub(crate) fn next_flight() -> u64 {
        // Unique in the process: a load of one cache can wait for flights of another.
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn emit(&self, event: &Event) {
        self.events.emit(event);
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled.load(Ordering::Acquire)
    }

    /// The state of a new region.
    pub(crate) fn region_name(&self, name: &Arc<str>) -> Arc<Name> {
        // Under the lock that `touch_everything` holds: a region is either touched by it or made after it.
        let mut regions = self.regions.lock();
        let state = Name::new(if self.is_enabled() { self.touches.read() } else { Touch::FOREVER });
        regions.push((Arc::clone(name), Arc::clone(&state)));
        state
    }

    /// Patterns are to reach `region` too.
    pub(crate) fn match_patterns(&self, region: Weak<dyn Patterned>) {
        self.patterned.lock().push(region);
    }

    /// Invalidates what matches a glob, in this process.
    pub(crate) fn touch_pattern(&self, glob: &str) {
        // Not under the lock: what is dropped is told to the user's listeners.
        let regions: Vec<_> = self.patterned.lock().iter().filter_map(Weak::upgrade).collect();
        regions.iter().for_each(|region| region.drop_matching(glob));
    }

    /// Invalidates all entries of the regions called `name`, in this process.
    pub(crate) fn touch_region(&self, name: &str) {
        let regions = self.regions.lock();
        let touch = self.touches.advance();
        let called = regions.iter().filter(|(called, _)| **called == *name);
        called.for_each(|(_, state)| self.touches.mark(state, touch));
    }

    /// Invalidates all entries whose loads began before `touch`.
    pub(crate) fn touch_everything_as_of(&self, touch: Touch) {
        let regions = self.regions.lock();
        for (_, state) in regions.iter().filter(|(_, state)| state.last() < touch) {
            self.touches.mark(state, touch);
        }
    }

    /// Invalidates all entries of all regions.
    pub(crate) fn touch_everything(&self) {
        let regions = self.regions.lock();
        let touch = self.touches.advance();
        regions.iter().for_each(|(_, state)| self.touches.mark(state, touch));
    }

    /// Switches the cache off or on. While it is off every region counts as touched for ever, so that a hit needs no
    /// check of its own; what was stored before is not valid after.
    pub(crate) fn set_enabled(&self, enabled: bool) {
        let regions = self.regions.lock();
        if self.is_enabled() == enabled {
            return;
        }
        // Off: the flag first, so that no load begins under names that are valid again. On: the names first, so that no
        // load begins while an invalidation would still be lost on a name that counts as touched for ever.
        if !enabled {
            self.enabled.store(false, Ordering::SeqCst);
        }
        let touch = if enabled { self.touches.advance() } else { Touch::FOREVER };
        regions.iter().for_each(|(_, state)| self.touches.reset(state, touch));
        if enabled {
            self.enabled.store(true, Ordering::SeqCst);
        }
    }

    /// Asserts that exactly a cache that is switched off counts as touched for ever.
    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn check(&self) {
        let regions = self.regions.lock();
        for (_, region) in regions.iter() {
            let last = region.last();
            assert_eq!(last == Touch::FOREVER, !self.is_enabled(), "a region's name does not follow the switch");
            assert!(last == Touch::FOREVER || last <= self.touches.read(), "a region was touched in the future");
        }
    }

    /// Notices that the machine was asleep while no clock of ours ran. Asked on misses, which go to the source anyway.
    pub(crate) fn notice_suspension(&self) {
        let now = self.clock.coarse().as_nanos();
        // Many miss within one tick of the coarse clock: one of them looks. (A test's clock need not tick.)
        if matches!(self.clock, ClockSource::System(_)) && self.looked.load(Ordering::Relaxed) == now {
            return;
        }
        self.looked.store(now, Ordering::Relaxed);
        let suspended = self.clock.suspended();
        let known = Duration::from_nanos(self.suspended.load(Ordering::Relaxed));
        if suspended <= known + SUSPENSION {
            return;
        }
        let duration = suspended - known;
        let seen = self.suspended.compare_exchange(nanos(known), nanos(suspended), Ordering::AcqRel, Ordering::Relaxed);
        if seen.is_ok() {
            self.touch_everything();
            self.emit(&Event::Suspended { duration });
        }
    }

    pub(crate) fn expiry(&self, now: Time, ttl: Option<Duration>, jitter: u8) -> Time {
        ttl.map_or(Time::NEVER, |ttl| now.saturating_add(crate::freshness::jittered(ttl, jitter, &*self.random)))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("enabled", &self.is_enabled()).field("tier", &self.tier).finish_non_exhaustive()
    }
}
