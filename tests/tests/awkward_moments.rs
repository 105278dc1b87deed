//! What happens at awkward moments: between two locks, in the middle of a panic, in a listener, with keys and settings
//! that nobody would choose.

use std::cell::Cell;
use std::future::Future;
use std::hash::Hasher;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use cache_core::test_util::{MockClock, TestCache};
use cache_core::{Cache, CacheKey, Event, KeyWriter, Region, Tag, cached};
use cache_tests::alloc::{self, Counting};
use cache_tests::{Gate, Step};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs `work` on a thread and does not wait for a deadlock for ever.
fn within<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || done.send(work()));
    ended.recv_timeout(Duration::from_secs(30)).expect("deadlock (or panic)")
}

#[derive(Clone, Debug, PartialEq)]
struct Down;

async fn gated(rows: &Region<u64, u64>, key: u64, gate: &Gate, value: u64) -> Result<u64, Down> {
    rows.get_or_load(&key, || async {
        gate.pass().await;
        Ok(value)
    })
    .await
}

async fn batch(rows: &Region<u64, u64>, keys: &[u64], loads: &AtomicUsize) -> Vec<Option<u64>> {
    rows.get_or_load_many(keys, |missing| {
        loads.fetch_add(1, Ordering::SeqCst);
        async move { Ok::<_, Down>(missing.into_iter().map(|key| (key, key)).collect()) }
    })
    .await
    .unwrap()
}

// A batch that is given a seat while it waits for another key keeps it idle.
#[test]
fn a_seat_given_to_a_batch_is_used_at_once() {
    let test = TestCache::new();
    let rows: Region<u64, u64> = test.cache().region("row").build().unwrap();
    let (one, two, loads, mine) = (Gate::closed(), Gate::closed(), AtomicUsize::new(0), Gate::open());
    let mut leader_1 = Step::held(gated(&rows, 1, &one, 1));
    let leader_2 = Step::held(gated(&rows, 2, &two, 2));
    let mut many = Step::held(batch(&rows, &[1, 2], &loads)); // waits for 1, then for 2
    let mut follower = Step::held(gated(&rows, 2, &mine, 22));
    drop(leader_2); // the batch's ticket for 2 comes first: it is promoted
    assert!(many.poll().is_none(), "still waits for 1");
    assert!(
        follower.poll().is_some() || loads.load(Ordering::SeqCst) == 1,
        "nobody loads 2: the batch has the seat and is not even looking (loads {}, {})",
        mine.loads(),
        loads.load(Ordering::SeqCst)
    );
    one.let_through(1);
    let _ = leader_1.poll();
}

// Two batches, each with a seat the other one waits for: nothing moves until the loads are overdue.
#[test]
fn two_batches_with_seats_do_not_wait_for_each_other() {
    let test = TestCache::new();
    let rows: Region<u64, u64> = test.cache().region("row").build().unwrap();
    let (gate, loads) = (Gate::closed(), AtomicUsize::new(0));
    let leader_1 = Step::held(gated(&rows, 1, &gate, 1));
    let leader_2 = Step::held(gated(&rows, 2, &gate, 2));
    // Tickets: on 1 first a then b; on 2 first b then a. (Two tasks that join at the same moment do it without help.)
    let hook = Step::held(gated(&rows, 3, &gate, 3));
    let mut b = Step::held(batch(&rows, &[2, 3], &loads));
    let mut a = Step::held(batch(&rows, &[1, 2], &loads));
    drop(leader_1);
    assert!(a.poll().is_none()); // a holds the seat of 1, waits for 2
    drop(leader_2); // b is given the seat of 2 ...
    assert!(b.poll().is_none()); // ... and waits for 3
    let open = Gate::open();
    let mut other = Step::new(gated(&rows, 1, &open, 11));
    // Nobody loads 1 or 2, though both could.
    let stuck = other.poll().is_none() && loads.load(Ordering::SeqCst) == 0;
    drop(hook);
    assert!(!stuck, "keys 1 and 2 have seats, and no load runs");
}

thread_local! { static ARMED: Cell<u8> = const { Cell::new(0) }; }
static HOOK: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Hooked(u64);
impl CacheKey for Hooked {
    type Owned = Hooked;
    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        // After keys were matched: `by(&key)` of the second step of invalidate_pattern, no lock held.
        if ARMED.get() == 2 {
            ARMED.set(0);
            let hook = HOOK.lock().unwrap().take();
            if let Some(hook) = hook {
                hook();
            }
        }
        self.0.hash_key(hasher);
    }
    fn eq_owned(&self, owned: &Self) -> bool {
        self == owned
    }
    fn to_owned_key(&self) -> Self {
        if ARMED.get() == 1 {
            ARMED.set(2);
        }
        self.clone()
    }
    fn encode(&self, writer: &mut KeyWriter<'_>) {
        self.0.encode(writer);
    }
}

// P2: inherited dependency against a pattern.
#[test]
fn what_is_built_while_a_pattern_runs_goes_with_it() {
    let test = Arc::new(TestCache::new());
    let inner: Region<Hooked, u64> = test.cache().region("inner").build().unwrap();
    let outer: Region<u64, u64> = test.cache().region("outer").build().unwrap();
    let source = Arc::new(AtomicUsize::new(1));
    let outer_get = {
        let (inner, outer, source) = (inner.clone(), outer.clone(), source.clone());
        move || {
            Step::new(outer.get_or_load(&7_u64, || async {
                inner.get_or_load(&Hooked(1), || async { Ok::<_, Down>(source.load(Ordering::SeqCst) as u64) }).await
            }))
            .done()
            .unwrap()
        }
    };
    let fill = Step::new(inner.get_or_load(&Hooked(1), || async { Ok::<_, Down>(1) })).done().unwrap();
    assert_eq!(fill, 1);
    source.store(2, Ordering::SeqCst);
    let racing = outer_get.clone();
    *HOOK.lock().unwrap() = Some(Box::new(move || assert_eq!(racing(), 1))); // a read that overlaps the invalidation
    ARMED.set(1);
    test.cache().invalidate_pattern("inner:*").detach();
    assert!(HOOK.lock().unwrap().is_none(), "the hook ran");
    assert_eq!(inner.peek(&Hooked(1)), None);
    assert_eq!(outer_get(), 2, "began after the invalidation returned");
}

// V::drop runs under the shard's and the flight's lock.
#[derive(Clone, Debug)]
struct Value {
    region: Arc<Mutex<Option<Region<u64, Value>>>>,
    live: Arc<AtomicBool>,
}

impl Drop for Value {
    fn drop(&mut self) {
        if self.live.load(Ordering::SeqCst) {
            let region = self.region.lock().unwrap().clone();
            if let Some(region) = region {
                region.invalidate(&1_u64).detach();
            }
        }
    }
}
fn value_region() -> (TestCache, Region<u64, Value>, Value) {
    let test = TestCache::new();
    let region: Region<u64, Value> = test.cache().region("value").local().build().unwrap();
    let value = Value { region: Arc::new(Mutex::new(Some(region.clone()))), live: Arc::new(AtomicBool::new(false)) };
    (test, region, value)
}
async fn get_value(region: &Region<u64, Value>, gate: &Gate, value: &Value) -> Result<Value, Down> {
    region
        .get_or_load(&1_u64, || async {
            gate.pass().await;
            Ok(value.clone())
        })
        .await
}

#[test]
fn a_result_that_nobody_may_have_is_not_dropped_under_a_lock() {
    within(|| {
        let (_test, region, value) = value_region();
        let gate = Gate::closed();
        let mut leader = Step::held(get_value(&region, &gate, &value));
        region.invalidate(&1_u64).detach();
        let _late = Step::held(get_value(&region, &gate, &value));
        value.live.store(true, Ordering::SeqCst);
        gate.let_through(1);
        let got = leader.poll(); // land(): Arc<Landed> made and dropped inside of both locks
        value.live.store(false, Ordering::SeqCst);
        assert!(got.is_some());
    });
}

#[test]
fn a_waiter_that_was_told_and_is_dropped_does_not_drop_the_value_under_a_lock() {
    within(|| {
        let (_test, region, value) = value_region();
        let gate = Gate::closed();
        let mut leader = Step::held(get_value(&region, &gate, &value));
        let early = Step::held(get_value(&region, &gate, &value));
        region.invalidate(&1_u64).detach();
        let late = Step::held(get_value(&region, &gate, &value)); // keeps the flight in the map
        gate.let_through(1);
        let got = leader.poll();
        value.live.store(true, Ordering::SeqCst);
        drop(early); // leave(): the last Arc<Landed> goes under the flight's lock
        value.live.store(false, Ordering::SeqCst);
        drop((late, got));
    });
}

// Arithmetic.
#[test]
fn a_rate_limiter_with_the_longest_window_does_not_panic() {
    let limiter = Cache::new().rate_limiter(1, Duration::MAX);
    assert!(limiter.check("a").is_allowed());
    assert!(!limiter.check("a").is_allowed());
}

thread_local! { static NOW: Cell<u64> = const { Cell::new(0) }; }
#[derive(Debug)]
struct PerThread;
impl cache_core::Clock for PerThread {
    fn now(&self) -> cache_core::Time {
        cache_core::Time::from_nanos(NOW.get())
    }
    fn sleep(&self, _: Duration) -> cache_core::Sleep {
        Box::pin(std::future::pending())
    }
}

#[test]
fn a_call_that_read_the_clock_just_before_the_border_forgets_no_counts() {
    let cache = Cache::builder().clock(PerThread).build().unwrap();
    let limiter = cache.rate_limiter(10, Duration::from_secs(10));
    let at = |nanos: u64| {
        let limiter = limiter.clone();
        std::thread::spawn(move || {
            NOW.set(nanos);
            limiter.check("a").is_allowed()
        })
        .join()
        .unwrap()
    };
    assert_eq!((0..20).filter(|_| at(19_990_000_000)).count(), 10);
    assert!(!at(20_001_000_000)); // another thread is in the next window already
    at(19_999_999_000); // one that read the clock before, and got the lock after
    let let_through = (0..20).filter(|_| at(20_002_000_000)).count();
    assert!(let_through <= 1, "{let_through} more within 12 ms of the first ten");
}

#[test]
fn a_region_without_bounds_can_be_made() {
    // In a process of its own: it may abort.
    if std::env::var_os("HUGE").is_some() {
        let region: Region<u64, u64> = Cache::new().region("r").capacity(u64::MAX).build().unwrap();
        region.put(&1_u64, 1).detach();
        assert_eq!(region.get(&1_u64), Some(1));
        return;
    }
    let me = std::env::current_exe().unwrap();
    let out = std::process::Command::new(me)
        .args(["--exact", "a_region_without_bounds_can_be_made"])
        .env("HUGE", "1")
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
}

// Texts beyond 512 bytes.
#[cached(ttl = "1m", key = "{name}", tags = ["by:{name}:{ret}"], name = "tagged")]
async fn tagged(name: &str) -> u64 {
    LOADS.fetch_add(1, Ordering::SeqCst);
    let _ = name;
    7
}
static LOADS: AtomicUsize = AtomicUsize::new(0);

#[tokio::test]
async fn a_late_tag_of_a_long_argument_is_the_tag_its_text_says() {
    let test = TestCache::new();
    test.run(async {
        let long = "x".repeat(600);
        tagged(&long).await;
        test.cache().invalidate_tag(Tag::of("by", &(long.as_str(), 7_u64))).await;
        tagged(&long).await;
        test.assert_loads("tagged", 2);
    })
    .await;
}

#[test]
fn a_pattern_reaches_long_keys() {
    let test = TestCache::new();
    let pages: Region<(String, String), u64> = test.cache().region("page").build().unwrap();
    let long = "x".repeat(600);
    pages.put(&("en", long.as_str()), 1).detach();
    test.cache().invalidate_pattern("page:en:*").detach();
    assert_eq!(pages.get(&("en", long.as_str())), None);
}

// Two caches, two tasks, one circle.
#[test]
fn a_circle_through_two_caches_ends() {
    let (x, y) = (TestCache::new(), TestCache::new());
    let a: Region<u64, u64> = x.cache().region("a").build().unwrap();
    let b: Region<u64, u64> = y.cache().region("b").build().unwrap();
    let (ga, gb) = (Gate::closed(), Gate::closed());
    let mut first = Step::held(a.get_or_load(&1_u64, || async {
        ga.pass().await;
        b.get_or_load(&1_u64, || async { Ok::<_, Down>(1) }).await
    }));
    let mut second = Step::held(b.get_or_load(&1_u64, || async {
        gb.pass().await;
        a.get_or_load(&1_u64, || async { Ok::<_, Down>(2) }).await
    }));
    ga.let_through(1);
    gb.let_through(1);
    for _ in 0..4 {
        if first.poll().is_some() {
            return;
        }
        if second.poll().is_some() {
            return;
        }
    }
    panic!("both wait for ever");
}

// Listener under a lock.
static EVENTS: AtomicUsize = AtomicUsize::new(0);
#[cached(ttl = "1m", name = "twice")]
async fn twice(id: u64) -> u64 {
    id
}

#[test]
fn a_listener_may_call_the_function_it_is_told_about() {
    within(|| {
        let own: Arc<Mutex<Option<Cache>>> = Arc::default();
        let seen = own.clone();
        let cache = Cache::builder()
            .on_event(move |event: &Event| {
                if matches!(event, Event::DuplicateRegion { .. }) && EVENTS.fetch_add(1, Ordering::SeqCst) == 0 {
                    let cache = seen.lock().unwrap().clone().unwrap();
                    Step::new(cache.scope(twice(2))).done();
                }
            })
            .build()
            .unwrap();
        *own.lock().unwrap() = Some(cache.clone());
        let _taken: Region<u64, u64> = cache.region("twice").build().unwrap();
        Step::new(cache.scope(twice(1))).done();
    });
}

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

// A load that reads a cache that is switched off, from another one.
#[test]
fn what_was_read_while_a_cache_was_off_is_not_built_upon() {
    let (x, y) = (TestCache::new(), TestCache::new());
    let inner: Region<u64, u64> = x.cache().region("inner").build().unwrap();
    let outer: Region<u64, u64> = y.cache().region("outer").build().unwrap();
    let get = |value: u64| {
        let (inner, outer) = (&inner, &outer);
        Step::new(async move {
            outer
                .get_or_load(&1_u64, || async { inner.get_or_load(&1_u64, || async { Ok::<_, Down>(value) }).await })
                .await
        })
        .done()
        .unwrap()
    };
    x.cache().set_enabled(false);
    assert_eq!(get(1), 1);
    x.cache().set_enabled(true);
    inner.invalidate(&1_u64).detach();
    assert_eq!(get(2), 2);
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

// The timer keeps what nobody waits for any more.
#[test]
fn a_waiter_that_is_gone_leaves_nothing_in_the_timer() {
    let cache = Cache::builder().overdue_after(Duration::from_secs(3600)).build().unwrap();
    let rows: Region<u64, u64> = cache.region("row").build().unwrap();
    let gate = Gate::closed();
    let _leader = Step::held(gated(&rows, 1, &gate, 1));
    for _ in 0..1000 {
        drop(Step::held(gated(&rows, 1, &gate, 1)));
    }
    let before = alloc::live_bytes();
    for _ in 0..500_000 {
        drop(Step::held(gated(&rows, 1, &gate, 1)));
    }
    let grown = alloc::live_bytes() - before;
    assert!(grown < 5_000_000, "{grown} bytes for waiters that are gone");
}

// A user's poor hash must not cost fresh entries.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Poor(u64);
impl CacheKey for Poor {
    type Owned = Poor;
    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        1_u64.hash_key(hasher);
    }
    fn eq_owned(&self, owned: &Self) -> bool {
        self == owned
    }
    fn to_owned_key(&self) -> Self {
        self.clone()
    }
    fn encode(&self, writer: &mut KeyWriter<'_>) {
        self.0.encode(writer);
    }
}
#[test]
fn a_sweep_takes_what_is_over_and_nothing_else() {
    let test = TestCache::new();
    let rows: Region<Poor, u64> =
        test.cache().region("row").tags(|key: &Poor, _| vec![Tag::of("k", &key.0)]).build().unwrap();
    for key in 0..8 {
        rows.put(&Poor(key), key).detach();
    }
    for key in 4..8 {
        test.cache().invalidate_tag(Tag::of("k", &(key as u64))).detach();
    }
    test.cache().sweep();
    let left = (0..4).filter(|key| rows.peek(&Poor(*key)).is_some()).count();
    assert_eq!(left, 4, "fresh entries were swept");
}
