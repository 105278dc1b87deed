//! A clock that only moves when it is told to.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;

use super::{Clock, Sleep, Time};

/// A [`Clock`] for tests: it stands still until [`advance`](Self::advance) moves it. Clones share one time.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use cache_core::{Cache, test_util::MockClock};
///
/// # futures_util::FutureExt::now_or_never(async {
/// let clock = MockClock::new();
/// let cache = Cache::builder().clock(clock.clone()).build()?;
/// let users = cache.region::<u64, String>("users").ttl(Duration::from_secs(60)).build()?;
///
/// let id = 1_u64;
/// users.put(&id, "Ada".to_owned()).await;
/// clock.advance(Duration::from_secs(59));
/// assert_eq!(users.get(&id).as_deref(), Some("Ada"));
/// clock.advance(Duration::from_secs(1));
/// assert_eq!(users.get(&id), None);
/// # Ok::<(), cache_core::Error>(())
/// # }).unwrap().unwrap();
/// ```
#[derive(Debug, Clone, Default)]
pub struct MockClock {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    nanos: u64,
    suspended: Duration,
    sleepers: Vec<(u64, Waker)>,
}

impl MockClock {
    /// A clock at its origin.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the time forward by `duration` and wakes every sleeper whose time has come.
    pub fn advance(&self, duration: Duration) {
        let due = {
            let mut state = self.state.lock();
            state.nanos = Time::from_nanos(state.nanos).saturating_add(duration).as_nanos();
            let now = state.nanos;
            let sleepers = std::mem::take(&mut state.sleepers);
            let (due, waiting): (Vec<_>, Vec<_>) = sleepers.into_iter().partition(|(at, _)| *at <= now);
            state.sleepers = waiting;
            due
        };
        due.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Lets the machine sleep for `duration`: the world's time passes, this clock's does not.
    pub fn suspend(&self, duration: Duration) {
        self.state.lock().suspended += duration;
    }
}

impl Clock for MockClock {
    fn now(&self) -> Time {
        Time::from_nanos(self.state.lock().nanos)
    }

    fn suspended(&self) -> Duration {
        self.state.lock().suspended
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let until = self.now().saturating_add(duration).as_nanos();
        Box::pin(MockSleep { clock: self.clone(), until })
    }
}

struct MockSleep {
    clock: MockClock,
    until: u64,
}

impl Future for MockSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.state.lock();
        if state.nanos >= self.until {
            return Poll::Ready(());
        }
        state.sleepers.push((self.until, cx.waker().clone()));
        Poll::Pending
    }
}
