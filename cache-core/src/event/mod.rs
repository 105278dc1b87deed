//! What happens inside a cache that its callers do not see.

mod log;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use log::TracingLog;

use crate::backend::BackendError;

/// Something worth knowing. Promise P1 swallows failures of the cache; this is where they come out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A second region was made under a name that is taken. It keeps nothing: sharing entries would mix values.
    DuplicateRegion {
        /// The name.
        region: Arc<str>,
        /// Where the first one was declared.
        first: String,
        /// Where the second one was declared.
        second: String,
    },
    /// A region's settings cannot mean anything; it keeps nothing.
    Misconfigured {
        /// The region.
        region: Arc<str>,
        /// What is wrong.
        reason: String,
    },
    /// A loaded value was handed out but not stored.
    NotStored {
        /// The region.
        region: Arc<str>,
        /// Why.
        reason: NotStored,
    },
    /// A load was dropped before it ended; a waiter takes over.
    LoadCancelled {
        /// The region.
        region: Arc<str>,
    },
    /// A load panicked; its caller gets the panic, a waiter takes over.
    LoadPanicked {
        /// The region.
        region: Arc<str>,
    },
    /// A load ran longer than a waiter may have to wait; the waiter loads for itself.
    LoadOverdue {
        /// The region.
        region: Arc<str>,
        /// How long it had run.
        after: Duration,
    },
    /// A load was dropped at its [`timeout`](crate::Policy::timeout).
    LoadTimedOut {
        /// The region.
        region: Arc<str>,
        /// The timeout.
        after: Duration,
    },
    /// A load failed, and what was there before is served on: the loader's error goes to nobody.
    RefreshFailed {
        /// The region.
        region: Arc<str>,
    },
    /// A value was to be loaded anew in the background, and there was no room for one more such load.
    RefreshSkipped {
        /// The region.
        region: Arc<str>,
    },
    /// A load needed, directly or through others, its own result; it was run without the cache.
    Reentrant {
        /// The region.
        region: Arc<str>,
    },
    /// The shared tier has failed; the call went on without it.
    TierFailed {
        /// What was asked of it.
        what: &'static str,
        /// How it failed.
        error: BackendError,
    },
    /// The shared tier is left alone for a while: it has failed too often, its connection is lost, or it may have
    /// forgotten what it was told and is not asked before it was told again.
    BreakerOpened {
        /// The last failure, or what is feared.
        error: BackendError,
    },
    /// The shared tier answers again, and knows all that was invalidated meanwhile.
    BreakerClosed,
    /// Invalidations could not be sent to the other processes. They wait, and are sent when the tier is back.
    InvalidationsQueued {
        /// How many wait.
        waiting: usize,
    },
    /// This process is not told any more what others invalidate: what it has is served for a short while only.
    LinkLost,
    /// This process is told what others invalidate.
    LinkProven {
        /// For how long an update elsewhere may go unseen here at most, should that end.
        bound: Duration,
    },
    /// A message came that is none of this framework's, or of a newer format.
    ForeignMessage {
        /// Its length.
        bytes: usize,
    },
    /// What lies in the shared tier could not be read; it was loaded instead.
    Unreadable {
        /// The region.
        region: Arc<str>,
        /// Why.
        reason: String,
    },
    /// A value could not be written to the shared tier; it stays in this process.
    NotShared {
        /// The region.
        region: Arc<str>,
        /// Why.
        reason: String,
    },
    /// Another process has loaded a key for too long; this one loads in its place.
    LeaseStolen {
        /// The region.
        region: Arc<str>,
    },
    /// The machine has slept; everything was invalidated.
    Suspended {
        /// For how long.
        duration: Duration,
    },
}

/// Why a value was handed out but not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotStored {
    /// Its key, one of its tags, its region or everything was invalidated while it was loaded (promise P2).
    Overtaken,
    /// It was built from a cached value that may be out of date already.
    DoubtfulIngredient,
    /// It was built from cached values with more names than
    /// [`max_dependencies`](crate::CacheBuilder::max_dependencies).
    TooManyDependencies,
    /// A tag's text came out empty, so that an invalidation could not reach the value.
    EmptyTag,
    /// It weighs more than the region may hold.
    TooHeavy,
}

impl Event {
    /// The name of this kind of event, for metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::DuplicateRegion { .. } => "duplicate_region",
            Self::Misconfigured { .. } => "misconfigured",
            Self::NotStored { .. } => "not_stored",
            Self::LoadCancelled { .. } => "load_cancelled",
            Self::LoadPanicked { .. } => "load_panicked",
            Self::LoadOverdue { .. } => "load_overdue",
            Self::LoadTimedOut { .. } => "load_timed_out",
            Self::RefreshFailed { .. } => "refresh_failed",
            Self::RefreshSkipped { .. } => "refresh_skipped",
            Self::Reentrant { .. } => "reentrant",
            Self::TierFailed { .. } => "tier_failed",
            Self::BreakerOpened { .. } => "breaker_opened",
            Self::BreakerClosed => "breaker_closed",
            Self::InvalidationsQueued { .. } => "invalidations_queued",
            Self::LinkLost => "link_lost",
            Self::LinkProven { .. } => "link_proven",
            Self::ForeignMessage { .. } => "foreign_message",
            Self::Unreadable { .. } => "unreadable",
            Self::NotShared { .. } => "not_shared",
            Self::LeaseStolen { .. } => "lease_stolen",
            Self::Suspended { .. } => "suspended",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateRegion { region, first, second } => write!(
                f,
                "region `{region}` is declared twice, at {first} and at {second}: the second one caches nothing; \
                 give one of them a name of its own"
            ),
            Self::Misconfigured { region, reason } => write!(f, "region `{region}` caches nothing: {reason}"),
            Self::NotStored { region, reason } => write!(f, "a value of region `{region}` was not stored: {reason}"),
            Self::LoadCancelled { region } => write!(f, "a load of region `{region}` was cancelled"),
            Self::LoadPanicked { region } => write!(f, "a load of region `{region}` panicked"),
            Self::LoadOverdue { region, after } => {
                write!(f, "a load of region `{region}` has not ended after {after:?}; a waiter takes over")
            }
            Self::LoadTimedOut { region, after } => {
                write!(f, "a load of region `{region}` was dropped at its timeout of {after:?}")
            }
            Self::RefreshFailed { region } => {
                write!(f, "a load of region `{region}` failed; what was there before is served on")
            }
            Self::RefreshSkipped { region } => {
                write!(f, "a value of region `{region}` was not refreshed: too many loads run in the background")
            }
            Self::Reentrant { region } => {
                write!(f, "a load of region `{region}` needs its own result; it runs without the cache")
            }
            Self::TierFailed { what, error } => write!(f, "the shared tier failed to {what}: {error}"),
            Self::BreakerOpened { error } => {
                write!(f, "the shared tier is left alone for a while, calls go on without it: {error}")
            }
            Self::BreakerClosed => f.write_str("the shared tier is used again"),
            Self::InvalidationsQueued { waiting } => {
                write!(f, "{waiting} invalidations wait to be sent to the other processes")
            }
            Self::LinkLost => f.write_str("this process is not told any more what others invalidate"),
            Self::LinkProven { bound } => write!(
                f,
                "this process is told what others invalidate; should that end, an update goes unseen for {bound:?} at most"
            ),
            Self::ForeignMessage { bytes } => write!(f, "a message of {bytes} bytes is none of this framework's"),
            Self::Unreadable { region, reason } => {
                write!(f, "a value of region `{region}` in the shared tier cannot be read: {reason}")
            }
            Self::NotShared { region, reason } => {
                write!(f, "a value of region `{region}` was not written to the shared tier: {reason}")
            }
            Self::LeaseStolen { region } => {
                write!(f, "another process has loaded a key of region `{region}` for too long; it is loaded here")
            }
            Self::Suspended { duration } => {
                write!(f, "the machine slept for {duration:?}; everything was invalidated")
            }
        }
    }
}

impl fmt::Display for NotStored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overtaken => "it was invalidated while it was loaded",
            Self::DoubtfulIngredient => "it was built from a cached value that may be out of date",
            Self::TooManyDependencies => "it was built from cached values with too many names",
            Self::EmptyTag => "one of its tags came out empty",
            Self::TooHeavy => "it weighs more than the region may hold",
        })
    }
}

/// Gets a cache's [`Event`]s.
///
/// Closures are listeners. A listener is called from the middle of cache operations, never under a lock: it should be
/// quick, and it may use the cache.
///
/// # Example
///
/// ```
/// use cache_core::{Cache, Event};
///
/// let cache = Cache::builder().on_event(|event: &Event| eprintln!("{event}")).build()?;
/// # Ok::<(), cache_core::Error>(())
/// ```
pub trait EventListener: Send + Sync + 'static {
    /// Called with each event, in the order in which one thread produces them.
    fn on_event(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync + 'static> EventListener for F {
    fn on_event(&self, event: &Event) {
        self(event);
    }
}

/// Why an entry left a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RemovalCause {
    /// The region was full.
    Evicted,
    /// Its time was over.
    Expired,
    /// It was invalidated, by its key or by one of its names.
    Invalidated,
    /// A newer value took its place.
    Replaced,
}

/// The listeners of one cache.
pub(crate) struct Events {
    listeners: Vec<Box<dyn EventListener>>,
}

impl Events {
    pub(crate) fn new(listeners: Vec<Box<dyn EventListener>>) -> Self {
        Self { listeners }
    }

    pub(crate) fn emit(&self, event: &Event) {
        for listener in &self.listeners {
            listener.on_event(event);
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Events({} listeners)", self.listeners.len())
    }
}
