//! Bounded waiting, on a timer that needs no async runtime.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::clock::{Clock, SystemClock};

/// The outcome of `work`, if it comes within `limit`.
pub(super) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), SystemClock.sleep(limit)).await {
        Either::Left((outcome, _)) => Some(outcome),
        Either::Right(_) => None,
    }
}

/// Waits.
pub(super) async fn pause(length: Duration) {
    SystemClock.sleep(length).await;
}
