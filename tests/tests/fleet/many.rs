//! Many keys at once.

use std::cell::RefCell;
use std::time::Duration;

use crate::world::{Fleet, drive};

async fn load_many(
    users: &cache_core::Region<u64, String>,
    keys: &[u64],
    asked: &RefCell<Vec<u64>>,
) -> Vec<Option<String>> {
    let load = |missing: Vec<u64>| {
        asked.borrow_mut().extend(&missing);
        async move {
            let found = missing.into_iter().filter(|key| *key < 90).map(|key| (key, format!("user {key}")));
            Ok::<_, ()>(found.collect())
        }
    };
    users.get_or_load_many(keys, load).await.unwrap()
}

#[tokio::test]
async fn a_batch_takes_what_the_tier_has_and_loads_the_rest_with_one_call() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let asked = RefCell::new(Vec::new());
    drive(&fleet, &[&a, &b], load_many(&users_a, &[1, 2, 99], &asked)).await;
    assert_eq!(asked.take(), [1, 2, 99]);
    let before = fleet.tier.requests();
    let names = drive(&fleet, &[&a, &b], load_many(&users_b, &[1, 2, 3, 1], &asked)).await;
    assert_eq!(asked.take(), [3]);
    assert_eq!(names.iter().flatten().collect::<Vec<_>>(), ["user 1", "user 2", "user 3", "user 1"]);
    assert_eq!(users_b.stats().shared_hits, 2);
    assert_eq!(fleet.tier.requests() - before, 4, "one look for all, the schema, a lease and a commit for the one");
    let before = fleet.tier.requests();
    assert_eq!(users_a.find_many(&[1_u64, 2, 3, 4]).await.iter().flatten().count(), 3);
    assert_eq!(fleet.tier.requests() - before, 1);
    assert_eq!(users_a.find(&3_u64).await.as_deref(), Some("user 3"));
    assert_eq!(users_a.stats().loads, 3, "finding loads nothing");
}

#[tokio::test]
async fn two_batches_that_need_each_others_keys_do_not_wait_for_each_other() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let began = fleet.clock.clone();
    let (asked_a, asked_b) = (RefCell::new(Vec::<u64>::new()), RefCell::new(Vec::<u64>::new()));
    let both = async {
        let first = async {
            let load = |missing: Vec<u64>| {
                asked_a.borrow_mut().extend(&missing);
                let clock = began.clone();
                async move {
                    cache_core::Clock::sleep(&clock, Duration::from_millis(20)).await;
                    Ok::<_, ()>(missing.into_iter().map(|key| (key, format!("a {key}"))).collect())
                }
            };
            users_a.get_or_load_many(&[1_u64, 2], load).await.unwrap()
        };
        let second = async {
            let load = |missing: Vec<u64>| {
                asked_b.borrow_mut().extend(&missing);
                let clock = began.clone();
                async move {
                    cache_core::Clock::sleep(&clock, Duration::from_millis(20)).await;
                    Ok::<_, ()>(missing.into_iter().map(|key| (key, format!("b {key}"))).collect())
                }
            };
            users_b.get_or_load_many(&[2_u64, 1], load).await.unwrap()
        };
        tokio::join!(first, second)
    };
    let (first, second) = drive(&fleet, &[&a, &b], both).await;
    assert!(first.iter().chain(&second).all(Option::is_some));
    assert_eq!(asked_a.borrow().len() + asked_b.borrow().len(), 2, "each key was loaded once in the fleet");
}

#[tokio::test]
async fn keys_that_belong_together_lie_together_and_are_reached_by_everything() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let [users_a, users_b] = [&a, &b].map(|process| {
        let builder = process.cache().region::<(String, u64), String>("users").ttl(Duration::from_secs(60));
        builder.hash_tag(|(tenant, _)| tenant.to_string()).build().unwrap()
    });
    let get = async |users: &cache_core::Region<(String, u64), String>, source: &str| {
        let load = users.get_or_load(&("acme", 1_u64), || async { Ok::<_, ()>(source.to_owned()) });
        drive(&fleet, &[&a, &b], load).await.unwrap()
    };
    assert_eq!(get(&users_a, "one").await, "one");
    assert!(
        fleet.tier.names().iter().any(|name| name.starts_with("test:v:{acme}users:acme:1}@")),
        "{:?}",
        fleet.tier.names()
    );
    assert_eq!(get(&users_b, "wrong").await, "one");
    users_a.invalidate(&("acme", 1_u64)).await;
    assert_eq!(get(&users_b, "two").await, "two");
    a.cache().invalidate_pattern("users:acme:*").await;
    assert_eq!(get(&users_b, "three").await, "three");
    assert_eq!(get(&users_a, "wrong").await, "three");
}
