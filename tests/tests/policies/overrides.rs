//! Settings of one call.

use cache_core::{Tag, Ttl};
use cache_tests::Step;

use crate::{Down, SECOND, Shop};

async fn load(value: u64) -> Result<u64, Down> {
    Ok(value)
}

#[test]
fn a_call_can_say_how_long_what_it_loads_is_fresh() {
    let shop = Shop::new(|rows| rows);
    Step::new(shop.rows.call(&1_u64).ttl(SECOND * 5).load(|| load(1))).done().unwrap();
    Step::new(shop.rows.call(&2_u64).ttl(Ttl::Never).load(|| load(2))).done().unwrap();
    Step::new(shop.rows.call(&3_u64).ttl(Ttl::Default).load(|| load(2))).done().unwrap();
    let left = |key: u64| shop.rows.remaining_ttl(&key).unwrap();
    assert_eq!((left(1), left(2), left(3)), (SECOND * 5, std::time::Duration::MAX, SECOND * 300));
    Step::new(shop.rows.call(&1_u64).ttl(SECOND * 50).load(|| load(9))).done().unwrap();
    assert_eq!(left(1), SECOND * 5, "it was found, not loaded");
}

#[test]
fn a_call_can_tag_what_it_loads() {
    let shop = Shop::new(|rows| rows);
    let tag = Tag::of("org", &7_u64);
    assert_eq!(Step::new(shop.rows.call(&1_u64).tag(tag.clone()).load(|| load(1))).done(), Ok(1));
    shop.test.cache().invalidate_tag(tag).detach();
    assert_eq!(shop.rows.get(&1_u64), None);
}

#[test]
fn a_call_can_want_a_new_value() {
    let shop = Shop::new(|rows| rows);
    assert_eq!(shop.get(Ok(1)), Ok(1));
    assert_eq!(Step::new(shop.rows.call(&1_u64).force().load(|| load(2))).done(), Ok(2));
    assert_eq!(shop.get(Ok(3)), Ok(2));
}
