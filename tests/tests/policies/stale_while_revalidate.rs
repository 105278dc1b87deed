//! A value whose ttl is over is served while one load brings a new one.

use cache_core::test_util::{TaskQueue, TestCache};
use cache_core::{Region, Spawn, Task};
use cache_tests::{Gate, Step};

use crate::{Down, SECOND, Shop};

fn shop() -> Shop {
    Shop::new(|rows| rows.stale_while_revalidate(SECOND * 30))
}

#[test]
fn the_stale_value_is_served_at_once_and_one_load_brings_the_new_one() {
    let shop = shop();
    shop.aged_detached(1, 60);
    for _ in 0..10 {
        assert_eq!(shop.get_detached(Ok(2)), Ok(1));
    }
    assert_eq!(shop.tasks.run(), 0);
    assert_eq!(shop.loads(), 2);
    assert_eq!(shop.get_detached(Ok(3)), Ok(2));
    let stats = shop.rows.stats();
    assert_eq!((stats.stale_hits, stats.refreshes, stats.misses), (10, 1, 1), "{stats:?}");
}

#[test]
fn after_the_window_a_caller_waits() {
    let shop = shop();
    shop.aged(1, 90);
    assert_eq!(shop.get(Ok(2)), Ok(2));
    assert_eq!(shop.rows.stats().stale_hits, 0);
}

#[test]
fn whoever_does_not_load_sees_no_stale_value() {
    let shop = shop();
    shop.aged(1, 60);
    assert_eq!((shop.rows.get(&1_u64), shop.rows.peek(&1_u64)), (None, None));
    assert!(!shop.rows.contains(&1_u64));
    assert_eq!(shop.rows.remaining_ttl(&1_u64), None);
}

/// It neither counts as an answer nor makes what is built without it stale.
#[test]
fn a_stale_value_that_is_not_handed_out_leaves_no_trace() {
    let shop = shop();
    let outer: Region<u64, u64> = shop.test.cache().region("outer").build().unwrap();
    shop.aged(1, 60);
    let load = || async { Ok::<_, Down>(shop.rows.get(&1_u64).unwrap_or(7)) };
    assert_eq!(Step::new(outer.get_or_load(&1_u64, load)).done(), Ok(7));
    assert_eq!(outer.get(&1_u64), Some(7));
    let many = || async { shop.rows.get_or_load_many(&[1_u64], |_| async { Ok::<_, Down>(vec![(1, 2)]) }).await };
    let load = || async { many().await.map(|rows| rows[0].unwrap_or(7)) };
    assert_eq!(Step::new(outer.get_or_load(&2_u64, load)).done(), Ok(2));
    assert_eq!(outer.get(&2_u64), Some(2));
    let stats = shop.rows.stats();
    assert_eq!((stats.hits, stats.stale_hits, stats.misses), (0, 0, 3));
}

#[test]
fn a_load_that_borrows_is_run_by_one_caller_while_the_others_are_served() {
    let shop = shop();
    shop.aged(1, 60);
    let gate = Gate::closed();
    let load = || async {
        gate.pass().await;
        Ok::<_, Down>(2)
    };
    let mut first = Step::held(shop.rows.get_or_load(&1_u64, load));
    assert_eq!(shop.get(Ok(3)), Ok(1), "somebody is at it");
    gate.let_through(1);
    assert_eq!(first.done(), Ok(2));
    assert_eq!(shop.get(Ok(3)), Ok(2));
}

// P2, P3
#[test]
fn an_invalidated_value_is_not_served_stale() {
    let shop = shop();
    shop.aged(1, 60);
    shop.rows.invalidate(&1_u64).detach();
    assert_eq!(shop.get(Ok(2)), Ok(2));
    shop.pass(60);
    shop.test.cache().invalidate_all().detach();
    assert_eq!(shop.get(Ok(3)), Ok(3));
}

// P2
#[test]
fn a_refresh_that_is_overtaken_by_an_invalidation_stores_nothing() {
    let shop = shop();
    shop.aged(1, 60);
    assert_eq!(shop.get_detached(Ok(2)), Ok(1), "the refresh has begun and waits to run");
    shop.rows.invalidate(&1_u64).detach();
    shop.tasks.run();
    assert_eq!(shop.rows.get(&1_u64), None);
    assert_eq!(shop.get(Ok(3)), Ok(3));
}

#[test]
fn a_refresh_that_fails_is_told_to_nobody_and_not_tried_again_at_once() {
    let shop = shop();
    shop.aged(1, 60);
    assert_eq!(shop.get_detached(Err(Down::Source)), Ok(1));
    shop.tasks.run();
    assert_eq!(shop.has_seen("refresh_failed"), 1);
    for _ in 0..5 {
        assert_eq!(shop.get_detached(Ok(2)), Ok(1));
    }
    assert_eq!((shop.tasks.run(), shop.loads()), (0, 2), "throttled");
    shop.pass(1);
    assert_eq!(shop.get_detached(Ok(2)), Ok(1));
    shop.tasks.run();
    assert_eq!(shop.get(Ok(3)), Ok(2));
}

#[test]
fn a_refresh_that_is_torn_down_leaves_the_way_to_the_next() {
    let shop = shop();
    shop.aged(1, 60);
    assert_eq!(shop.get_detached(Ok(2)), Ok(1));
    shop.tasks.drop_all();
    assert_eq!((shop.loads(), shop.rows.stats().loads_cancelled), (1, 0), "it had not begun");
    assert_eq!(shop.get_detached(Ok(3)), Ok(1));
    shop.tasks.run();
    assert_eq!(shop.get(Ok(4)), Ok(3));
}

#[test]
fn a_refresh_that_hangs_is_replaced_when_it_is_overdue() {
    let shop = Shop::new(|rows| rows.stale_while_revalidate(SECOND * 300));
    shop.aged(1, 60);
    let hung = shop.rows.call(&1_u64).load_detached(std::future::pending::<Result<u64, Down>>);
    assert_eq!(Step::new(hung).done(), Ok(1));
    assert_eq!(shop.tasks.run(), 1);
    shop.pass(29);
    assert_eq!(shop.get_detached(Ok(2)), Ok(1));
    assert_eq!(shop.tasks.run(), 1, "one is at it");
    shop.pass(1);
    assert_eq!(shop.get_detached(Ok(2)), Ok(1));
    assert_eq!(shop.tasks.run(), 1);
    assert_eq!(shop.get(Ok(3)), Ok(2));
}

#[test]
fn an_answer_that_there_is_none_ends_the_stale_value() {
    let shop = shop();
    shop.aged(1, 60);
    let none = shop.rows.get_or_load_optional(&1_u64, || async { Ok::<_, Down>(None) });
    assert_eq!(Step::new(none).done(), Ok(None));
    assert_eq!(shop.get(Ok(2)), Ok(2), "what was there before is not served once more");
    assert_eq!(shop.rows.stats().stale_hits, 1);
}

#[derive(Debug)]
struct NoRuntime;

impl Spawn for NoRuntime {
    fn spawn(&self, task: Task) -> Result<(), Task> {
        Err(task)
    }
}

#[test]
fn without_a_runtime_the_caller_loads() {
    let test = TestCache::with(|builder| builder.spawn(NoRuntime));
    let rows: Region<u64, u64> =
        test.cache().region("row").ttl(SECOND * 60).stale_while_revalidate(SECOND * 60).build().unwrap();
    let get = |value| Step::new(rows.call(&1_u64).load_detached(move || async move { Ok::<_, Down>(value) })).done();
    assert_eq!(get(1), Ok(1));
    test.clock().advance(SECOND * 60);
    assert_eq!(get(2), Ok(2));
}

#[test]
fn there_is_room_for_so_many_refreshes_and_the_rest_is_served_stale() {
    let tasks = TaskQueue::new();
    let test = TestCache::with(|builder| builder.spawn(tasks.clone()).background_loads(2));
    let rows: Region<u64, u64> =
        test.cache().region("row").ttl(SECOND * 60).stale_while_revalidate(SECOND * 60).build().unwrap();
    let get =
        |key: u64, value| Step::new(rows.call(&key).load_detached(move || async move { Ok::<_, Down>(value) })).done();
    (0..3_u64).for_each(|key| rows.put(&key, 1).detach());
    test.clock().advance(SECOND * 60);
    assert_eq!([0, 1, 2].map(|key| get(key, 2)), [Ok(1), Ok(1), Ok(1)]);
    assert_eq!(test.events().iter().filter(|event| event.name() == "refresh_skipped").count(), 1);
    tasks.run();
    assert_eq!([0, 1, 2].map(|key| get(key, 3)), [Ok(2), Ok(2), Ok(1)]);
    tasks.run();
    assert_eq!(get(2, 4), Ok(3));
}

#[test]
fn a_shutdown_waits_for_refreshes_and_begins_none() {
    let shop = shop();
    shop.aged(1, 60);
    assert_eq!(shop.get_detached(Ok(2)), Ok(1));
    let mut shutdown = Step::held(shop.test.cache().shutdown(SECOND * 5));
    shop.tasks.run();
    assert!(shutdown.poll().is_some());
    shop.pass(60);
    assert_eq!(shop.get_detached(Ok(3)), Ok(2), "served, and not refreshed");
    assert_eq!(shop.tasks.run(), 0);
    assert_eq!(shop.get_detached(Ok(3)), Ok(2));
}

/// What is built from a stale value is as stale.
#[test]
fn an_outer_value_is_as_stale_as_the_inner_it_was_built_from() {
    let shop = shop();
    let plain: Region<u64, u64> = shop.test.cache().region("plain").ttl(SECOND * 600).build().unwrap();
    let lenient: Region<u64, u64> =
        shop.test.cache().region("lenient").ttl(SECOND * 600).stale_while_revalidate(SECOND * 600).build().unwrap();
    shop.aged(1, 60);
    let (rows, inner) = (&shop.rows, |value| move || async move { Ok::<_, Down>(value) });
    let outer = |region: &Region<u64, u64>, value| {
        let load = || async { rows.call(&1_u64).load_detached(inner(value)).await.map(|row| row * 10) };
        Step::new(region.get_or_load(&1_u64, load)).done()
    };
    assert_eq!((outer(&plain, 2), outer(&lenient, 2)), (Ok(10), Ok(10)));
    assert_eq!(plain.get(&1_u64), None, "not stored: nothing would end it in time");
    assert_eq!(lenient.get(&1_u64), None, "stored, and stale from the first moment");
    shop.tasks.run();
    assert_eq!((outer(&plain, 3), outer(&lenient, 3)), (Ok(20), Ok(20)));
    assert_eq!((plain.get(&1_u64), lenient.get(&1_u64)), (Some(20), Some(20)));
}

/// However many loads are between, and whether they run here or elsewhere.
#[test]
fn what_is_built_from_a_load_that_was_served_a_stale_value_is_as_stale() {
    let shop = shop();
    let lenient: Region<u64, u64> =
        shop.test.cache().region("lenient").ttl(SECOND * 600).stale_while_revalidate(SECOND * 600).build().unwrap();
    let plain: Region<u64, u64> = shop.test.cache().region("plain").ttl(SECOND * 600).build().unwrap();
    shop.aged(1, 60);
    let gate = Gate::closed();
    let middle = || async {
        let row = shop.rows.call(&1_u64).load_detached(|| async { Ok::<_, Down>(2) }).await;
        gate.pass().await;
        row
    };
    let outer = |key: u64| {
        let (plain, lenient) = (&plain, &lenient);
        Step::held(async move { plain.get_or_load(&key, || lenient.get_or_load(&1_u64, middle)).await })
    };
    let (mut leads, mut waits) = (outer(1), outer(2));
    gate.let_through(1);
    assert_eq!((leads.done(), waits.done(), gate.loads()), (Ok(1), Ok(1), 1));
    assert_eq!((plain.get(&1_u64), plain.get(&2_u64)), (None, None));
    shop.tasks.run();
}

/// An absence has no window in which it could be stale.
#[test]
fn an_absence_that_was_found_with_a_stale_value_is_not_kept() {
    let shop = shop();
    let names = shop.test.cache().region::<u64, u64>("names").ttl(SECOND * 600).negative_ttl(SECOND * 600);
    let names = names.stale_while_revalidate(SECOND * 600).build().unwrap();
    shop.aged(1, 60);
    let name = |row: u64| {
        let load = || async {
            let row = shop.rows.call(&1_u64).load_detached(move || async move { Ok::<_, Down>(row) }).await?;
            Ok::<_, Down>(Some(row).filter(|row| *row > 1))
        };
        Step::new(names.get_or_load_optional(&1_u64, load)).done()
    };
    assert_eq!(name(2), Ok(None));
    shop.tasks.run();
    assert_eq!(name(2), Ok(Some(2)));
}

impl Shop {
    fn aged_detached(&self, value: u64, seconds: u32) {
        let mut call = Step::held(self.rows.call(&1_u64).load_detached(move || async move { Ok::<_, Down>(value) }));
        self.tasks.run();
        assert_eq!(call.done(), Ok(value));
        self.pass(seconds);
    }
}
