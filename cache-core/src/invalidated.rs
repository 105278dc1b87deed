//! What an invalidation came to.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::error::{Error, ErrorKind};
use crate::mutant::{self, Mutant};
use crate::shared::Shared;
use crate::tier::{Item, Waiting};

/// How far an invalidation has got. Invalidating never fails the caller.
///
/// # Example
///
/// ```
/// # futures_util::FutureExt::now_or_never(async {
/// use cache_core::Cache;
///
/// let cache = Cache::new();
/// cache.invalidate_tag("users").await.confirmed()?;
/// # Ok::<(), cache_core::Error>(())
/// # }).unwrap().unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Invalidated {
    /// Every process of the fleet was told. (Without a shared tier this process is the fleet.)
    Fleet,
    /// Done in this process, and waiting to be sent to the others.
    Queued,
}

impl Invalidated {
    /// Makes "not yet everywhere" an error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotConfirmed`] for [`Queued`](Self::Queued).
    pub fn confirmed(self) -> Result<(), Error> {
        match self {
            Self::Fleet => Ok(()),
            Self::Queued => Err(Error::new(
                ErrorKind::NotConfirmed,
                "the invalidation is done in this process and queued for the others",
            )),
        }
    }
}

/// An invalidation under way. This process was done when it was made; awaiting it waits for the rest of the fleet.
///
/// # Cancel safety
///
/// Dropping it loses nothing: what is not sent yet stays queued.
#[must_use = "await it to know that the rest of the fleet was told, or call `detach`"]
pub struct Invalidating {
    /// What is left to do; nothing in a cache without a shared tier.
    parts: Vec<Part>,
    so_far: Invalidated,
}

/// What is left to do in one cache.
struct Part {
    shared: Arc<Shared>,
    /// What waits in the outbox.
    waiting: Vec<Waiting>,
    /// How the fleet is told. Made when it is first polled, unless there is more to it than telling.
    work: Option<Work>,
}

pub(crate) type Work = Pin<Box<dyn Future<Output = Invalidated> + Send>>;

impl Invalidating {
    pub(crate) const fn done() -> Self {
        Self { parts: Vec::new(), so_far: Invalidated::Fleet }
    }

    /// This process has done its half of what waits in the outbox of `shared`.
    pub(crate) fn waiting(shared: &Arc<Shared>, waiting: Vec<Waiting>) -> Self {
        let part = Part { shared: Arc::clone(shared), waiting, work: None };
        Self { parts: vec![part], so_far: Invalidated::Fleet }
    }

    /// The rest is `work`. Where that cannot go on, the fleet is told to drop what waits.
    pub(crate) fn by(shared: &Arc<Shared>, waiting: Waiting, work: Work) -> Self {
        let part = Part { shared: Arc::clone(shared), waiting: vec![waiting], work: Some(work) };
        Self { parts: vec![part], so_far: Invalidated::Fleet }
    }

    /// Invalidates `items`; in a cache without a shared tier `local` is all there is to it.
    pub(crate) fn of(shared: &Arc<Shared>, items: impl IntoIterator<Item = Item>, local: impl FnOnce()) -> Self {
        let Some(tier) = shared.tier() else {
            local();
            return Self::done();
        };
        // In the outbox before anything is dropped here: nobody is to get it back from the tier.
        let waiting: Vec<_> = items.into_iter().map(|item| tier.announce_item(item)).collect();
        if !mutant::is(Mutant::TouchLate) {
            local();
        }
        if !mutant::is(Mutant::TouchLate) {
            waiting.iter().for_each(|waiting| tier.touch_item(shared, &waiting.item));
        }
        tier.keep(shared);
        Self::waiting(shared, waiting)
    }

    /// The same, once `first` is done in `shared`.
    pub(crate) fn after(mut self, shared: &Arc<Shared>, first: impl Future<Output = ()> + Send + 'static) -> Self {
        let of = |part: &&mut Part| Arc::ptr_eq(&part.shared, shared) && part.work.is_none();
        if let Some(part) = self.parts.iter_mut().find(of) {
            let (shared, waiting) = (Arc::clone(shared), part.waiting.clone());
            part.work = Some(Box::pin(async move {
                first.await;
                match shared.tier() {
                    Some(tier) => tier.tell(&shared, &waiting).await,
                    None => Invalidated::Fleet,
                }
            }));
        }
        self
    }

    /// Both.
    pub(crate) fn and(mut self, mut other: Self) -> Self {
        for part in other.parts.drain(..) {
            let known =
                self.parts.iter_mut().find(|known| Arc::ptr_eq(&known.shared, &part.shared) && known.work.is_none());
            match known {
                // Told together.
                Some(known) if part.work.is_none() => known.waiting.extend(part.waiting.iter().cloned()),
                _ => {
                    self.parts.push(part);
                    continue;
                }
            }
            part.merged();
        }
        self
    }

    /// Leaves the rest of the fleet to the background. For code that is not async.
    pub fn detach(self) {}
}

impl Part {
    /// What waits was taken over by another part.
    fn merged(mut self) {
        self.waiting.clear();
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let (shared, waiting) = (Arc::clone(&self.shared), std::mem::take(&mut self.waiting));
        let work = self.work.take();
        let rest = async move {
            match (work, shared.tier()) {
                (Some(work), _) => _ = work.await,
                (None, Some(tier)) => _ = tier.tell(&shared, &waiting).await,
                (None, None) => {}
            }
        };
        // Without a runtime it waits for whoever sends next.
        drop(self.shared.background.detached(Box::pin(rest)));
    }
}

impl Future for Invalidating {
    type Output = Invalidated;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Invalidated> {
        let this = &mut *self;
        while let Some(part) = this.parts.last_mut() {
            let work = part.work.get_or_insert_with(|| {
                let (shared, waiting) = (Arc::clone(&part.shared), part.waiting.clone());
                Box::pin(async move {
                    match shared.tier() {
                        Some(tier) => tier.tell(&shared, &waiting).await,
                        None => Invalidated::Fleet,
                    }
                })
            });
            match work.as_mut().poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Invalidated::Fleet) => {}
                Poll::Ready(queued) => this.so_far = queued,
            }
            // Told, or in the outbox for the next attempt.
            part.waiting.clear();
            this.parts.pop();
        }
        Poll::Ready(this.so_far)
    }
}

impl fmt::Debug for Invalidating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting: usize = self.parts.iter().map(|part| part.waiting.len()).sum();
        f.debug_struct("Invalidating").field("waiting", &waiting).finish()
    }
}
