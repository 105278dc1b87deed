//! Tags that only the value knows: captured after the load, and safe all the same because of their fences.

use std::time::Duration;

use cache_core::Region;
use cache_tests::{Gate, Step};

use crate::gated::Fate;
use crate::world::{Fleet, Process, get, get_through, value_name};

/// Two processes with a region whose values have the tag `users:<first word>`, and know all fences.
async fn pair(fleet: &Fleet) -> [(Process, Region<u64, String>); 2] {
    let mut pair = Vec::new();
    for key in [100, 101] {
        let process = fleet.process().await;
        let users = process.tagged("users");
        get(&users, key, "first").await;
        pair.push((process, users));
    }
    pair.try_into().unwrap_or_else(|_| unreachable!())
}

// Item 2.
#[tokio::test]
async fn a_late_tag_that_is_invalidated_during_the_load_makes_it_invalid_everywhere() {
    for by_itself in [true, false] {
        let fleet = Fleet::new();
        let [(a, users_a), (b, users_b)] = pair(&fleet).await;
        let gate = Gate::closed();
        let mut load = Step::held(get_through(&gate, &users_a, 42, "seven old"));
        let invalidator = if by_itself { &a } else { &b };
        invalidator.cache().invalidate_tag("users:seven").await;
        gate.let_through(1);
        assert_eq!(load.done(), "seven old");
        a.settle();
        assert_eq!(get(&users_b, 42, "seven new").await, "seven new");
        assert_eq!(get(&users_a, 42, "wrong").await, "seven new");
    }
}

// Item 2, when the message about it comes after everything else.
#[tokio::test]
async fn a_late_tag_is_safe_without_the_message() {
    let fleet = Fleet::new();
    let [(b, users_b), _] = pair(&fleet).await;
    let (a, line) = fleet.gated();
    let users_a = a.tagged("users");
    get(&users_a, 102, "first").await;
    let gate = Gate::closed();
    let mut load = Step::held(get_through(&gate, &users_a, 42, "seven old"));
    line.messages().hold();
    b.cache().invalidate_tag("users:seven").await;
    gate.let_through(1);
    assert_eq!(load.done(), "seven old");
    a.settle();
    assert_eq!(users_a.get(&42_u64), None, "not even here");
    assert_eq!(get(&users_b, 42, "seven new").await, "seven new");
    line.messages().deliver();
    assert_eq!(get(&users_a, 42, "wrong").await, "seven new");
}

// Item 2: the fence is changed before the tag, and the tag is captured before the fence is read. The invalidation comes
// at each place between the two requests of the load.
#[tokio::test]
async fn a_late_tag_is_captured_before_its_fence_is_read() {
    for (method, part) in [("capture", "users:seven"), ("capture", ":f:{fence}"), ("commit", "users:42")] {
        for fate in [Fate::Before, Fate::After] {
            let fleet = Fleet::new();
            let [(b, users_b), _] = pair(&fleet).await;
            let (a, line) = fleet.gated();
            let users_a = a.tagged("users");
            get(&users_a, 102, "first").await;
            line.messages().hold();
            let held = line.next(method, part, fate);
            let mut load = Step::held(get(&users_a, 42, "seven old"));
            assert_eq!(held.reached(), 1, "{method} {part}");
            b.cache().invalidate_tag("users:seven").await;
            held.release();
            assert_eq!(load.done(), "seven old");
            a.settle();
            let found = get(&users_b, 42, "seven new").await;
            assert_eq!(found, "seven new", "{method} {part} {fate:?}");
        }
    }
}

// Item 2: the invalidator's half of the same order.
#[tokio::test]
async fn an_invalidation_changes_the_fence_with_the_tag() {
    let fleet = Fleet::new();
    let (a, line) = fleet.gated();
    let users = a.tagged("users");
    get(&users, 1, "seven").await;
    line.clear();
    a.cache().invalidate_tag("users:seven").await;
    let asked = line.asked("bump");
    let fence = asked[0].find(":f:{fence}").expect("the fence is changed");
    assert!(fence < asked[0].find("users:seven").unwrap(), "the fence first: {asked:?}");
}

// F3.
#[tokio::test]
async fn a_fence_that_is_gone_counts_as_changed() {
    let fleet = Fleet::new();
    let [(a, users_a), (b, users_b)] = pair(&fleet).await;
    let gate = Gate::closed();
    let mut load = Step::held(get_through(&gate, &users_a, 42, "seven old"));
    b.cache().invalidate_tag("users:seven").await;
    for name in fleet.tier.names().iter().filter(|name| name.contains(":f:") || name.contains("seven")) {
        fleet.tier.evict(name);
    }
    gate.let_through(1);
    assert_eq!(load.done(), "seven old");
    a.settle();
    assert_eq!(get(&users_b, 42, "seven new").await, "seven new");
    assert_eq!(get(&users_a, 42, "wrong").await, "seven new");
}

// F3: gone, and nothing was invalidated. It costs a load, and the next one is shared again.
#[tokio::test]
async fn a_fence_that_is_gone_costs_one_load() {
    let fleet = Fleet::new();
    let [(a, users_a), (_b, users_b)] = pair(&fleet).await;
    for name in fleet.tier.names().iter().filter(|name| name.contains(":f:")) {
        fleet.tier.evict(name);
    }
    get(&users_a, 42, "seven").await;
    assert_eq!(users_a.get(&42_u64), None, "doubtful: stored nowhere");
    a.settle();
    get(&users_a, 42, "seven").await;
    assert_eq!(get(&users_b, 42, "wrong").await, "seven");
}

// F2.
#[tokio::test]
async fn what_is_built_on_a_doubtful_load_is_stored_nowhere() {
    let fleet = Fleet::new();
    let [(a, users_a), (b, _users_b)] = pair(&fleet).await;
    let (pages_a, pages_b) = (a.region("pages"), b.region("pages"));
    let page = |key: u64| get(&users_a, key, "seven old");
    // Known to be built upon.
    for key in [40, 41] {
        pages_a.get_or_load(&key, || async { Ok::<_, ()>(page(key).await) }).await.unwrap();
    }
    let gate = Gate::closed();
    let load = || async {
        let user = get_through(&gate, &users_a, 42, "seven old").await;
        Ok::<_, ()>(format!("page of {user}"))
    };
    let mut outer = Step::held(pages_a.get_or_load(&42_u64, load));
    b.cache().invalidate_tag("users:seven").await;
    gate.let_through(1);
    assert_eq!(outer.done().unwrap(), "page of seven old");
    a.settle();
    assert_eq!(pages_a.get(&42_u64), None);
    assert_eq!(get(&pages_b, 42, "new page").await, "new page");
    assert_eq!(get(&pages_a, 42, "wrong").await, "new page");
}

// Item 2: the flight of a key does not know yet that it carries a tag; who comes after the invalidation must not join.
#[tokio::test]
async fn who_calls_after_an_invalidation_does_not_get_a_load_that_began_before() {
    let fleet = Fleet::new();
    let [(a, users_a), _] = pair(&fleet).await;
    let gate = Gate::closed();
    let mut early = Step::held(get_through(&gate, &users_a, 42, "seven old"));
    a.cache().invalidate_tag("users:seven").await;
    let mut late = Step::held(get_through(&gate, &users_a, 42, "seven new"));
    gate.let_through(2);
    assert_eq!(early.done(), "seven old");
    a.settle();
    assert_eq!(late.done(), "seven new");
}

// Item 2: nobody knows yet that the values of the region have tags.
#[tokio::test]
async fn the_first_late_tag_of_a_region_is_safe_too() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let gate = Gate::closed();
    let load = || async {
        gate.pass().await;
        Ok::<_, ()>("old".to_owned())
    };
    let tag = |_: &String| vec![cache_core::Tag::of("org", &7)];
    let late = a.cache().region::<u64, String>("late").ttl(Duration::from_secs(60)).tags(move |_, value| tag(value));
    let late = late.build().unwrap();
    let mut first = Step::held(late.get_or_load(&1_u64, load));
    line.messages().hold();
    b.cache().invalidate_tag("org:7").await;
    gate.let_through(1);
    assert_eq!(first.done().unwrap(), "old");
    assert!(!fleet.tier.names().iter().any(|name| name.contains("v:{late:1}")));
    line.messages().deliver();
    assert_eq!(late.get(&1_u64), None);
    drop((users_a, users_b));
}

// A tag that is known before the load and after it has one version.
#[tokio::test]
async fn a_tag_that_changes_between_its_two_captures_is_two_and_the_value_is_not_stored() {
    let fleet = Fleet::new();
    let [(b, users_b), _] = pair(&fleet).await;
    let (a, line) = fleet.gated();
    let users_a = a.tagged("users");
    get(&users_a, 102, "first").await;
    let gate = Gate::closed();
    let load = || async {
        gate.pass().await;
        Ok::<_, ()>("seven old".to_owned())
    };
    let tag = cache_core::Tag::new("users:seven").unwrap();
    let mut load = Step::held(users_a.call(&42_u64).tag(tag).load(load));
    line.messages().hold();
    b.cache().invalidate_tag("users:seven").await;
    gate.let_through(1);
    assert_eq!(load.done().unwrap(), "seven old");
    a.settle();
    assert_eq!(get(&users_b, 42, "seven new").await, "seven new");
    assert!(value_name(&fleet, "users:42").starts_with("test:v:"));
}
