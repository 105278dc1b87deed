//! Flights: panics on the way, and one load at a time again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use cache_core::test_util::{MockClock, TestCache};
use cache_core::{Cache, Event, Region};
use cache_tests::{Gate, Step};

use crate::gated;

// A told waiter that nobody wakes: a panic between `land` and `wake`.
struct Flag(AtomicBool);
impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[derive(Debug, Default)]
struct Broken(AtomicBool);
#[derive(Debug)]
struct Handle(Arc<Broken>);
impl cache_core::Random for Handle {
    fn next_u64(&self) -> u64 {
        assert!(!self.0.0.load(Ordering::SeqCst), "no entropy");
        4
    }
}

#[test]
fn a_panic_while_landing_wakes_those_who_were_told() {
    let broken = Arc::new(Broken::default());
    let cache = Cache::builder().clock(MockClock::new()).random(Handle(broken.clone())).build().unwrap();
    let rows: Region<u64, u64> = cache.region("row").jitter(10).build().unwrap();
    let gate = Gate::closed();
    let mut leader = Step::held(gated(&rows, 1, &gate, 1));
    let mut waiter = Box::pin(gated(&rows, 1, &gate, 1));
    let flag = Arc::new(Flag(AtomicBool::new(false)));
    let waker = Waker::from(flag.clone());
    assert!(waiter.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    broken.0.store(true, Ordering::SeqCst);
    gate.let_through(1);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| leader.poll())).is_err());
    assert!(
        flag.0.load(Ordering::SeqCst),
        "the waiter has its verdict ({:?}), and was never woken",
        matches!(waiter.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(1)))
    );
}

// A listener that panics on LoadOverdue takes the seat with it.
#[test]
fn a_listener_that_panics_on_overdue_does_not_keep_the_seat() {
    let test = TestCache::with(|builder| {
        builder.on_event(|event: &Event| assert!(!matches!(event, Event::LoadOverdue { .. }), "listener"))
    });
    let rows: Region<u64, u64> = test.cache().region("row").build().unwrap();
    let (hung, open) = (Gate::closed(), Gate::open());
    let _leader = Step::held(gated(&rows, 1, &hung, 1));
    let mut waiter = Step::held(gated(&rows, 1, &open, 1));
    test.clock().advance(Duration::from_secs(31));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| waiter.poll())).is_err());
    drop(waiter);
    assert_eq!(Step::new(gated(&rows, 1, &open, 5)).poll(), Some(Ok(5)), "nobody loads: the seat is lost");
}

// One unshared error, and the key runs 16 loads at once for as long as it is busy.
#[test]
fn after_a_good_load_there_is_one_at_a_time_again() {
    let test = TestCache::new();
    let rows: Region<u64, u64> = test.cache().region("row").capacity(0).build().unwrap();
    let gate = Gate::closed();
    let load = |fails: bool| {
        let (rows, gate) = (rows.clone(), gate.clone());
        async move {
            rows.get_or_load_unshared(&1_u64, || async {
                gate.pass().await;
                if fails { Err(()) } else { Ok(1) }
            })
            .await
        }
    };
    let mut first = Step::held(load(true));
    let mut second = Step::held(load(false));
    gate.let_through(1);
    assert!(first.poll().is_some());
    assert!(second.poll().is_none()); // leads
    let mut third = Step::held(load(false)); // leads too: width is 16
    gate.let_through(1);
    assert_eq!(second.poll(), Some(Ok(1))); // the source is well again
    let before = gate.loads();
    let more: Vec<_> = (0..10).map(|_| Step::held(load(false))).collect();
    assert!(gate.loads() - before <= 1, "{} loads of one key at once", gate.loads() - before + 1);
    drop(more);
    let _ = third.poll();
}
