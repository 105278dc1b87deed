//! Changing a value in one step.

use std::time::Duration;

use cache_core::{Cache, Region};

use crate::world::{Fleet, drive};

fn add(by: u64) -> impl FnMut(Option<u64>) -> Option<u64> {
    move |count| Some(count.unwrap_or(0) + by)
}

#[tokio::test]
async fn no_change_is_lost_between_processes() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let [counts_a, counts_b]: [Region<u64, u64>; 2] =
        [&a, &b].map(|process| process.cache().region("counts").ttl(Duration::from_secs(600)).build().unwrap());
    let changes = async {
        let each = |counts: Region<u64, u64>| async move {
            for _ in 0..20 {
                counts.update(&1_u64, add(1)).await.unwrap();
            }
        };
        tokio::join!(each(counts_a.clone()), each(counts_b.clone()));
    };
    drive(&fleet, &[&a, &b], changes).await;
    assert_eq!(counts_a.find(&1_u64).await, Some(40));
    assert_eq!(counts_b.update(&1_u64, add(2)).await.unwrap(), Some(42));
    assert_eq!(counts_a.find(&1_u64).await, Some(42), "the other one was told");
    assert_eq!(counts_a.update(&1_u64, |_| None).await.unwrap(), None);
    assert_eq!(counts_b.find(&1_u64).await, None);
    fleet.tier.go_down();
    assert!(counts_a.update(&1_u64, add(1)).await.is_err(), "nothing is changed by halves");
}

#[tokio::test]
async fn a_change_during_which_the_key_is_put_is_made_anew() {
    let counts: Region<u64, u64> = Cache::new().region("counts").build().unwrap();
    let mut seen = Vec::new();
    let changed = counts.update(&1_u64, |count| {
        seen.push(count);
        if seen.len() == 1 {
            counts.put(&1_u64, 10).detach();
        }
        Some(count.unwrap_or(0) + 1)
    });
    assert_eq!(changed.await.unwrap(), Some(11));
    assert_eq!(seen, [None, Some(10)]);
}
