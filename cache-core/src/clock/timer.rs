//! Timers that need no async runtime.
//!
//! A waiter has to notice a hung leader also when the runtime has no timer, is blocked, or is of another make, and a
//! cache may outlive the runtime it was made on. So one thread of the process, started by the first sleep, wakes all
//! sleepers.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::{Clock, SystemClock, Time};

pub(super) fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
    let sleeper = Arc::new(Mutex::new(Sleeper::default()));
    let alarm = timer().register(SystemClock.now().saturating_add(duration), Arc::clone(&sleeper));
    Sleeping { sleeper, alarm }
}

#[derive(Default)]
struct Sleeper {
    elapsed: bool,
    waker: Option<Waker>,
}

struct Sleeping {
    sleeper: Arc<Mutex<Sleeper>>,
    alarm: Alarm,
}

impl Future for Sleeping {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut sleeper = self.sleeper.lock();
        if sleeper.elapsed {
            return Poll::Ready(());
        }
        sleeper.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleeping {
    fn drop(&mut self) {
        // Nearly all sleepers are gone long before their time: what they waited for came.
        timer().alarms.lock().queue.remove(&self.alarm);
    }
}

/// When, and which of those that are due then.
type Alarm = (Time, u64);

struct Timer {
    alarms: Mutex<Alarms>,
    changed: Condvar,
}

#[derive(Default)]
struct Alarms {
    queue: BTreeMap<Alarm, Arc<Mutex<Sleeper>>>,
    registered: u64,
}

fn timer() -> &'static Timer {
    static TIMER: OnceLock<&'static Timer> = OnceLock::new();
    TIMER.get_or_init(|| {
        let timer: &'static Timer = Box::leak(Box::new(Timer { alarms: Mutex::default(), changed: Condvar::new() }));
        // Without a thread (a machine out of them) nobody is woken early: hung leaders are then waited for.
        let _ = std::thread::Builder::new().name("cache-timer".into()).spawn(move || timer.run());
        timer
    })
}

impl Timer {
    fn register(&self, at: Time, sleeper: Arc<Mutex<Sleeper>>) -> Alarm {
        let mut alarms = self.alarms.lock();
        alarms.registered += 1;
        let alarm = (at, alarms.registered);
        alarms.queue.insert(alarm, sleeper);
        if alarms.queue.first_key_value().is_some_and(|(first, _)| *first == alarm) {
            self.changed.notify_one();
        }
        alarm
    }

    fn run(&self) -> ! {
        let mut alarms = self.alarms.lock();
        loop {
            let now = SystemClock.now();
            let later = alarms.queue.split_off(&(now, u64::MAX));
            let due = std::mem::replace(&mut alarms.queue, later);
            if !due.is_empty() {
                parking_lot::MutexGuard::unlocked(&mut alarms, || due.into_values().for_each(wake));
                continue;
            }
            match alarms.queue.first_key_value().map(|((at, _), _)| *at) {
                Some(at) => drop(self.changed.wait_for(&mut alarms, at.saturating_since(now))),
                None => self.changed.wait(&mut alarms),
            }
        }
    }
}

fn wake(sleeper: Arc<Mutex<Sleeper>>) {
    let waker = {
        let mut sleeper = sleeper.lock();
        sleeper.elapsed = true;
        sleeper.waker.take()
    };
    if let Some(waker) = waker {
        // A waker is the executor's code. Should it panic, the other sleepers still need this thread.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| waker.wake()));
    }
}
