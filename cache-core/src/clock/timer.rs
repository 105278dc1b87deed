//! Timers that need no async runtime.
//!
//! A waiter has to notice a hung leader also when the runtime has no timer, is blocked, or is of another make, and a
//! cache may outlive the runtime it was made on. So one thread of the process, started by the first sleep, wakes all
//! sleepers.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::{Clock, SystemClock, Time};

pub(super) fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
    let sleeper = Arc::new(Mutex::new(Sleeper::default()));
    timer().register(SystemClock.now().saturating_add(duration), Arc::clone(&sleeper));
    Sleeping { sleeper }
}

#[derive(Default)]
struct Sleeper {
    elapsed: bool,
    waker: Option<Waker>,
}

struct Sleeping {
    sleeper: Arc<Mutex<Sleeper>>,
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
        // The heap keeps the sleeper until its time; a waker kept with it would keep a whole task alive.
        self.sleeper.lock().waker = None;
    }
}

struct Timer {
    alarms: Mutex<Alarms>,
    changed: Condvar,
}

#[derive(Default)]
struct Alarms {
    queue: BinaryHeap<Reverse<Alarm>>,
    registered: u64,
}

struct Alarm {
    at: Time,
    order: u64,
    sleeper: Arc<Mutex<Sleeper>>,
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
    fn register(&self, at: Time, sleeper: Arc<Mutex<Sleeper>>) {
        let mut alarms = self.alarms.lock();
        alarms.registered += 1;
        let order = alarms.registered;
        let earliest = alarms.queue.peek().is_none_or(|Reverse(alarm)| at < alarm.at);
        alarms.queue.push(Reverse(Alarm { at, order, sleeper }));
        if earliest {
            self.changed.notify_one();
        }
    }

    fn run(&self) -> ! {
        let mut alarms = self.alarms.lock();
        loop {
            let now = SystemClock.now();
            let mut due = Vec::new();
            while alarms.queue.peek().is_some_and(|Reverse(alarm)| alarm.at <= now) {
                due.extend(alarms.queue.pop().map(|Reverse(alarm)| alarm.sleeper));
            }
            if !due.is_empty() {
                parking_lot::MutexGuard::unlocked(&mut alarms, || due.into_iter().for_each(wake));
                continue;
            }
            match alarms.queue.peek().map(|Reverse(alarm)| alarm.at) {
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
        waker.wake();
    }
}

impl PartialEq for Alarm {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Alarm {}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Alarm {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}
