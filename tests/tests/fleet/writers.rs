//! `on = "around"`: a writer that announces itself, and what the fleet does meanwhile.

use std::time::Duration;

use cache_core::backend::Backend;
use cache_core::{cache_invalidate, cache_put, cached};

use crate::world::{Fleet, drive, get_tagged};

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

static STOCK: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

#[cached(ttl = "1m", key = "{id}", name = "stock")]
async fn stock(id: u64) -> u64 {
    let _ = id;
    STOCK.load(std::sync::atomic::Ordering::SeqCst)
}

#[cache_put(stock(id))]
async fn set_stock(id: u64, value: u64, before_it_returns: impl Future<Output = ()>) -> u64 {
    let _ = id;
    STOCK.store(value, std::sync::atomic::Ordering::SeqCst);
    before_it_returns.await;
    value
}

#[tokio::test]
async fn of_two_processes_that_put_the_later_writer_is_found_everywhere() {
    for message_comes in ["between", "late"] {
        let fleet = Fleet::new();
        let (a, b) = (fleet.process().await, fleet.process().await);
        let both = [&a, &b];
        if message_comes == "late" {
            fleet.tier.hold_messages();
        }
        let overtaken = async {
            b.test.run(set_stock(1, 8, std::future::ready(()))).await;
        };
        drive(&fleet, &both, a.test.run(set_stock(1, 7, overtaken))).await;
        fleet.tier.deliver();
        both.iter().for_each(|process| process.settle());
        for process in both {
            assert_eq!(drive(&fleet, &both, process.test.run(stock(1))).await, 8, "{message_comes}");
        }
    }
}

#[tokio::test]
async fn under_the_mark_of_a_tag_nobody_waits_for_a_load_that_stores_nothing() {
    let fleet = Fleet::new();
    let a = fleet.process().await;
    let users = a.region("users");
    fleet.tier.take("test:t:{org:7}", &[0xff; 16], Duration::from_secs(3)).await.unwrap();
    assert_eq!(get_tagged(&users, 1, "org:7", "Ada").await, "Ada");
    a.settle();
    assert_eq!(fleet.tier.peek("test:l:{users:1}"), None, "the lease is given back");
}

// Item 19: a mark whose writer has died ends by itself, however often its name is asked for meanwhile.
#[tokio::test]
async fn a_mark_that_nobody_renews_ends() {
    for name in ["test:t:{org:7}", "test:t:{@r:users}", "test:t:{@all}"] {
        let fleet = Fleet::new();
        let (a, b) = (fleet.process().await, fleet.process().await);
        let (users_a, users_b) = (a.region("users"), b.region("users"));
        let mark = [0xff; 16];
        fleet.tier.take(name, &mark, Duration::from_secs(3)).await.unwrap();
        for _ in 0..4 {
            fleet.pass(Duration::from_secs(1), &[&a, &b]);
            get_tagged(&users_a, 1, "org:7", "Ada").await;
        }
        assert_ne!(fleet.tier.peek(name).as_deref(), Some(&mark[..]), "{name}");
        users_a.invalidate(&1_u64).await;
        get_tagged(&users_a, 1, "org:7", "Ada").await;
        assert_eq!(get_tagged(&users_b, 1, "org:7", "wrong").await, "Ada", "{name}");
    }
}
