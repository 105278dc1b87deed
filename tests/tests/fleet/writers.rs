//! `on = "around"`: a writer that announces itself, and what the fleet does meanwhile.

use std::time::Duration;

use cache_core::{cache_invalidate, cached};

use crate::world::{Fleet, drive};

#[cached(ttl = "1m", key = "{id}", tags = ["prices"], name = "price")]
async fn price(id: u64) -> u64 {
    SOURCE.load(std::sync::atomic::Ordering::SeqCst) + id
}

static SOURCE: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

#[cache_invalidate(price(id), on = "around")]
async fn set_price(id: u64, meanwhile: impl Future<Output = ()>) {
    meanwhile.await;
    SOURCE.store(100, std::sync::atomic::Ordering::SeqCst);
    let _ = id;
}

#[tokio::test]
async fn under_a_mark_values_are_handed_out_and_stored_nowhere() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let both = [&a, &b];
    drive(&fleet, &both, b.test.run(price(1))).await;
    let during = async {
        assert!(fleet.tier.peek("test:l:{price:1}").is_some_and(|lease| lease[0] == 0xff), "the mark");
        assert_eq!(b.test.run(price(1)).await, 1, "who asks meanwhile gets what is there");
        assert_eq!(b.test.run(async { price::peek(1) }).await, None, "and does not keep it");
        assert_eq!(fleet.tier.names().iter().filter(|name| name.starts_with("test:v:")).count(), 0);
        price_is_marked_for_as_long_as_the_writer_lives(&fleet, &both);
    };
    drive(&fleet, &both, a.test.run(set_price(1, during))).await;
    assert_eq!(fleet.tier.peek("test:l:{price:1}"), None, "the writer's own mark is gone");
    assert_eq!(drive(&fleet, &both, b.test.run(price(1))).await, 101);
    assert_eq!(b.test.run(async { price::peek(1) }).await, Some(101));
}

fn price_is_marked_for_as_long_as_the_writer_lives(fleet: &Fleet, processes: &[&crate::world::Process]) {
    fleet.pass(Duration::from_secs(10), processes);
    assert!(fleet.tier.peek("test:l:{price:1}").is_some(), "it is renewed");
}
