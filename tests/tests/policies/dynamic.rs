//! What a value says of its own ttl, and whether it is kept at all.

use cache_tests::Step;

use crate::{Down, SECOND, Shop};

#[test]
fn each_value_has_the_ttl_it_says() {
    let shop = Shop::new(|rows| rows.ttl_by(|key, value| SECOND * u32::try_from(key + value).unwrap()));
    let load = |key: u64, value: u64| {
        Step::new(shop.rows.get_or_load(&key, || async move { Ok::<_, Down>(value) })).done().unwrap()
    };
    load(1, 4);
    load(2, 8);
    shop.rows.put(&3_u64, 17).detach();
    let left = |key: u64| shop.rows.remaining_ttl(&key);
    assert_eq!((left(1), left(2), left(3)), (Some(SECOND * 5), Some(SECOND * 10), Some(SECOND * 20)));
}

#[test]
fn a_ttl_of_nothing_keeps_the_value_out() {
    let shop = Shop::new(|rows| rows.ttl_by(|_, value| SECOND * u32::from(*value != 1)));
    assert_eq!(shop.get(Ok(1)), Ok(1));
    assert_eq!(shop.get(Ok(2)), Ok(2));
    assert_eq!(shop.get(Ok(3)), Ok(2));
    assert_eq!(shop.rows.stats().not_stored, 0, "that is not a failure");
}

#[test]
fn a_value_that_is_kept_out_is_still_shared_and_ends_what_was_there() {
    let shop = Shop::new(|rows| rows.cache_if(|_, value| value % 2 == 0));
    let gate = cache_tests::Gate::closed();
    let load = || async {
        gate.pass().await;
        Ok::<_, Down>(1)
    };
    let (mut leader, mut waiter) =
        (Step::held(shop.rows.get_or_load(&1_u64, load)), Step::held(shop.rows.get_or_load(&1_u64, load)));
    gate.let_through(1);
    assert_eq!((leader.done(), waiter.done(), gate.loads()), (Ok(1), Ok(1), 1));
    assert_eq!(shop.get(Ok(2)), Ok(2));
    assert_eq!(Step::new(shop.rows.refresh(&1_u64, || async { Ok::<_, Down>(3) })).done(), Ok(3));
    assert_eq!(shop.rows.get(&1_u64), None, "2 is not what the source says now");
    shop.rows.put(&1_u64, 4).detach();
    shop.rows.put(&1_u64, 5).detach();
    assert_eq!(shop.rows.get(&1_u64), None);
}
