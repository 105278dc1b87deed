//! What an invalidation came to.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::{Error, ErrorKind};

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
#[derive(Debug)]
#[must_use = "await it to know that the rest of the fleet was told, or call `detach`"]
pub struct Invalidating(());

impl Invalidating {
    pub(crate) fn done() -> Self {
        Self(())
    }

    /// Leaves the rest of the fleet to the background. For code that is not async.
    pub fn detach(self) {}
}

impl Future for Invalidating {
    type Output = Invalidated;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Invalidated> {
        Poll::Ready(Invalidated::Fleet)
    }
}
