//! P2: a value whose load began before an invalidation is never stored as valid.

use std::convert::Infallible;

use cache_core::test_util::TestCache;
use cache_core::{Cache, Event, NotStored, Region, Tag, cached};
use cache_tests::{Gate, Step};

type Rows = Region<u64, u64>;

/// A region whose entries carry two tags: one made of the key, one of the value.
fn rows(cache: &Cache) -> Rows {
    cache.region("row").tags(|id, org| vec![Tag::of("row", id), Tag::of("org", org)]).build().unwrap()
}

async fn load(rows: &Rows, gate: &Gate, value: u64) -> u64 {
    let load = || async {
        gate.pass().await;
        Ok::<_, Infallible>(value)
    };
    rows.get_or_load(&1_u64, load).await.unwrap()
}

/// An invalidation of something in a cache.
type OfRows = fn(&Cache, &Rows);

/// An invalidation and what it is called.
type Way<Invalidate> = (&'static str, Invalidate);

/// Every way to invalidate the entry with key 1 and value 7.
const WAYS: [Way<OfRows>; 8] = [
    ("key", |_, rows| rows.invalidate(&1_u64).detach()),
    ("keys", |_, rows| rows.invalidate_many(&[2_u64, 1]).detach()),
    ("tag of the key", |cache, _| cache.invalidate_tag("row:1").detach()),
    ("tag of the value", |cache, _| cache.invalidate_tag("org:7").detach()),
    ("tags", |cache, _| cache.invalidate_tags(["x", "org:7"]).detach()),
    ("region", |cache, _| cache.invalidate_region("row").detach()),
    ("pattern", |cache, _| cache.invalidate_pattern("r?w:*").detach()),
    ("everything", |cache, _| cache.invalidate_all().detach()),
];

#[test]
fn a_load_that_an_invalidation_overtakes_is_not_stored() {
    for (way, invalidate) in WAYS {
        let (test, gate) = (TestCache::new(), Gate::closed());
        let rows = rows(test.cache());
        let mut call = Step::held(load(&rows, &gate, 7));
        invalidate(test.cache(), &rows);
        gate.let_through(1);
        assert_eq!(call.done(), 7, "{way}: who asked before gets what was loaded");
        assert_eq!(rows.get(&1_u64), None, "{way}");
        assert_eq!(rows.len(), 0, "{way}");
        let overtaken = Event::NotStored { region: "row".into(), reason: NotStored::Overtaken };
        assert_eq!(test.events(), [overtaken], "{way}");
    }
}

#[test]
fn what_was_stored_before_is_gone_after() {
    for (way, invalidate) in WAYS {
        let test = TestCache::new();
        let rows = rows(test.cache());
        rows.put(&1_u64, 7).detach();
        assert_eq!(rows.get(&1_u64), Some(7), "{way}");
        invalidate(test.cache(), &rows);
        assert_eq!((rows.get(&1_u64), rows.peek(&1_u64)), (None, None), "{way}");
        assert!(!rows.contains(&1_u64) && rows.remaining_ttl(&1_u64).is_none(), "{way}");
    }
}

#[test]
fn other_entries_stay() {
    for (way, invalidate) in &WAYS[..5] {
        let test = TestCache::new();
        let rows = rows(test.cache());
        rows.put(&3_u64, 8).detach();
        invalidate(test.cache(), &rows);
        assert_eq!(rows.get(&3_u64), Some(8), "{way}");
    }
}

#[test]
fn an_invalidation_that_ended_before_the_load_began_does_no_harm() {
    for (way, invalidate) in WAYS {
        let test = TestCache::new();
        let rows = rows(test.cache());
        invalidate(test.cache(), &rows);
        Step::new(load(&rows, &Gate::open(), 7)).done();
        assert_eq!(rows.get(&1_u64), Some(7), "{way}");
    }
}

#[test]
fn a_put_overtakes_a_load() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let rows = rows(test.cache());
    let mut call = Step::held(load(&rows, &gate, 7));
    rows.put(&1_u64, 9).detach();
    gate.let_through(1);
    assert_eq!(call.done(), 7);
    assert_eq!(rows.get(&1_u64), Some(9));
}

#[test]
fn a_refresh_that_is_overtaken_does_not_bring_the_old_value_back() {
    let (test, gate) = (TestCache::new(), Gate::closed());
    let rows = rows(test.cache());
    rows.put(&1_u64, 7).detach();
    let refresh = || async {
        gate.pass().await;
        Ok::<_, Infallible>(7)
    };
    let mut call = Step::held(rows.refresh(&1_u64, refresh));
    assert_eq!(rows.get(&1_u64), Some(7), "the old entry serves meanwhile");
    rows.invalidate(&1_u64).detach();
    gate.let_through(1);
    assert_eq!(call.done(), Ok(7));
    assert_eq!(rows.get(&1_u64), None);
}

#[test]
fn a_load_that_is_overdue_is_not_stored() {
    let (test, gate, open) = (TestCache::new(), Gate::closed(), Gate::open());
    let rows = rows(test.cache());
    let mut hung = Step::held(load(&rows, &gate, 7));
    let mut second = Step::held(load(&rows, &open, 8));
    test.clock().advance(std::time::Duration::from_secs(30));
    assert_eq!(second.done(), 8, "takes over");
    rows.invalidate(&1_u64).detach();
    gate.let_through(1);
    assert_eq!(hung.done(), 7);
    assert_eq!(rows.get(&1_u64), None, "nobody kept book for the hung load");
}

mod dependencies {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    static PRICE: AtomicU64 = AtomicU64::new(0);

    #[cached(ttl = "1h", key = "{id}", tags = ["prices"])]
    async fn price(id: u64) -> u64 {
        PRICE.load(Ordering::SeqCst) + id
    }

    #[cached(ttl = "1h", key = "{id}", skip(gate))]
    async fn page(gate: &Gate, id: u64) -> String {
        let price = price(id).await;
        gate.pass().await;
        format!("costs {price}")
    }

    /// What invalidating the price of article 1 can look like.
    const WAYS: [Way<fn(&Cache)>; 5] = [
        ("key", |_| price::invalidate(1).detach()),
        ("put", |_| price::put(1, 5).detach()),
        ("tag", |cache| cache.invalidate_tag("prices").detach()),
        ("function", |_| price::invalidate_all().detach()),
        ("pattern", |cache| cache.invalidate_pattern("*price:1").detach()),
    ];

    #[test]
    fn an_entry_goes_with_what_it_was_built_from() {
        for (way, invalidate) in WAYS {
            for warm in [false, true] {
                let (test, gate) = (TestCache::new(), Gate::open());
                test.run_sync(|| {
                    if warm {
                        Step::new(price(1)).done();
                    }
                    Step::new(page(&gate, 1)).done();
                    Step::new(page(&gate, 1)).done();
                    assert_eq!(gate.loads(), 1, "{way}");
                    invalidate(test.cache());
                    Step::new(page(&gate, 1)).done();
                    assert_eq!(gate.loads(), 2, "{way}, inner warm: {warm}");
                });
            }
        }
    }

    #[test]
    fn an_entry_whose_ingredient_is_invalidated_while_it_is_built_is_not_stored() {
        for (way, invalidate) in WAYS {
            for warm in [false, true] {
                let (test, gate) = (TestCache::new(), Gate::closed());
                test.run_sync(|| {
                    if warm {
                        Step::new(price(1)).done();
                    }
                    let mut call = Step::held(page(&gate, 1));
                    invalidate(test.cache());
                    gate.let_through(1);
                    call.done();
                    assert_eq!(page::peek(1), None, "{way}, inner warm: {warm}");
                });
            }
        }
    }

    #[test]
    fn an_ingredient_that_was_evicted_still_reaches_its_dependants() {
        #[cached(ttl = "1h", key = "{id}", capacity = 1)]
        async fn small(id: u64) -> u64 {
            id
        }
        #[cached(ttl = "1h")]
        async fn outer() -> u64 {
            small(1).await
        }
        let test = TestCache::new();
        test.run_sync(|| {
            Step::new(outer()).done();
            small::put(2, 2).detach();
            assert_eq!((small::peek(1), outer::peek()), (None, Some(1)), "evicted, and the outer entry stays");
            small::invalidate(1).detach();
            assert_eq!(outer::peek(), None);
        });
    }

    #[test]
    fn a_follower_inherits_from_the_flight_it_followed() {
        let (test, held) = (TestCache::new(), Gate::closed());
        test.run_sync(|| {
            let mut leader = Step::held(slow_price(&held));
            let mut follower = Step::held(page_of_slow(&held));
            held.let_through(1);
            leader.done();
            follower.done();
            assert!(page_of_slow::peek().is_some());
            slow_price::invalidate().detach();
            assert!(page_of_slow::peek().is_none());
        });
    }

    #[cached(ttl = "1h", skip(gate))]
    async fn slow_price(gate: &Gate) -> u64 {
        gate.pass().await;
        1
    }

    #[cached(ttl = "1h", skip(gate))]
    async fn page_of_slow(gate: &Gate) -> u64 {
        slow_price(gate).await
    }

    #[test]
    fn dependencies_reach_through_several_levels() {
        #[cached(ttl = "1h", skip(gate))]
        async fn site(gate: &Gate) -> String {
            page(gate, 1).await + &page(gate, 2).await
        }
        let (test, gate) = (TestCache::new(), Gate::open());
        test.run_sync(|| {
            Step::new(site(&gate)).done();
            price::invalidate(3).detach();
            assert!(site::peek().is_some());
            price::invalidate(2).detach();
            assert!(site::peek().is_none());
            assert!(page::peek(1).is_some());
        });
    }

    #[test]
    fn a_function_that_does_not_track_stays() {
        #[cached(ttl = "1h", skip(gate), track = false)]
        async fn report(gate: &Gate) -> String {
            page(gate, 1).await
        }
        let (test, gate) = (TestCache::new(), Gate::open());
        test.run_sync(|| {
            Step::new(report(&gate)).done();
            price::invalidate(1).detach();
            assert!(report::peek().is_some());
        });
    }

    #[test]
    fn more_ingredients_than_allowed_are_not_stored_and_say_so() {
        #[cached(ttl = "1h", skip(many), name = "sum")]
        async fn sum(many: u64) -> u64 {
            let mut sum = 0;
            for id in 0..many {
                sum += price(id).await;
            }
            sum
        }
        // One name each, one for the region of prices and one for their tag.
        for (many, stored) in [(62, true), (63, false)] {
            let test = TestCache::new();
            test.run_sync(|| {
                Step::new(sum(many)).done();
                assert_eq!(sum::peek().is_some(), stored, "{many}");
            });
            let too_many = Event::NotStored { region: "sum".into(), reason: NotStored::TooManyDependencies };
            assert_eq!(test.events().contains(&too_many), !stored);
        }
    }

    #[tokio::test]
    async fn a_spawned_task_is_seen_when_it_is_tracked() {
        #[cached(ttl = "1h")]
        async fn spawned() -> u64 {
            tokio::spawn(cache_core::tracked(price(7))).await.unwrap()
        }
        let test = TestCache::new();
        test.run(async {
            spawned().await;
            price::invalidate(7).await;
            assert!(spawned::peek().is_none());
        })
        .await;
    }
}
