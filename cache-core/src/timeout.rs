//! Loads and waits that may take only so long.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::clock::Sleep;

/// A load was dropped since it took longer than its [`timeout`](crate::Policy::timeout), and there was no stale value
/// to serve. Convert it into an error of your own:
///
/// ```
/// # use cache_core::LoadTimeout;
/// #[derive(Debug, Clone)]
/// enum ShopError { Database(String), TooSlow }
///
/// impl From<LoadTimeout> for ShopError {
///     fn from(_: LoadTimeout) -> Self { ShopError::TooSlow }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadTimeout {
    /// The timeout.
    pub after: Duration,
}

impl fmt::Display for LoadTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the load was dropped after its timeout of {:?}", self.after)
    }
}

impl std::error::Error for LoadTimeout {}

impl From<LoadTimeout> for std::io::Error {
    fn from(timeout: LoadTimeout) -> Self {
        Self::new(std::io::ErrorKind::TimedOut, timeout)
    }
}

/// The result of `work`, if it is there before `limit` ends; `None` after that.
pub(crate) fn within<F: Future>(limit: Option<Sleep>, work: F) -> Within<F> {
    Within { limit, work }
}

pin_project! {
    /// From [`within`]. A type of its own, and not an `async fn`: that would hold what it is given twice.
    pub(crate) struct Within<F> {
        limit: Option<Sleep>,
        #[pin]
        work: F,
    }
}

impl<F: Future> Future for Within<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(output) = this.work.poll(cx) {
            return Poll::Ready(Some(output));
        }
        match this.limit {
            Some(limit) => limit.as_mut().poll(cx).map(|()| None),
            None => Poll::Pending,
        }
    }
}
