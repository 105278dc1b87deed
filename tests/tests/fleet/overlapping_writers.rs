//! `on = "around"` of several writers at once, and of writers that come to no end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cache_core::{cache_invalidate, cached};
use cache_tests::{Gate, Step};

use crate::world::{Fleet, Process, drive};

/// The lease, for which a mark outlives its writer.
const LEASE: Duration = Duration::from_secs(3);

#[cached(ttl = "1m", key = "{id}", skip(source), tags = ["rates"], name = "rate")]
async fn rate(id: u64, source: &AtomicU64) -> u64 {
    let _ = id;
    source.load(Ordering::SeqCst)
}

/// What is built on a rate.
#[cached(ttl = "1m", key = "{id}", skip(source), name = "offer")]
async fn offer(id: u64, source: &AtomicU64) -> u64 {
    rate(id, source).await * 10
}

/// Where a write is held, before and after its commit.
struct Doors {
    before: Gate,
    after: Gate,
}

impl Doors {
    fn closed() -> Self {
        Self { before: Gate::closed(), after: Gate::closed() }
    }

    async fn commit(&self, source: &AtomicU64, value: u64) {
        self.before.pass().await;
        source.store(value, Ordering::SeqCst);
        self.after.pass().await;
    }
}

#[cache_invalidate(rate(id), on = "around")]
async fn set_by_key(id: u64, source: &AtomicU64, value: u64, doors: &Doors) {
    doors.commit(source, value).await;
    let _ = id;
}

#[cache_invalidate(tags = ["rates"], on = "around")]
async fn set_by_tag(source: &AtomicU64, value: u64, doors: &Doors) {
    doors.commit(source, value).await;
}

/// How a writer names what it writes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum By {
    Key,
    Tag,
}

const BOTH: [By; 2] = [By::Key, By::Tag];

impl By {
    /// A writer that has announced itself, and has not committed.
    fn announced<'w>(self, process: &'w Process, source: &'w AtomicU64, value: u64, doors: &'w Doors) -> Step<'w, ()> {
        match self {
            Self::Key => Step::held(process.test.run(set_by_key(1, source, value, doors))),
            Self::Tag => Step::held(process.test.run(set_by_tag(source, value, doors))),
        }
    }

    fn is_marked(self, fleet: &Fleet) -> bool {
        let name = if self == Self::Key { "test:l:{rate:1}" } else { "test:t:{rates}" };
        fleet.tier.peek(name).is_some_and(|bytes| bytes.first() == Some(&0xff))
    }
}

async fn get(fleet: &Fleet, process: &Process, source: &AtomicU64) -> u64 {
    drive(fleet, &[process], process.test.run(rate(1, source))).await
}

async fn is_kept(process: &Process) -> bool {
    process.settle();
    process.test.run(async { rate::peek(1) }).await.is_some()
}

// Item 19a and F11.
#[tokio::test]
async fn while_one_of_two_writers_is_at_work_nothing_is_stored() {
    for by in BOTH {
        for first_ends_first in [true, false] {
            let what = format!("{by:?}, the first writer ends first: {first_ends_first}");
            let (fleet, source) = (Fleet::new(), AtomicU64::new(1));
            let (a, b, c) = (fleet.process().await, fleet.process().await, fleet.process().await);
            assert_eq!(get(&fleet, &c, &source).await, 1);
            let (doors_a, doors_b) = (Doors::closed(), Doors::closed());
            let values = if first_ends_first { [2, 3] } else { [3, 2] };
            let mut first = by.announced(&a, &source, values[0], &doors_a);
            let mut second = by.announced(&b, &source, values[1], &doors_b);
            let (ended, doors, late, process) = if first_ends_first {
                (&mut first, &doors_a, &doors_b, &b)
            } else {
                (&mut second, &doors_b, &doors_a, &a)
            };
            doors.before.let_through(1);
            doors.after.let_through(1);
            ended.done();
            assert!(by.is_marked(&fleet), "{what}");
            // Well beyond the time for which the mark of the one that has ended can stand.
            for _ in 0..5 {
                fleet.pass(Duration::from_secs(2), &[&a, &b, &c]);
                assert!(by.is_marked(&fleet), "{what}");
                assert_eq!(get(&fleet, &c, &source).await, 2, "{what}");
                assert!(!is_kept(&c).await, "{what}");
            }
            // The other one commits, and its process dies before it tells anybody.
            late.before.let_through(1);
            let left = if first_ends_first { &mut second } else { &mut first };
            assert!(left.poll().is_none());
            process.tasks.drop_all();
            fleet.pass(LEASE, &[&c]);
            assert!(!by.is_marked(&fleet), "{what}: it has run out");
            assert_eq!(get(&fleet, &c, &source).await, 3, "{what}: nothing from before the commit was left");
            assert!(is_kept(&c).await, "{what}");
        }
    }
}

// Item 19: nobody removes what another one has announced.
#[tokio::test]
async fn what_others_do_meanwhile_leaves_the_mark() {
    for what in ["invalidation", "put", "region", "load"] {
        let (fleet, source, doors) = (Fleet::new(), AtomicU64::new(1), Doors::closed());
        let (a, b) = (fleet.process().await, fleet.process().await);
        get(&fleet, &b, &source).await;
        let mut writer = By::Key.announced(&a, &source, 2, &doors);
        match what {
            "invalidation" => _ = b.test.run(async { rate::invalidate(1).await }).await,
            "put" => _ = drive(&fleet, &[&b], b.test.run(async { rate::put(1, 1).await })).await,
            "region" => _ = b.cache().invalidate_region("rate").await,
            _ => _ = get(&fleet, &b, &source).await,
        }
        assert!(By::Key.is_marked(&fleet), "{what}");
        doors.before.let_through(1);
        doors.after.let_through(1);
        drive(&fleet, &[&a, &b], async { writer.done() }).await;
        assert_eq!(get(&fleet, &b, &source).await, 2, "{what}");
    }
}

// A pattern removes marks as well, and so does eviction: that lasts until the writer renews its own.
#[tokio::test]
async fn a_mark_that_is_lost_is_set_again() {
    let (fleet, source, doors) = (Fleet::new(), AtomicU64::new(1), Doors::closed());
    let (a, b) = (fleet.process().await, fleet.process().await);
    let mut writer = By::Key.announced(&a, &source, 2, &doors);
    drive(&fleet, &[&a, &b], b.cache().invalidate_pattern("rate:*")).await;
    fleet.pass(LEASE / 2, &[&a, &b]);
    assert!(By::Key.is_marked(&fleet));
    assert_eq!(get(&fleet, &b, &source).await, 1);
    assert!(!is_kept(&b).await);
    doors.before.let_through(1);
    doors.after.let_through(1);
    writer.done();
    assert!(!By::Key.is_marked(&fleet), "it is that writer's alone");
    fleet.pass(LEASE / 2, &[&a, &b]);
    assert!(!By::Key.is_marked(&fleet), "and is renewed by nobody");
}

// F11: what is built on a value that was loaded under a mark is as doubtful as that.
#[tokio::test]
async fn nothing_that_is_built_under_a_mark_is_stored() {
    for by in BOTH {
        let (fleet, source, doors) = (Fleet::new(), AtomicU64::new(1), Doors::closed());
        let (a, b) = (fleet.process().await, fleet.process().await);
        let built = async || drive(&fleet, &[&b], b.test.run(offer(1, &source))).await;
        let mut writer = by.announced(&a, &source, 2, &doors);
        assert_eq!(built().await, 10);
        b.settle();
        assert_eq!(b.test.run(async { offer::peek(1) }).await, None, "{by:?}");
        assert!(!fleet.tier.names().iter().any(|name| name.starts_with("test:v:")), "{by:?}");
        doors.before.let_through(1);
        doors.after.let_through(1);
        writer.done();
        assert_eq!(built().await, 20, "{by:?}");
    }
}

// Item 19: cancelled after its commit.
#[tokio::test]
async fn a_writer_whose_future_is_dropped_has_invalidated_and_its_mark_runs_out() {
    for by in BOTH {
        let (fleet, source, doors) = (Fleet::new(), AtomicU64::new(1), Doors::closed());
        let (a, b) = (fleet.process().await, fleet.process().await);
        get(&fleet, &b, &source).await;
        let mut writer = by.announced(&a, &source, 2, &doors);
        doors.before.let_through(1);
        assert!(writer.poll().is_none());
        drop(writer);
        assert_eq!(get(&fleet, &a, &source).await, 2, "{by:?}");
        a.settle();
        assert_eq!(get(&fleet, &b, &source).await, 2, "{by:?}");
        // Its process lives on: nothing renews what no writer wants any more.
        fleet.pass(LEASE, &[&a, &b]);
        assert!(!by.is_marked(&fleet), "{by:?}");
        for process in [&a, &b] {
            assert_eq!(get(&fleet, process, &source).await, 2, "{by:?}");
            assert!(is_kept(process).await, "{by:?}");
        }
    }
}

// Item 19: killed, before its commit or after it.
#[tokio::test]
async fn a_writer_whose_process_is_gone_leaves_no_old_value_and_no_mark() {
    for by in BOTH {
        for committed in [true, false] {
            let what = format!("{by:?}, committed: {committed}");
            let (fleet, source, doors) = (Fleet::new(), AtomicU64::new(1), Doors::closed());
            let (a, b) = (fleet.process().await, fleet.process().await);
            get(&fleet, &b, &source).await;
            let mut writer = by.announced(&a, &source, 2, &doors);
            b.settle();
            // From here on nothing of the first process is polled.
            assert_eq!(get(&fleet, &b, &source).await, 1, "{what}");
            assert!(!is_kept(&b).await, "{what}: read before the commit, and handed out only");
            if committed {
                doors.before.let_through(1);
                assert!(writer.poll().is_none());
            }
            let now = source.load(Ordering::SeqCst);
            fleet.pass(LEASE - Duration::from_millis(500), &[&b]);
            assert!(by.is_marked(&fleet), "{what}: as long as a lease");
            assert_eq!(get(&fleet, &b, &source).await, now, "{what}");
            fleet.pass(Duration::from_millis(500), &[&b]);
            assert!(!by.is_marked(&fleet), "{what}");
            assert_eq!(get(&fleet, &b, &source).await, now, "{what}");
            assert!(is_kept(&b).await, "{what}: as if nothing had been");
        }
    }
}

// Item 19: the mark lies there before the old value goes, so that nobody brings it back in between.
#[tokio::test]
async fn what_is_loaded_while_a_writer_announces_itself_is_gone_when_it_has() {
    for by in BOTH {
        let (fleet, source, doors) = (Fleet::new(), AtomicU64::new(1), Doors::closed());
        let ((a, line), b) = (fleet.gated(), fleet.process().await);
        let name = if by == By::Key { "rate:1" } else { "rates" };
        let hold = line.next("take", name, crate::gated::Fate::Before);
        let mut writer = by.announced(&a, &source, 2, &doors);
        assert_eq!((hold.reached(), by.is_marked(&fleet)), (1, false), "{by:?}");
        assert_eq!(get(&fleet, &b, &source).await, 1, "{by:?}");
        assert!(is_kept(&b).await, "{by:?}: nothing says yet that it is being changed");
        hold.release();
        // Committed, and never heard of again.
        doors.before.let_through(1);
        assert!(writer.poll().is_none());
        assert_eq!(source.load(Ordering::SeqCst), 2);
        b.settle();
        assert_eq!(get(&fleet, &b, &source).await, 2, "{by:?}");
        fleet.pass(LEASE, &[&b]);
        assert_eq!(get(&fleet, &b, &source).await, 2, "{by:?}");
    }
}
