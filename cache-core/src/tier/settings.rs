//! What a shared tier is to be like.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::backend::{Backend, Confirm};
use crate::backplane::Backplane;
use crate::envelope::{Compression, Sealing};

/// A shared tier and its settings, for [`CacheBuilder::shared_tier`](crate::CacheBuilder::shared_tier). Every setter
/// states its default; a backend alone will do.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use cache_core::{Cache, SharedTier, test_util::MemoryBackend};
///
/// let tier = SharedTier::new(MemoryBackend::new()).namespace("shop").coherence_window(Duration::from_secs(2));
/// let cache = Cache::builder().shared_tier(tier).build()?;
/// # Ok::<(), cache_core::Error>(())
/// ```
#[must_use = "settings do nothing until a cache is built with them"]
pub struct SharedTier {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) backplane: Option<Arc<dyn Backplane>>,
    pub(crate) namespace: String,
    pub(crate) settings: Settings,
    pub(crate) sealing: Sealing,
}

/// Who waits for a lease looks again after this at the latest: a tenth of a second, and half of that as jitter.
const LATEST_LOOK: Duration = Duration::from_millis(150);

/// What a lease's name lives for, when its end is to be seen by all who wait after `lease`.
fn lease_ttl(lease: Duration) -> Duration {
    lease.saturating_sub(LATEST_LOOK).max(lease / 2)
}

/// The settings that are numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) coherence_window: Duration,
    pub(crate) beat: Duration,
    pub(crate) silence: Duration,
    /// As it is written: see [`lease_ttl`].
    pub(crate) lease: Duration,
    pub(crate) lease_wait: Duration,
    pub(crate) breaker_threshold: u32,
    pub(crate) breaker_cool_down: Duration,
    pub(crate) promote_after: u32,
    pub(crate) confirm: Option<Confirm>,
    pub(crate) again_after: Option<Duration>,
    pub(crate) on_failover: OnFailover,
    pub(crate) replica_reads: bool,
}

/// What is done when the server may have forgotten invalidations that it acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnFailover {
    /// Every process sends what it has invalidated in the last minute once more. What a process invalidated that died
    /// together with the old server comes back until its ttl is over.
    #[default]
    Replay,
    /// Everything is invalidated.
    Flush,
}

impl SharedTier {
    /// A tier on a backend that is its own backplane.
    pub fn new<B: Backend + Backplane + Clone>(backend: B) -> Self {
        let backplane = Arc::new(backend.clone());
        Self { backplane: Some(backplane), ..Self::without_backplane(backend) }
    }

    /// A tier without anything that tells other processes what to drop: no process keeps an entry for longer than the
    /// [`coherence_window`](Self::coherence_window) without asking the tier.
    pub fn without_backplane(backend: impl Backend) -> Self {
        Self {
            backend: Arc::new(backend),
            backplane: None,
            namespace: "cache".to_owned(),
            settings: Settings {
                coherence_window: Duration::from_secs(5),
                beat: Duration::from_secs(1),
                silence: Duration::from_secs(3),
                lease: lease_ttl(Duration::from_secs(3)),
                lease_wait: Duration::from_secs(10),
                breaker_threshold: 5,
                breaker_cool_down: Duration::from_secs(1),
                promote_after: 0,
                confirm: None,
                again_after: None,
                on_failover: OnFailover::default(),
                replica_reads: false,
            },
            sealing: Sealing::default(),
        }
    }

    /// Another backplane than the backend's own.
    pub fn backplane(mut self, backplane: impl Backplane) -> Self {
        self.backplane = Some(Arc::new(backplane));
        self
    }

    /// What all names in the tier begin with: caches with the same namespace share their entries. A short word without
    /// braces, spaces or wildcards. Default: `cache`.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// For how long a process that hears nothing from the others serves what it has without asking the tier (promise
    /// P4); it counts as hearing nothing 3 seconds after the last proof of the contrary. At least 100 ms. Default: 5
    /// seconds.
    pub fn coherence_window(mut self, window: Duration) -> Self {
        self.settings.coherence_window = window.max(Duration::from_millis(100));
        self
    }

    /// How often each process proves to itself that messages reach it; it counts as cut off after three times as long.
    /// At least 10 ms. Default: 1 second.
    pub fn beat(mut self, every: Duration) -> Self {
        let every = every.max(Duration::from_millis(10));
        (self.settings.beat, self.settings.silence) = (every, every.saturating_mul(3));
        self
    }

    /// How long the right to load a key in the whole fleet outlives its holder: a process that dies while it loads keeps
    /// the others waiting this long at most. While the load runs it is extended. At least 100 ms. Default: 3 seconds.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease_ttl(lease.max(Duration::from_millis(100)));
        self
    }

    /// How long to wait for another process's load before taking the right to load from it. Default: 10 seconds.
    pub fn lease_wait(mut self, wait: Duration) -> Self {
        self.settings.lease_wait = wait;
        self
    }

    /// After how many failures in a row the tier is left alone, and for how long before it is tried again. Default: 5
    /// failures, 1 second.
    pub fn breaker(mut self, failures: u32, cool_down: Duration) -> Self {
        (self.settings.breaker_threshold, self.settings.breaker_cool_down) = (failures.max(1), cool_down);
        self
    }

    /// After how many hits in the shared tier a value is kept in this process too. Default: 0, at once.
    pub fn promote_after(mut self, hits: u32) -> Self {
        self.settings.promote_after = hits;
        self
    }

    /// Waits until this many replicas know of an invalidation, or says [`Queued`](crate::Invalidated::Queued) after
    /// `timeout`; patterns always say so, since nobody can tell when a replica knows of all of one. Narrows what a failover
    /// can bring back. Default: does not wait.
    pub fn confirm(mut self, replicas: u32, timeout: Duration) -> Self {
        self.settings.confirm = Some(Confirm { replicas, timeout });
        self
    }

    /// Invalidates a second time after `delay`, for sources whose replicas lag: a load that read an old replica is
    /// dropped then. Default: does not.
    pub fn again_after(mut self, delay: Duration) -> Self {
        self.settings.again_after = Some(delay);
        self
    }

    /// What is done when the server may have forgotten invalidations. Default: [`OnFailover::Replay`].
    pub fn on_failover(mut self, what: OnFailover) -> Self {
        self.settings.on_failover = what;
        self
    }

    /// Lets values be read from replicas where the backend can; only in regions whose entries can be told to be old (by
    /// tags or identities), and never kept in the process. Default: never.
    pub fn replica_reads(mut self, allow: bool) -> Self {
        self.settings.replica_reads = allow;
        self
    }

    /// Compresses values of at least `threshold` bytes, where that makes them smaller. Reading understands every
    /// compression of the build, whatever is set. Default: none.
    pub fn compress(mut self, compression: Compression, threshold: usize) -> Self {
        (self.sealing.compression, self.sealing.threshold) = (Some(compression), threshold);
        self
    }

    /// Encrypts values. Default: none.
    #[cfg(feature = "encrypt")]
    #[cfg_attr(docsrs, doc(cfg(feature = "encrypt")))]
    pub fn encrypt(mut self, keyring: crate::Keyring) -> Self {
        self.sealing.keyring = Some(Arc::new(keyring));
        self
    }

    /// The largest value that is stored, in bytes as the codec writes it. A larger one stays in the process. Default:
    /// 8 MiB.
    pub fn max_value_bytes(mut self, bytes: usize) -> Self {
        self.sealing.max_value_bytes = bytes;
        self
    }
}

impl<B: Backend + Backplane + Clone> From<B> for SharedTier {
    fn from(backend: B) -> Self {
        Self::new(backend)
    }
}

impl fmt::Debug for SharedTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedTier")
            .field("backend", &self.backend)
            .field("namespace", &self.namespace)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
