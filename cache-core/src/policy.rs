//! How long and how much a region keeps.

use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::freshness::MIN_TTL;

/// How long and how much a region keeps. Every field has a builder method of the same name, and every builder method
/// is an argument of `#[cached]`.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use cache_core::{Policy, Ttl};
///
/// let policy = Policy::new().ttl(Duration::from_secs(300)).jitter(10).capacity(50_000);
/// assert_eq!(policy.ttl, Ttl::After(Duration::from_secs(300)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// How long a value is fresh after it was stored. Default: [`Ttl::Default`].
    pub ttl: Ttl,
    /// By how many percent of the ttl an entry's own ttl may be longer or shorter. Default: 0 in a cache without a
    /// shared tier.
    pub jitter: u8,
    /// How long an absence (`None`) or an error is kept; not at all without it (promise P6). Default: none.
    pub negative_ttl: Option<Duration>,
    /// How many entries the region holds, or how much weight when it has a weigher. Default: 10 000. With 0 the
    /// region keeps nothing; concurrent loads of a key are still one.
    pub capacity: u64,
    /// Whether entries of this region inherit the names of the cached values their loads read. Default: true.
    pub track: bool,
}

/// A time-to-live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ttl {
    /// The cache's own ([`CacheBuilder::default_ttl`](crate::CacheBuilder::default_ttl), 5 minutes unless set).
    Default,
    /// Until it is invalidated or evicted.
    Never,
    /// This long. At least 10 ms.
    After(Duration),
}

impl From<Duration> for Ttl {
    fn from(ttl: Duration) -> Self {
        Self::After(ttl)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self { ttl: Ttl::Default, jitter: 0, negative_ttl: None, capacity: 10_000, track: true }
    }
}

impl Policy {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`ttl`](Self::ttl).
    #[must_use]
    pub fn ttl(mut self, ttl: impl Into<Ttl>) -> Self {
        self.ttl = ttl.into();
        self
    }

    /// Sets [`jitter`](Self::jitter), in percent; more than 100 counts as 100.
    #[must_use]
    pub fn jitter(mut self, percent: u8) -> Self {
        self.jitter = percent.min(100);
        self
    }

    /// Sets [`negative_ttl`](Self::negative_ttl).
    #[must_use]
    pub fn negative_ttl(mut self, ttl: Duration) -> Self {
        self.negative_ttl = Some(ttl);
        self
    }

    /// Sets [`capacity`](Self::capacity).
    #[must_use]
    pub fn capacity(mut self, capacity: u64) -> Self {
        self.capacity = capacity;
        self
    }

    /// Sets [`track`](Self::track).
    #[must_use]
    pub fn track(mut self, track: bool) -> Self {
        self.track = track;
        self
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let shortest = [
            ("ttl", if let Ttl::After(ttl) = self.ttl { Some(ttl) } else { None }),
            ("negative_ttl", self.negative_ttl),
        ];
        for (name, ttl) in shortest {
            if ttl.is_some_and(|ttl| ttl < MIN_TTL) {
                return Err(Error::new(
                    ErrorKind::Configuration,
                    format!("{name} must be at least 10 ms (use capacity 0 or an uncached function to keep nothing)"),
                ));
            }
        }
        Ok(())
    }
}
