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
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Policy {
    /// How long a value is fresh after it was stored. Default: [`Ttl::Default`].
    pub ttl: Ttl,
    /// By how many percent of the ttl an entry's own ttl may be longer or shorter. Default: 5 in a cache with a shared
    /// tier, where processes that were started together would load together; 0 in one without.
    pub jitter: Option<u8>,
    /// How long an absence (`None`) or an error is kept; not at all without it (promise P6). Default: none.
    pub negative_ttl: Option<Duration>,
    /// How many entries the region holds, or how much weight when it has a weigher. Default: 10 000. With 0 the
    /// region keeps nothing; concurrent loads of a key are still one.
    pub capacity: u64,
    /// Whether entries of this region inherit the names of the cached values their loads read. Default: true.
    pub track: bool,
    /// How long after its ttl a value is still served while it is loaded anew in the background. An invalidated value
    /// is never served. Default: not at all.
    pub stale_while_revalidate: Option<Duration>,
    /// How long after its ttl a value is still served when loading it anew fails. An invalidated value is never
    /// served. Default: not at all.
    pub stale_if_error: Option<Duration>,
    /// After which part of its ttl, between 0 and 1, a value that is asked for is loaded anew in the background.
    /// Default: never.
    pub refresh_ahead: Option<f64>,
    /// Loads a value anew at random before its ttl is over, the likelier the longer its last load took (XFetch;
    /// Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede Prevention, 2015). The number is the
    /// paper's β: 1 is its optimum, more is earlier. Default: never.
    pub early: Option<f64>,
    /// How long a load may take before it is dropped. Callers get a stale value if there is one they may have, else
    /// an error. Default: as long as it likes.
    pub timeout: Option<Duration>,
    /// How long a caller waits for a load before it gets the stale value that
    /// [`stale_if_error`](Self::stale_if_error) allows; the load goes on. Default: as long as it takes.
    pub soft_timeout: Option<Duration>,
    /// For how long an entry is kept while nobody asks for it (sliding expiration), whatever is left of its ttl; up to
    /// a sixteenth longer. Default: the whole ttl.
    pub tti: Option<Duration>,
    /// What a call may be answered with when other processes change things. Default: [`Consistency::Bounded`].
    pub consistency: Consistency,
}

/// How up to date a value is, in a cache whose processes share a tier. In a process alone both are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Consistency {
    /// What other processes invalidate is served until the message arrives; without messages for a bounded time (promise
    /// P4).
    #[default]
    Bounded,
    /// What is invalidated anywhere is served to no call that begins after the invalidation returned. Every call asks the
    /// shared tier, and nothing is kept in the process.
    Strong,
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
        Self {
            ttl: Ttl::Default,
            jitter: None,
            negative_ttl: None,
            capacity: 10_000,
            track: true,
            stale_while_revalidate: None,
            stale_if_error: None,
            refresh_ahead: None,
            early: None,
            timeout: None,
            soft_timeout: None,
            tti: None,
            consistency: Consistency::Bounded,
        }
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
        self.jitter = Some(percent.min(100));
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

    /// Sets [`stale_while_revalidate`](Self::stale_while_revalidate).
    #[must_use]
    pub fn stale_while_revalidate(mut self, window: Duration) -> Self {
        self.stale_while_revalidate = Some(window);
        self
    }

    /// Sets [`stale_if_error`](Self::stale_if_error).
    #[must_use]
    pub fn stale_if_error(mut self, window: Duration) -> Self {
        self.stale_if_error = Some(window);
        self
    }

    /// Sets [`refresh_ahead`](Self::refresh_ahead).
    #[must_use]
    pub fn refresh_ahead(mut self, part: f64) -> Self {
        self.refresh_ahead = Some(part);
        self
    }

    /// Sets [`early`](Self::early).
    #[must_use]
    pub fn early(mut self, beta: f64) -> Self {
        self.early = Some(beta);
        self
    }

    /// Sets [`timeout`](Self::timeout).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets [`soft_timeout`](Self::soft_timeout).
    #[must_use]
    pub fn soft_timeout(mut self, timeout: Duration) -> Self {
        self.soft_timeout = Some(timeout);
        self
    }

    /// Sets [`tti`](Self::tti).
    #[must_use]
    pub fn tti(mut self, tti: Duration) -> Self {
        self.tti = Some(tti);
        self
    }

    /// Sets [`consistency`](Self::consistency).
    #[must_use]
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = consistency;
        self
    }

    /// Whether all settings can mean something, each and together.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let ttl = if let Ttl::After(ttl) = self.ttl { Some(ttl) } else { None };
        let wrong = |what: String| Err(Error::new(ErrorKind::Configuration, what));
        for (name, time) in [("ttl", ttl), ("negative_ttl", self.negative_ttl), ("tti", self.tti)] {
            if time.is_some_and(|time| time < MIN_TTL) {
                return wrong(format!(
                    "{name} must be at least 10 ms (use capacity 0 or an uncached function to keep nothing)"
                ));
            }
        }
        if self.refresh_ahead.is_some_and(|part| !(part > 0.0 && part < 1.0)) {
            return wrong("refresh_ahead is a part of the ttl: more than 0 and less than 1".to_owned());
        }
        if self.early.is_some_and(|beta| !(beta > 0.0 && beta.is_finite())) {
            return wrong("early must be more than 0 (1.0 is the optimum)".to_owned());
        }
        if self.refresh_ahead.is_some() && self.early.is_some() {
            return wrong("refresh_ahead and early are two answers to one question: keep one".to_owned());
        }
        let of_an_end = [
            ("stale_while_revalidate", self.stale_while_revalidate.is_some()),
            ("stale_if_error", self.stale_if_error.is_some()),
            ("refresh_ahead", self.refresh_ahead.is_some()),
            ("early", self.early.is_some()),
        ];
        if let Some((name, _)) = of_an_end.iter().find(|(_, set)| *set && self.ttl == Ttl::Never) {
            return wrong(format!("{name} needs a ttl that ends"));
        }
        if self.consistency == Consistency::Strong {
            let of_staleness = [
                ("stale_while_revalidate", self.stale_while_revalidate.is_some()),
                ("stale_if_error", self.stale_if_error.is_some()),
                ("refresh_ahead", self.refresh_ahead.is_some()),
                ("early", self.early.is_some()),
                ("tti", self.tti.is_some()),
            ];
            if let Some((name, _)) = of_staleness.iter().find(|(_, set)| *set) {
                return wrong(format!(
                    "{name} serves what is in the process, and strong consistency keeps nothing there"
                ));
            }
        }
        if ttl.zip(self.tti).is_some_and(|(ttl, tti)| tti >= ttl) {
            return wrong("tti must be shorter than ttl, or the ttl never".to_owned());
        }
        if self.timeout.zip(self.soft_timeout).is_some_and(|(hard, soft)| soft >= hard) {
            return wrong("soft_timeout must be shorter than timeout".to_owned());
        }
        if self.soft_timeout.is_some() && self.stale_if_error <= self.stale_while_revalidate {
            return wrong(
                "soft_timeout serves a stale value: it needs stale_if_error, longer than stale_while_revalidate"
                    .to_owned(),
            );
        }
        if [self.timeout, self.soft_timeout].contains(&Some(Duration::ZERO)) {
            return wrong("a timeout of nothing lets no load end".to_owned());
        }
        Ok(())
    }
}
