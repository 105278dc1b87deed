//! Counters and limiters of the fleet.

use std::time::Duration;

use crate::world::Fleet;

#[tokio::test]
async fn processes_count_together_and_alone_while_the_tier_is_away() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let counters = [&a, &b].map(|process| process.cache().fleet_counter("views", Duration::from_secs(60)));
    assert_eq!(counters[0].increment("home", 2).await.value, 2);
    assert_eq!(counters[1].increment("home", 3).await.value, 5);
    assert_eq!(fleet.tier.peek("test:n:{views:home}").as_deref(), Some(b"5".as_slice()), "a plain number");
    fleet.tier.go_down();
    let count = counters[0].increment("home", 1).await;
    assert_eq!((count.value, count.of_fleet), (1, false));
    fleet.tier.come_back(false);
    fleet.pass(Duration::from_secs(1), &[&a, &b]);
    let count = counters[1].increment("home", 1).await;
    assert_eq!((count.value, count.of_fleet), (6, true));
    fleet.pass(Duration::from_secs(60), &[&a, &b]);
    assert_eq!(counters[1].increment("home", 1).await.value, 1, "its time began with the first count");
}

#[tokio::test]
async fn processes_share_a_limit() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let limiters = [&a, &b].map(|process| process.cache().fleet_rate_limiter("login", 3, Duration::from_secs(10)));
    let mut allowed = 0;
    for limiter in limiters.iter().cycle().take(8) {
        allowed += u32::from(limiter.check("10.0.0.7").await.is_allowed());
    }
    assert_eq!(allowed, 3);
    assert!(limiters[0].check("10.0.0.8").await.is_allowed(), "keys do not share a limit");
    fleet.tier.go_down();
    assert!(limiters[0].check("10.0.0.7").await.is_allowed(), "alone it begins anew");
}
