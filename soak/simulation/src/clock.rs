//! The clock of one process: it shows another time than the others do, and runs at another speed.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use cache_core::{Clock, Sleep, Time};
use cache_oracle::Moment;
use parking_lot::Mutex;

use crate::timeline::Timeline;

/// A clock that is wrong in its own way.
#[derive(Clone)]
pub struct NodeClock {
    timeline: Arc<Timeline>,
    /// What it shows at the beginning of the world.
    ahead: u64,
    /// How much faster than the world it runs, in millionths.
    drift: i64,
}

impl NodeClock {
    /// A clock of this world.
    #[must_use]
    pub fn new(timeline: Arc<Timeline>, ahead: u64, drift: i64) -> Self {
        Self { timeline, ahead, drift }
    }

    /// How long something takes in the world that takes so long by this clock.
    fn in_world(&self, duration: Duration) -> Moment {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 4).min(u64::MAX / 4);
        (nanos as i128 * 1_000_000 / (1_000_000 + i128::from(self.drift))) as u64 + 1
    }
}

impl Clock for NodeClock {
    fn now(&self) -> Time {
        let now = self.timeline.now();
        let drift = now as i128 * i128::from(self.drift) / 1_000_000;
        Time::from_nanos((i128::from(self.ahead) + i128::from(now) + drift) as u64)
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let until = self.timeline.now().saturating_add(self.in_world(duration));
        Box::pin(Until::new(&self.timeline, until))
    }
}

impl fmt::Debug for NodeClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeClock").field("ahead", &self.ahead).field("drift", &self.drift).finish()
    }
}

/// Ready at a moment of the world.
pub struct Until {
    timeline: Arc<Timeline>,
    at: Moment,
    /// Whom to wake then, once somebody has asked.
    waker: Option<Arc<Mutex<Waker>>>,
}

impl Until {
    /// Ready at this moment.
    #[must_use]
    pub fn new(timeline: &Arc<Timeline>, at: Moment) -> Self {
        Self { timeline: Arc::clone(timeline), at, waker: None }
    }
}

impl Future for Until {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.timeline.now() >= self.at {
            return Poll::Ready(());
        }
        match &self.waker {
            // One event, however often it is asked.
            Some(waker) => waker.lock().clone_from(cx.waker()),
            None => {
                let waker = Arc::new(Mutex::new(cx.waker().clone()));
                self.waker = Some(Arc::clone(&waker));
                self.timeline.at(self.at, move || waker.lock().wake_by_ref());
            }
        }
        Poll::Pending
    }
}
