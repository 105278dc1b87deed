//! Values that are loaded anew before their ttl is over: at a moment of it, or at random.

use crate::{Down, SECOND, Shop};

#[test]
fn after_its_part_of_the_ttl_a_value_is_refreshed_once() {
    let shop = Shop::new(|rows| rows.refresh_ahead(0.5));
    shop.aged(1, 29);
    assert_eq!(shop.get_detached(Ok(2)), Ok(1));
    assert_eq!(shop.tasks.run(), 0);
    assert_eq!(shop.loads(), 1);
    shop.pass(1);
    for _ in 0..5 {
        assert_eq!(shop.get_detached(Ok(2)), Ok(1));
    }
    shop.tasks.run();
    assert_eq!((shop.loads(), shop.rows.get(&1_u64)), (2, Some(2)));
    shop.pass(59);
    assert_eq!(shop.rows.get(&1_u64), Some(2), "its ttl began anew");
    assert_eq!(shop.rows.stats().stale_hits, 0);
}

#[test]
fn nobody_asks_and_nothing_is_refreshed() {
    let shop = Shop::new(|rows| rows.refresh_ahead(0.5));
    shop.aged(1, 45);
    assert_eq!((shop.rows.peek(&1_u64), shop.tasks.run()), (Some(1), 0));
    shop.pass(15);
    assert_eq!(shop.get(Ok(2)), Ok(2));
}

#[test]
fn a_failed_refresh_leaves_the_fresh_value_and_comes_again_later() {
    let shop = Shop::new(|rows| rows.refresh_ahead(0.5));
    shop.aged(1, 30);
    assert_eq!(shop.get_detached(Err(Down::Source)), Ok(1));
    shop.tasks.run();
    assert_eq!(shop.get_detached(Ok(2)), Ok(1));
    assert_eq!((shop.tasks.run(), shop.loads()), (0, 2));
    shop.pass(1);
    assert_eq!(shop.get_detached(Ok(2)), Ok(1));
    shop.tasks.run();
    assert_eq!(shop.rows.get(&1_u64), Some(2));
}

#[test]
fn a_caller_whose_load_borrows_refreshes_in_its_own_time() {
    let shop = Shop::new(|rows| rows.refresh_ahead(0.5));
    shop.aged(1, 30);
    assert_eq!(shop.get(Err(Down::Source)), Ok(1), "there is a fresh value: what do errors matter");
    shop.pass(1);
    assert_eq!(shop.get(Ok(2)), Ok(2));
}

/// XFetch with a load of one second and a ttl of a minute: chance chooses nobody in the first third, and almost
/// surely somebody before the end.
#[test]
fn chance_refreshes_before_the_end_and_not_long_before() {
    let shop = Shop::new(|rows| rows.early(1.0));
    let clock = shop.test.clock().clone();
    let load = || async {
        clock.advance(SECOND);
        Ok::<_, Down>(1)
    };
    assert_eq!(cache_tests::Step::new(shop.rows.get_or_load(&1_u64, load)).done(), Ok(1));
    let mut chosen = None;
    for tenth in 0..600 {
        shop.get_detached(Ok(2)).unwrap();
        shop.tasks.run();
        if shop.loads() == 2 {
            chosen = Some(tenth);
            break;
        }
        clock.advance(SECOND / 10);
    }
    assert!(chosen.is_some_and(|tenth| (230..600).contains(&tenth)), "{chosen:?}");
    assert_eq!(shop.rows.stats().misses, 1, "nobody waited");
}
