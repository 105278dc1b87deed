//! Old and new versions of a program, side by side: each reads its own values, and everybody's are invalidated.

use std::time::Duration;

use cache_core::Region;

use crate::world::{Fleet, Process, get};

fn version(process: &Process, version: &str) -> Region<u64, String> {
    process.cache().region("users").version(version).ttl(Duration::from_secs(60)).build().unwrap()
}

// Item 8.
#[tokio::test]
async fn new_code_invalidates_what_old_code_has_stored() {
    for what in ["key", "region", "pattern"] {
        let fleet = Fleet::new();
        let (old, new) = (fleet.process().await, fleet.process().await);
        let (users_old, users_new) = (version(&old, "1"), version(&new, "2"));
        get(&users_old, 1, "old").await;
        assert_eq!(get(&users_new, 1, "own").await, "own", "neither reads the other's");
        match what {
            "key" => users_new.invalidate(&1_u64).await,
            "region" => users_new.invalidate_all().await,
            _ => new.cache().invalidate_pattern("users:1").await,
        };
        assert_eq!(users_old.get(&1_u64), None, "{what}");
        assert_eq!(get(&users_old, 1, "new").await, "new", "{what}: nor does the tier have it");
    }
}

// Item 8: by the old code, which cannot know the new one's schema beforehand.
#[tokio::test]
async fn old_code_invalidates_what_new_code_has_stored() {
    let fleet = Fleet::new();
    let old = fleet.process().await;
    let users_old = version(&old, "1");
    users_old.invalidate(&1_u64).await;
    let new = fleet.process().await;
    let users_new = version(&new, "2");
    get(&users_new, 1, "old").await;
    users_old.invalidate(&1_u64).await;
    assert_eq!(get(&users_new, 1, "new").await, "new");
}

// Item 8: a load of the other version that is under way.
#[tokio::test]
async fn a_load_of_another_version_is_rejected_too() {
    let fleet = Fleet::new();
    let ((old, line), new) = (fleet.gated(), fleet.process().await);
    let (users_old, users_new) = (version(&old, "1"), version(&new, "2"));
    let held = line.next("commit", "users:1", crate::gated::Fate::Before);
    let mut load = cache_tests::Step::held(get(&users_old, 1, "old"));
    users_new.invalidate(&1_u64).await;
    held.release();
    assert_eq!(load.done(), "old");
    assert_eq!(get(&users_old, 1, "new").await, "new");
}

// A change in one step leaves nothing old to the other version either.
#[tokio::test]
async fn what_new_code_changes_old_code_reads_anew() {
    let fleet = Fleet::new();
    let (old, new) = (fleet.process().await, fleet.process().await);
    let (users_old, users_new) = (version(&old, "1"), version(&new, "2"));
    get(&users_old, 1, "Ada").await;
    let update = users_new.update(&1_u64, |_| Some("Grace".to_owned())).await;
    assert_eq!(update.unwrap().as_deref(), Some("Grace"));
    assert_eq!(users_old.get(&1_u64), None, "it was told");
    assert_eq!(get(&users_old, 1, "Grace, read by the old code").await, "Grace, read by the old code");
    assert_eq!(users_new.find(&1_u64).await.as_deref(), Some("Grace"), "what was changed stays");
}

// Item 8: what a region stores under is announced again, should it get lost.
#[tokio::test]
async fn a_schema_that_was_lost_is_announced_again() {
    let fleet = Fleet::new();
    let old = fleet.process().await;
    let users_old = version(&old, "1");
    get(&users_old, 0, "first").await;
    fleet.tier.evict("test:r:{users}");
    fleet.pass(Duration::from_secs(61), &[&old]);
    get(&users_old, 1, "old").await;
    let new = fleet.process().await;
    version(&new, "2").invalidate(&1_u64).await;
    assert_eq!(get(&users_old, 1, "new").await, "new");
}

// Item 8: a value that is put is new for the other version too.
#[tokio::test]
async fn a_put_of_new_code_removes_what_old_code_has_stored() {
    let fleet = Fleet::new();
    let (old, new) = (fleet.process().await, fleet.process().await);
    let (users_old, users_new) = (version(&old, "1"), version(&new, "2"));
    get(&users_old, 1, "old").await;
    users_new.put(&1_u64, "new".to_owned()).await;
    assert_eq!(get(&users_old, 1, "new").await, "new");
    assert_eq!(get(&users_new, 1, "wrong").await, "new");
}

// Without the set nobody knows under what others have stored a key.
#[tokio::test]
async fn a_set_of_schemas_that_was_evicted_costs_the_region() {
    let fleet = Fleet::new();
    let (old, new) = (fleet.process().await, fleet.process().await);
    let (users_old, users_new) = (version(&old, "1"), version(&new, "2"));
    get(&users_old, 2, "two").await;
    get(&users_new, 1, "old").await;
    fleet.tier.evict("test:r:{users}");
    users_old.invalidate(&1_u64).await;
    assert_eq!(get(&users_new, 1, "new").await, "new");
}

// A set that was lost costs the region once, not with each invalidation until somebody announces it again.
#[tokio::test]
async fn a_set_of_schemas_that_was_lost_costs_the_region_once() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_b, 1, "Ada").await;
    get(&users_a, 1, "wrong").await;
    fleet.tier.evict("test:r:{users}");
    users_a.invalidate(&1_u64).await;
    get(&users_b, 2, "Grace").await;
    users_a.invalidate(&1_u64).await;
    assert_eq!(users_b.get(&2_u64).as_deref(), Some("Grace"), "another key of the region");
}

// Item 8: who has announced itself before the set was lost does so once more before it stores anything else.
#[tokio::test]
async fn a_lost_set_that_one_version_has_made_anew_gets_the_other_version_too() {
    let fleet = Fleet::new();
    let (old, new) = (fleet.process().await, fleet.process().await);
    let (users_old, users_new) = (version(&old, "1"), version(&new, "2"));
    get(&users_new, 1, "first").await;
    get(&users_old, 2, "first").await;
    fleet.tier.evict("test:r:{users}");
    // Made anew by who does not know the old version.
    users_new.invalidate(&7_u64).await;
    get(&users_old, 1, "old").await;
    users_new.invalidate(&1_u64).await;
    assert_eq!(get(&users_old, 1, "new").await, "new");
}
