//! Entries that are kept as long as somebody asks for them.

use crate::{SECOND, Shop};

#[test]
fn an_entry_lives_while_it_is_used_and_not_longer() {
    let shop = Shop::new(|rows| rows.tti(SECOND * 16));
    shop.aged(1, 16);
    assert_eq!(shop.rows.get(&1_u64), Some(1), "it was used 16 seconds ago");
    shop.pass(16);
    assert_eq!(shop.rows.get(&1_u64), Some(1));
    shop.pass(17);
    assert_eq!(shop.rows.get(&1_u64), None, "a sixteenth longer at most");
}

#[test]
fn the_ttl_ends_it_whoever_uses_it() {
    let shop = Shop::new(|rows| rows.tti(SECOND * 16));
    shop.aged(1, 0);
    for _ in 0..59 {
        shop.pass(1);
        assert_eq!(shop.rows.get(&1_u64), Some(1));
    }
    shop.pass(1);
    assert_eq!(shop.rows.get(&1_u64), None);
}

#[test]
fn looking_is_not_using() {
    let shop = Shop::new(|rows| rows.tti(SECOND * 16));
    shop.aged(1, 10);
    assert!(shop.rows.contains(&1_u64) && shop.rows.peek(&1_u64) == Some(1));
    assert_eq!(shop.rows.remaining_ttl(&1_u64), Some(SECOND * 6));
    shop.pass(10);
    assert_eq!(shop.rows.get(&1_u64), None);
}

#[test]
fn a_sweep_gives_unused_entries_back() {
    let shop = Shop::new(|rows| rows.tti(SECOND * 16));
    shop.rows.put_many([(1_u64, 1), (2, 2)]).detach();
    shop.pass(10);
    assert_eq!(shop.rows.get(&1_u64), Some(1));
    shop.pass(10);
    assert_eq!(shop.test.cache().sweep(), 1);
    assert_eq!((shop.rows.peek(&1_u64), shop.rows.len()), (Some(1), 1));
}
