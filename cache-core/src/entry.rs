//! What lies in the cache under a key.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use smallvec::SmallVec;

use crate::clock::Time;
use crate::foundation::Foundation;
use crate::freshness::Freshness;
use crate::life::{Life, Lives};
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::touch::{Name, Stamp, Touch};

/// A value and what it takes to know whether it may be served.
pub(crate) struct Entry<V> {
    /// `None` is an absence or an error, kept because the policy has a `negative_ttl`.
    pub(crate) value: Option<V>,
    /// Until when the entry is simply fresh. For most entries that is their end; of those that have a [`Life`], a hit
    /// after this looks closer.
    plain_until: AtomicU64,
    /// The touch clock when the load of this value began.
    pub(crate) start: Touch,
    pub(crate) ties: Option<Arc<Ties>>,
    /// The clock's count of marks when the names were last looked at and found untouched.
    verified: AtomicU64,
}

/// The names an entry hangs on besides its region. Laid out so that a hit on an entry with one or two tags reads one
/// cache line here and one per tag.
#[derive(Debug)]
pub(crate) struct Ties {
    /// The entry's own [`start`](Entry::start).
    pub(crate) start: Touch,
    /// The entry's tags: valid while none was touched after `start`.
    pub(crate) tags: SmallVec<[Arc<Name>; 2]>,
    pub(crate) more: Option<Box<More>>,
}

/// What only some entries have.
#[derive(Debug, Default, Clone)]
pub(crate) struct More {
    /// From the entries this one was built from: each as old as it was there.
    pub(crate) inherited: Vec<Stamp>,
    /// The region and the key itself, for those who build on this entry. Present once somebody did.
    pub(crate) own: Option<[Stamp; 2]>,
    pub(crate) error: Option<StoredError>,
    /// What it is founded on in the fleet, if it can be built upon there.
    pub(crate) foundation: Option<Arc<Foundation>>,
    /// Where the policy says more than a ttl.
    pub(crate) life: Option<Arc<Life>>,
    /// What the entry counts against the capacity; 0 stands for 1, which nearly all do.
    pub(crate) weight: u32,
}

impl Ties {
    #[inline]
    pub(crate) fn are_valid(&self) -> bool {
        self.tags.iter().all(|tag| tag.last() <= self.start)
            && self.more.as_ref().is_none_or(|more| more.inherited.iter().all(Stamp::is_valid))
    }

    /// Whether a load can be tied to this entry.
    pub(crate) fn name_their_entry(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.own.is_some())
    }

    /// What it is founded on in the fleet.
    pub(crate) fn foundation(&self) -> Option<&Arc<Foundation>> {
        self.more.as_ref()?.foundation.as_ref()
    }

    /// All that an entry built from this one depends on.
    pub(crate) fn stamps(&self) -> impl Iterator<Item = Stamp> {
        let tags = self.tags.iter().map(|name| Stamp { name: Arc::clone(name), since: self.start });
        let more = self.more.iter().flat_map(|more| more.inherited.iter().chain(more.own.iter().flatten()).cloned());
        tags.chain(more)
    }
}

impl<V> Entry<V> {
    /// An entry that is simply fresh until `plain_until`.
    pub(crate) fn new(value: Option<V>, plain_until: Time, start: Touch, ties: Option<Arc<Ties>>) -> Self {
        // 0 is before the first mark.
        let (plain_until, verified) = (AtomicU64::new(plain_until.as_nanos()), AtomicU64::new(0));
        Self { value, plain_until, start, ties, verified }
    }

    #[inline]
    pub(crate) fn plain_until(&self) -> Time {
        Time::from_nanos(self.plain_until.load(Ordering::Relaxed))
    }

    /// What time and invalidations have made of the entry.
    pub(crate) fn freshness(&self, region: &Name, lives: &Lives, now: Time) -> Freshness {
        if !self.is_valid(region) {
            return Freshness::Invalid;
        }
        match self.life() {
            Some(life) => life.freshness(lives, now),
            None if now < self.plain_until() => Freshness::Fresh,
            None => Freshness::Expired,
        }
    }

    /// How long the entry has left as a fresh one, if nobody uses it before.
    pub(crate) fn remaining(&self, lives: &Lives, now: Time) -> Duration {
        match (self.life(), self.plain_until()) {
            (Some(life), _) => life.remaining(lives, now),
            (None, Time::NEVER) => Duration::MAX,
            (None, until) => until.saturating_since(now),
        }
    }

    /// Notes a use: a sliding expiry moves on.
    pub(crate) fn note_use(&self, lives: &Lives, now: Time) {
        if let Some(life) = self.life() {
            life.use_at(now);
            self.plain_until.store(life.plain_until(lives).as_nanos(), Ordering::Relaxed);
        }
    }

    /// A load has failed: the next one not before `at`, as long as there is this entry to serve.
    pub(crate) fn retry_at(&self, lives: &Lives, at: Time) {
        if let Some(life) = self.life() {
            life.retry_at(at);
            self.plain_until.store(life.plain_until(lives).as_nanos(), Ordering::Relaxed);
        }
    }

    /// Whether none of the entry's names was touched since its load began.
    pub(crate) fn is_valid(&self, region: &Name) -> bool {
        region.last() <= self.start && self.ties.as_ref().is_none_or(|ties| ties.are_valid())
    }

    /// The same for the price of one comparison, as long as no name of the cache was marked since the last time.
    /// `marks` is the clock's count, read by the caller during this look-up.
    #[inline]
    pub(crate) fn is_still_valid(&self, region: &Name, marks: u64) -> bool {
        self.verified.load(Ordering::Relaxed) == marks || self.verify(region, marks)
    }

    #[cold]
    fn verify(&self, region: &Name, marks: u64) -> bool {
        let valid = self.is_valid(region);
        if valid {
            // `marks` was read before the names were: what was marked meanwhile is counted later and looked at again.
            self.verified.store(marks, Ordering::Relaxed);
        }
        valid
    }

    pub(crate) fn weight(&self) -> u32 {
        self.more().map_or(1, |more| more.weight.max(1))
    }

    fn more(&self) -> Option<&More> {
        self.ties.as_ref()?.more.as_deref()
    }

    pub(crate) fn life(&self) -> Option<&Life> {
        self.more()?.life.as_deref()
    }

    pub(crate) fn error(&self) -> Option<&StoredError> {
        self.more()?.error.as_ref()
    }
}

/// A loader's error, kept with the means to copy it. (`E` is the user's type, the region does not know it.)
#[derive(Clone)]
pub(crate) struct StoredError(Arc<dyn CopyError>);

trait CopyError: Send + Sync {
    fn copy(&self) -> Box<dyn Any + Send>;
}

struct Original<E> {
    // A mutex makes an `E` that is only `Send` shareable; it is copied once per caller.
    error: Mutex<E>,
    share: fn(&E) -> E,
}

impl<E: Send + 'static> CopyError for Original<E> {
    fn copy(&self) -> Box<dyn Any + Send> {
        Box::new((self.share)(&self.error.lock()))
    }
}

impl StoredError {
    pub(crate) fn new<E: Send + 'static>(error: E, share: fn(&E) -> E) -> Self {
        Self(Arc::new(Original { error: Mutex::new(error), share }))
    }

    /// A copy of the error; `None` when it is not an `E`.
    pub(crate) fn copy<E: 'static>(&self) -> Option<E> {
        self.0.copy().downcast::<E>().ok().map(|error| *error)
    }
}

/// How the error of a load is copied for others. Made where the error is known to be sendable.
pub struct Sharing<E> {
    share: Copying<E>,
    keep: fn(&E, Copying<E>) -> StoredError,
}

type Copying<E> = fn(&E) -> E;

impl<E> Clone for Sharing<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Sharing<E> {}

impl<E: Send + 'static> Sharing<E> {
    pub(crate) fn by(share: fn(&E) -> E) -> Self {
        Self { share, keep: |error, share| StoredError::new(share(error), share) }
    }
}

impl<E> Sharing<E> {
    pub(crate) fn keep(self, error: &E) -> StoredError {
        (self.keep)(error, self.share)
    }
}

impl std::fmt::Debug for StoredError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The error is the user's and may hold what does not belong in logs.
        f.write_str("StoredError")
    }
}
