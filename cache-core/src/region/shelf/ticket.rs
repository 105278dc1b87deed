//! The right to load a key for the whole fleet.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::join_all;
use pin_project_lite::pin_project;

use crate::foundation::Known;
use crate::shared::Shared;
use crate::tier::{LONGEST_LIFE, ValueName};
use crate::version::Version;

/// What a failed load leaves in its lease: those who wait load for themselves at once. No token, and no mark: an
/// invalidation removes it.
pub(super) const FAILED: &[u8] = b"failed";
/// For how long.
const FAILED_FOR: Duration = Duration::from_millis(200);

/// What a load of this process may do with its value, as far as the fleet is concerned.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(super) right: Right,
    /// What was captured before the load.
    pub(super) captured: Vec<Known>,
    pub(super) identity: Option<Version>,
    /// What was captured outlives a value that lives so long.
    pub(super) life: Duration,
    pub(super) name: ValueName,
    shared: Arc<Shared>,
    settled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// This load is the fleet's, under this token.
    Lease(Version),
    /// A writer is at work on the key or one of its names: the value is nobody's but the caller's.
    Marked,
    /// The tier does not answer, or another load is the fleet's: the value may stay in this process for a while.
    None,
}

impl Ticket {
    pub(super) fn new(shared: &Arc<Shared>, name: &ValueName, right: Right) -> Self {
        let (name, shared) = (name.clone(), Arc::clone(shared));
        Self { right, captured: Vec::new(), identity: None, life: LONGEST_LIFE, name, shared, settled: false }
    }

    /// `region:key`.
    pub(crate) fn key(&self) -> &str {
        self.name.key()
    }

    /// The lease is somebody else's by now, or not there.
    pub(super) fn settle(&mut self) {
        self.settled = true;
    }

    /// The lease is of no use: what is loaded could not be told to be old.
    pub(super) fn abandon(&mut self) {
        self.give_back(None);
        self.right = Right::None;
    }

    /// A writer is at work: the lease is of no use to this load, and others need not wait for it.
    pub(super) fn mark(&mut self) {
        self.give_back(None);
        self.right = Right::Marked;
    }

    /// The load has failed: who waits is not to wait any more.
    pub(crate) fn fail(mut self) {
        self.give_back(Some((FAILED, FAILED_FOR)));
    }

    fn give_back(&mut self, to: Option<(&'static [u8], Duration)>) {
        let Right::Lease(token) = self.right else { return };
        if std::mem::replace(&mut self.settled, true) {
            return;
        }
        let (shared, key) = (Arc::clone(&self.shared), self.key().to_owned());
        let task = async move {
            let Some(tier) = shared.tier() else { return };
            let lease = tier.names.lease(&key);
            // By its own token: the lease may be somebody else's by now.
            drop(tier.ask(&shared, "give back a lease", || tier.backend.swap(&lease, token.as_bytes(), to)).await);
        };
        // Without a runtime the lease ends by itself.
        drop(self.shared.background.detached(Box::pin(task)));
    }

    /// Extends the lease, again and again. Ends when there is nothing to extend.
    async fn beat(&self) {
        let Right::Lease(token) = self.right else { return };
        let Some(tier) = self.shared.tier() else { return };
        let (every, lease) = (tier.settings.lease / 3, tier.names.lease(self.key()));
        let began = self.shared.clock.now();
        // A load that hangs does not keep the others away for ever.
        while self.shared.clock.now().saturating_since(began) < self.shared.limits.overdue {
            self.shared.clock.sleep(every).await;
            let to = Some((token.as_bytes().as_slice(), tier.settings.lease));
            let extend = || tier.backend.swap(&lease, token.as_bytes(), to);
            if let Ok(false) = tier.ask(&self.shared, "extend a lease", extend).await {
                return;
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.give_back(None);
    }
}

/// Runs a load, and keeps its ticket, if it has one, valid meanwhile.
pub(crate) fn beating<F: Future>(ticket: Option<&Ticket>, load: F) -> Beating<'_, F> {
    Beating { ticket, beat: None, load }
}

/// [`beating`] for a load of many keys.
pub(crate) fn beating_all<'t, F: Future>(tickets: impl IntoIterator<Item = &'t Ticket>, load: F) -> Beating<'t, F> {
    let beats: Vec<_> = tickets.into_iter().map(Ticket::beat).collect();
    let beat = (!beats.is_empty()).then(|| Box::pin(async { drop(join_all(beats).await) }) as Beat<'t>);
    Beating { ticket: None, beat, load }
}

type Beat<'t> = Pin<Box<dyn Future<Output = ()> + Send + 't>>;

pin_project! {
    /// From [`beating`]. A type of its own, and not an `async fn`: that would hold what it is given twice.
    pub(crate) struct Beating<'t, F> {
        // Whose beat is to begin, if the load is not there at once.
        ticket: Option<&'t Ticket>,
        beat: Option<Beat<'t>>,
        #[pin]
        load: F,
    }
}

impl<F: Future> Future for Beating<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Poll::Ready(output) = this.load.poll(cx) {
            return Poll::Ready(output);
        }
        if let Some(ticket) = this.ticket.take() {
            *this.beat = Some(Box::pin(ticket.beat()));
        }
        if let Some(beat) = this.beat
            && beat.as_mut().poll(cx).is_ready()
        {
            *this.beat = None;
        }
        Poll::Pending
    }
}
