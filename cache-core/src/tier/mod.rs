//! What a cache has of the shared tier: everything that its regions do there goes through here.
//!
//! The order of the steps is the protocol (`docs/design/0011-shared-tier.md`). Nothing here fails a call: an error of the
//! backend is an event, and "not there".

mod breaker;
mod keeper;
mod link;
mod listener;
mod message;
mod mirror;
pub(crate) mod names;
mod outbox;
mod send;
mod settings;
mod status;
mod touching;
mod versions;
mod writer;

use std::collections::BTreeSet;
use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::Mutex;

use crate::backend::{Answer, Backend, BackendError, BackendErrorKind};
use crate::backplane::Backplane;
use crate::envelope::Sealing;
use crate::error::Error;
use crate::event::Event;
use crate::key::KeyHasher;
use crate::mutant::{self, Mutant};
use crate::random::Random;
use crate::shared::Shared;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::version::Version;
use breaker::Breaker;
use keeper::Keeper;
use link::Link;
use mirror::Mirror;
pub(crate) use mirror::Slot;
use names::WireNames;
pub(crate) use names::{ValueName, WireKeys};
use outbox::Outbox;
pub(crate) use outbox::{Item, Waiting};
pub(crate) use settings::Settings;
pub use settings::{OnFailover, SharedTier};
pub use status::TierStatus;
use touching::Floors;
pub(crate) use versions::{Candidate, Captured, Fences, LONGEST_LIFE, LateTags};
pub(crate) use writer::Writer;

/// The shared tier, as one cache knows it.
#[derive(Debug)]
pub(crate) struct Tier {
    pub(crate) backend: Arc<dyn Backend>,
    backplane: Option<Arc<dyn Backplane>>,
    pub(crate) names: WireNames,
    channel: String,
    pub(crate) settings: Settings,
    pub(crate) sealing: Sealing,
    pub(crate) mirror: Mirror,
    pub(crate) fences: Fences,
    pub(crate) outbox: Outbox,
    link: Link,
    breaker: Breaker,
    floors: Floors,
    /// Who published a message, so that a put does not drop its own value.
    origin: u64,
    /// The schemas under which values of each region were stored by anybody, as far as is known.
    schemas: Mutex<HashMap<Arc<str>, BTreeSet<String>, KeyHasher>>,
    /// The regions whose schemas the fleet was told of.
    announced: Mutex<HashMap<Arc<str>, Option<Version>, KeyHasher>>,
    keeper: Keeper,
    /// The server may have forgotten what it acknowledged, and was not told again yet.
    forgotten: AtomicBool,
}

impl Tier {
    pub(crate) fn new(tier: SharedTier, hasher: &KeyHasher, random: &dyn Random) -> Result<Self, Error> {
        let SharedTier { backend, backplane, namespace, settings, sealing } = tier;
        let names = WireNames::new(&namespace)?;
        Ok(Self {
            channel: names.channel(),
            names,
            backend,
            backplane,
            mirror: Mirror::new(hasher.clone()),
            fences: Fences::new(),
            outbox: Outbox::new(hasher.clone()),
            link: Link::new(settings.silence, settings.coherence_window),
            breaker: Breaker::new(settings.breaker_threshold, settings.breaker_cool_down),
            floors: Floors::new(hasher.clone()),
            origin: random.next_u64(),
            schemas: Mutex::new(HashMap::with_hasher(hasher.clone())),
            announced: Mutex::new(HashMap::with_hasher(hasher.clone())),
            keeper: Keeper::default(),
            forgotten: AtomicBool::new(false),
            settings,
            sealing,
        })
    }

    /// Begins to listen. After `shared` was made with this tier.
    pub(crate) fn start(&self, shared: &Arc<Shared>) {
        let ear = Arc::new(listener::Ear::new(shared));
        self.backend.start(Arc::<listener::Ear>::clone(&ear));
        if let Some(backplane) = &self.backplane {
            backplane.subscribe(&self.channel, ear);
        }
        self.keep(shared);
    }

    /// Whether requests may be sent at all.
    #[inline]
    pub(crate) fn is_available(&self) -> bool {
        self.breaker.is_closed()
    }

    /// Waits for an answer, and keeps book of failures.
    pub(crate) async fn ask<'a, T>(
        &'a self,
        shared: &Shared,
        what: &'static str,
        answer: impl FnOnce() -> Answer<'a, T>,
    ) -> Result<T, BackendError> {
        if !self.is_available() {
            return Err(BackendError::new(BackendErrorKind::BreakerOpen, "the breaker is open"));
        }
        self.ask_anyway(shared, what, answer()).await
    }

    /// [`ask`](Self::ask) whatever the breaker says: it is how it is closed again.
    async fn ask_anyway<T>(
        &self,
        shared: &Shared,
        what: &'static str,
        answer: Answer<'_, T>,
    ) -> Result<T, BackendError> {
        match answer.await {
            Ok(answer) => {
                self.breaker.succeeded();
                Ok(answer)
            }
            Err(error) => {
                shared.emit(&Event::TierFailed { what, error: error.clone() });
                let counts = matches!(error.kind(), BackendErrorKind::Unavailable | BackendErrorKind::Timeout);
                if counts && self.breaker.failed(shared.clock.now()) {
                    shared.emit(&Event::BreakerOpened { error: error.clone() });
                }
                Err(error)
            }
        }
    }

    /// Whether messages from other processes reach this one, as far as is known.
    #[inline]
    pub(crate) fn is_linked(&self, shared: &Shared) -> bool {
        self.link.is_up(shared.clock.coarse()) || mutant::is(Mutant::MirrorUsedWithoutLink)
    }

    /// For how long an update elsewhere may go unseen here, at most (promise P4).
    pub(crate) fn staleness_bound(&self) -> std::time::Duration {
        if self.backplane.is_some() { self.link.bound() } else { self.link.window() }
    }

    /// The server may have forgotten something: nothing is asked before it was told again.
    fn must_remind(&self, shared: &Shared) {
        self.forgotten.store(true, Ordering::SeqCst);
        if self.reopen(shared) {
            let what = "the server may have forgotten what it acknowledged";
            shared.emit(&Event::BreakerOpened { error: BackendError::new(BackendErrorKind::Unavailable, what) });
        }
    }

    /// Opens the breaker, to be tried at once; says whether it was closed.
    fn reopen(&self, shared: &Shared) -> bool {
        let now = shared.clock.now();
        let opened = self.breaker.open(now);
        self.breaker.retry_at(now);
        opened
    }
}
