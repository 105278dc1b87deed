//! What lies under our names and is not ours, and what is gone from under them.

use std::time::Duration;

use cache_core::Region;
use cache_tests::{Gate, Step};

use crate::world::{Fleet, drive, get, get_tagged, get_through, value_name};

// P1.
#[tokio::test]
async fn bytes_that_are_no_envelope_are_a_miss_and_told() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get(&users_a, 1, "Ada").await;
    let name = value_name(&fleet, "users:1");
    let good = fleet.tier.peek(&name).unwrap();
    let mut bad: Vec<Vec<u8>> = (0..good.len()).map(|length| good[..length].to_vec()).collect();
    for index in 0..good.len() {
        let mut bytes = good.clone();
        bytes[index] ^= 0x41;
        bad.push(bytes);
    }
    bad.extend([vec![0; 4_096], vec![0xff; 100], b"{\"name\":\"Ada\"}".to_vec(), [&good[..], b"more"].concat()]);
    for (number, bytes) in bad.iter().enumerate() {
        fleet.tier.plant(&name, bytes);
        let key = format!("mine {number}");
        let value = drive(&fleet, &[&b], get(&users_b, 1, &key)).await;
        assert!(value == key, "{number}: {value}");
        users_b.invalidate(&1_u64).await;
    }
    assert!(b.has_told("unreadable"));
}

// P1: an envelope that is whole, under a name that is not its own.
#[tokio::test]
async fn a_value_of_another_type_is_a_miss() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let users_a = a.region("users");
    let numbers: Region<u64, u64> = b.cache().region("numbers").ttl(Duration::from_secs(60)).build().unwrap();
    let number = async |source: u64| numbers.get_or_load(&1_u64, || async move { Ok::<_, ()>(source) }).await.unwrap();
    get(&users_a, 1, "Ada").await;
    number(7).await;
    let (theirs, ours) = (value_name(&fleet, "users:1"), value_name(&fleet, "numbers:1"));
    let foreign = fleet.tier.peek(&theirs).unwrap();
    b.cache().invalidate_all().await;
    fleet.tier.plant(&ours, &foreign);
    assert_eq!(number(8).await, 8);
    assert!(b.has_told("unreadable"));
}

// P1 and P2: an envelope that names neither its region nor everything could not be invalidated.
#[tokio::test]
async fn a_value_of_another_region_is_a_miss() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (pages, users) = (a.region("pages"), b.region("users"));
    get(&pages, 1, "page").await;
    get(&users, 2, "user").await;
    let foreign = fleet.tier.peek(&value_name(&fleet, "pages:1")).unwrap();
    let name = value_name(&fleet, "users:2").replace("users:2", "users:1");
    fleet.tier.plant(&name, &foreign);
    assert_eq!(get(&users, 1, "mine").await, "mine");
    assert!(b.has_told("unreadable"));
}

// P9: each name that there is, gone at each moment.
#[tokio::test]
async fn a_name_that_is_evicted_brings_nothing_back() {
    let kinds = [":v:", ":l:", ":t:{@all}", ":t:{@r:users}", ":t:{org:7}", ":i:", ":f:"];
    for kind in kinds {
        for moment in 0..3 {
            let fleet = Fleet::new();
            let (a, b) = (fleet.process().await, fleet.process().await);
            let (users_a, users_b) = (a.region("users"), b.region("users"));
            let late = a.tagged("late");
            get(&late, 1, "teaches fences").await;
            let evict =
                || fleet.tier.names().iter().filter(|name| name.contains(kind)).for_each(|name| fleet.tier.evict(name));
            get_tagged(&users_b, 1, "org:7", "older").await;
            users_a.invalidate(&1_u64).await;
            let gate = Gate::closed();
            let mut load = Step::held(get_through(&gate, &users_b, 1, "old"));
            if moment == 0 {
                evict();
            }
            users_a.invalidate(&1_u64).await;
            a.cache().invalidate_tag("org:7").await;
            if moment == 1 {
                evict();
            }
            gate.let_through(1);
            assert_eq!(load.done(), "old");
            b.settle();
            if moment == 2 {
                evict();
            }
            let found = drive(&fleet, &[&a, &b], get_tagged(&users_a, 1, "org:7", "new")).await;
            assert_eq!(found, "new", "{kind} {moment}");
            let found = drive(&fleet, &[&a, &b], get_tagged(&users_b, 1, "org:7", "new")).await;
            assert_eq!(found, "new", "{kind} {moment}");
        }
    }
}

// Item 21.
#[tokio::test]
async fn a_replica_that_lags_brings_nothing_back_and_fills_no_process() {
    let fleet = Fleet::new();
    let (a, (b, line)) = (fleet.process().await, fleet.gated_with(|tier| tier.replica_reads(true)));
    let (users_a, users_b, pages_b) = (a.region("users"), b.region("users"), b.region("pages"));
    // Built upon: its keys have identities from here on.
    for key in [100, 101] {
        let load = || async { Ok::<_, ()>(get(&users_b, key, "first").await) };
        pages_b.get_or_load(&key, load).await.unwrap();
    }
    get(&users_b, 1, "old").await;
    line.replica_stands_still();
    users_a.invalidate(&1_u64).await;
    assert_eq!(get(&users_b, 1, "new").await, "new", "the primary's identity says that it is old");
}

// Item 24.
#[tokio::test]
async fn an_absence_is_shared_and_goes_with_its_key() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let region = |process: &crate::world::Process| {
        let builder = process.cache().region::<u64, String>("users").ttl(Duration::from_secs(60));
        builder.negative_ttl(Duration::from_secs(30)).build().unwrap()
    };
    let (users_a, users_b) = (region(&a), region(&b));
    let find = async |users: &Region<u64, String>, source: Option<&str>| {
        let load = || async { Ok::<_, ()>(source.map(str::to_owned)) };
        users.get_or_load_optional(&1_u64, load).await.unwrap()
    };
    assert_eq!(find(&users_a, None).await, None);
    assert_eq!(find(&users_b, Some("wrong")).await, None);
    assert_eq!(users_b.stats().loads, 0);
    users_a.invalidate(&1_u64).await;
    assert_eq!(find(&users_b, Some("Ada")).await.as_deref(), Some("Ada"));
    assert_eq!(find(&users_a, None).await.as_deref(), Some("Ada"));
    // What wants a value does not take an absence.
    users_a.invalidate(&1_u64).await;
    find(&users_a, None).await;
    assert_eq!(get(&users_b, 1, "Grace").await, "Grace");
}
