//! Values that are built from cached values: what they inherit, also from other processes.

use std::time::Duration;

use cache_core::Region;
use cache_tests::{Gate, Step};

use crate::world::{Fleet, Process, drive, get, get_tagged};

/// A page that is built from a user.
async fn page(pages: &Region<u64, String>, users: &Region<u64, String>, key: u64, source: &str) -> String {
    let load = || async { Ok::<_, ()>(format!("page of {}", get_tagged(users, key, "org:7", source).await)) };
    pages.get_or_load(&key, load).await.unwrap()
}

/// Pages and users of a process that knows that pages are built from users.
async fn site(process: &Process, first: u64) -> [Region<u64, String>; 2] {
    let [pages, users] = [process.region("pages"), process.region("users")];
    for key in [first, first + 1] {
        page(&pages, &users, key, "first").await;
    }
    [pages, users]
}

// Item 3.
#[tokio::test]
async fn what_is_built_on_a_value_goes_with_it_in_all_processes() {
    for what in ["key", "tag", "region", "pattern", "put"] {
        let fleet = Fleet::new();
        let (a, b) = (fleet.process().await, fleet.process().await);
        let ([pages_a, users_a], [pages_b, users_b]) = (site(&a, 100).await, site(&b, 110).await);
        assert_eq!(page(&pages_a, &users_a, 1, "old").await, "page of old");
        assert_eq!(page(&pages_b, &users_b, 1, "wrong").await, "page of old", "it is shared");
        match what {
            "key" => users_b.invalidate(&1_u64).await,
            "tag" => b.cache().invalidate_tag("org:7").await,
            "region" => users_b.invalidate_all().await,
            "pattern" => b.cache().invalidate_pattern("users:1").await,
            _ => users_b.put(&1_u64, "new".to_owned()).await,
        };
        assert_eq!(page(&pages_a, &users_a, 1, "new").await, "page of new", "{what}");
        assert_eq!(page(&pages_b, &users_b, 1, "new").await, "page of new", "{what}");
    }
}

// Item 3a.
#[tokio::test]
async fn a_version_is_inherited_as_it_was_when_the_ingredient_was_loaded() {
    let fleet = Fleet::new();
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    let ([pages_a, users_a], [pages_b, users_b]) = (site(&a, 100).await, site(&b, 110).await);
    let gate = Gate::closed();
    let load = || async {
        let user = get_tagged(&users_a, 1, "org:7", "old").await;
        gate.pass().await;
        Ok::<_, ()>(format!("page of {user}"))
    };
    let mut outer = Step::held(pages_a.get_or_load(&1_u64, load));
    line.messages().hold();
    b.cache().invalidate_tag("org:7").await;
    gate.let_through(1);
    assert_eq!(outer.done().unwrap(), "page of old");
    a.settle();
    assert_eq!(page(&pages_b, &users_b, 1, "new").await, "page of new");
    line.messages().deliver();
    assert_eq!(page(&pages_a, &users_a, 1, "new").await, "page of new");
}

// Items 3b and F4: built now, from what the message has not reached, and brought back to who has invalidated it.
#[tokio::test]
async fn old_ingredients_are_not_laundered_by_building_on_them() {
    for what in ["key", "tag", "put"] {
        let fleet = Fleet::new();
        let (a, (b, line)) = (fleet.process().await, fleet.gated());
        let ([pages_a, users_a], [pages_b, users_b]) = (site(&a, 100).await, site(&b, 110).await);
        get_tagged(&users_b, 1, "org:7", "old").await;
        line.messages().hold();
        match what {
            "key" => users_a.invalidate(&1_u64).await,
            "tag" => a.cache().invalidate_tag("org:7").await,
            _ => users_a.put(&1_u64, "new".to_owned()).await,
        };
        assert_eq!(
            drive(&fleet, &[&a, &b], page(&pages_b, &users_b, 1, "wrong")).await,
            "page of old",
            "{what}: it was not told yet"
        );
        b.settle();
        assert_eq!(drive(&fleet, &[&a, &b], page(&pages_a, &users_a, 1, "new")).await, "page of new", "{what}");
        line.messages().deliver();
        assert_eq!(drive(&fleet, &[&a, &b], page(&pages_b, &users_b, 1, "new")).await, "page of new", "{what}");
    }
}

// Items 3c and F4: by a process that knows nobody who builds on the key.
#[tokio::test]
async fn who_knows_of_no_dependants_invalidates_them_all_the_same() {
    let fleet = Fleet::new();
    let (a, c) = (fleet.process().await, fleet.process().await);
    let [pages_a, users_a] = site(&a, 100).await;
    let users_c = c.region("users");
    page(&pages_a, &users_a, 1, "old").await;
    users_c.invalidate(&1_u64).await;
    assert_eq!(fleet.tier.peek("test:i:{users:1}"), None);
    let b = fleet.process().await;
    let (pages_b, users_b) = (b.region("pages"), b.region("users"));
    assert_eq!(page(&pages_b, &users_b, 1, "new").await, "page of new");
}

// Item 3c.
#[tokio::test]
async fn what_is_built_on_a_value_without_an_identity_is_not_shared_and_the_next_is() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (pages_a, users_a) = (a.region("pages"), a.region("users"));
    let (pages_b, users_b) = (b.region("pages"), b.region("users"));
    page(&pages_a, &users_a, 1, "one").await;
    a.settle();
    assert_eq!(page(&pages_b, &users_b, 1, "wrong").await, "page of one");
    assert_eq!(pages_b.stats().loads, 1, "the page is not shared, the user is");
    page(&pages_a, &users_a, 2, "two").await;
    assert_eq!(page(&pages_b, &users_b, 2, "wrong").await, "page of two");
    assert_eq!(pages_b.stats().loads, 1);
}

// Item 3: the same name in two versions.
#[tokio::test]
async fn ingredients_of_two_ages_are_not_stored_together() {
    let fleet = Fleet::new();
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    let ([pages_a, users_a], [pages_b, users_b]) = (site(&a, 100).await, site(&b, 110).await);
    get_tagged(&users_b, 1, "org:7", "old").await;
    line.messages().hold();
    a.cache().invalidate_tag("org:7").await;
    get_tagged(&users_a, 2, "org:7", "new").await;
    let load = || async {
        let one = get_tagged(&users_b, 1, "org:7", "wrong").await;
        let two = get_tagged(&users_b, 2, "org:7", "wrong").await;
        Ok::<_, ()>(format!("{one} and {two}"))
    };
    assert_eq!(pages_b.get_or_load(&1_u64, load).await.unwrap(), "old and new");
    b.settle();
    assert_eq!(get(&pages_a, 1, "mine").await, "mine");
}

// Item 3: who followed a flight inherits as well.
#[tokio::test]
async fn a_follower_inherits_what_the_leader_has_loaded() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let ([pages_a, users_a], [pages_b, users_b]) = (site(&a, 100).await, site(&b, 110).await);
    let gate = Gate::closed();
    let load = || async {
        gate.pass().await;
        Ok::<_, ()>("old".to_owned())
    };
    let tag = || cache_core::Tag::new("org:7").unwrap();
    let mut leader = Step::held(users_a.call(&1_u64).tag(tag()).load(load));
    let mut outer = Step::held(page(&pages_a, &users_a, 1, "wrong"));
    gate.let_through(1);
    assert_eq!(leader.done().unwrap(), "old");
    assert_eq!(outer.done(), "page of old");
    users_b.invalidate(&1_u64).await;
    assert_eq!(page(&pages_b, &users_b, 1, "new").await, "page of new");
    assert_eq!(page(&pages_a, &users_a, 1, "new").await, "page of new");
}

// Item 3: "no such user" is something to build on.
#[tokio::test]
async fn what_is_built_on_an_absence_goes_with_it() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let users = |process: &Process| {
        let builder = process.cache().region::<u64, String>("users").ttl(Duration::from_secs(60));
        builder.negative_ttl(Duration::from_secs(30)).build().unwrap()
    };
    let (pages_a, pages_b, users_a, users_b) = (a.region("pages"), b.region("pages"), users(&a), users(&b));
    let page = async |pages: &Region<u64, String>, users: &Region<u64, String>, key: u64, source: Option<&str>| {
        let user = || async { Ok::<_, ()>(source.map(str::to_owned)) };
        let load = || async {
            let user = users.get_or_load_optional(&key, user).await.unwrap();
            Ok::<_, ()>(user.unwrap_or_else(|| "nobody".to_owned()))
        };
        pages.get_or_load(&key, load).await.unwrap()
    };
    for key in [100, 101] {
        page(&pages_a, &users_a, key, None).await;
    }
    assert_eq!(drive(&fleet, &[&a, &b], page(&pages_a, &users_a, 1, None)).await, "nobody");
    assert_eq!(drive(&fleet, &[&a, &b], page(&pages_b, &users_b, 1, Some("wrong"))).await, "nobody");
    // Item 24: by the key, which is all that an absence has.
    users_a.invalidate(&1_u64).await;
    assert_eq!(drive(&fleet, &[&a, &b], page(&pages_b, &users_b, 1, Some("Ada"))).await, "Ada");
    assert_eq!(drive(&fleet, &[&a, &b], page(&pages_a, &users_a, 1, Some("Ada"))).await, "Ada");
}

// Item 3: too many names.
#[tokio::test]
async fn what_is_built_on_too_much_is_not_stored() {
    let fleet = Fleet::new();
    let a = fleet.process().await;
    let [pages, users] = site(&a, 1_000).await;
    let load = || async {
        for key in 0..70 {
            get(&users, key, "user").await;
        }
        Ok::<_, ()>("long".to_owned())
    };
    pages.get_or_load(&1_u64, load).await.unwrap();
    a.settle();
    assert_eq!(pages.get(&1_u64), None);
    assert!(!fleet.tier.names().iter().any(|name| name.contains("v:{pages:1}")));
}

// Item 25.
#[tokio::test]
async fn what_is_built_on_something_stale_is_stale() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let region = |process: &Process, name: &str| {
        let builder = process.cache().region::<u64, String>(name).ttl(Duration::from_secs(10)).jitter(0);
        builder.stale_while_revalidate(Duration::from_secs(600)).build().unwrap()
    };
    let (users_a, pages_a, pages_b) = (region(&a, "users"), region(&a, "pages"), region(&b, "pages"));
    let user = async |source: &'static str| {
        users_a.call(&1_u64).load_detached(move || async move { Ok::<_, ()>(source.to_owned()) }).await.unwrap()
    };
    a.tasks.run_while(user("old")).await;
    fleet.pass(Duration::from_secs(11), &[&a, &b]);
    let load = || async { Ok::<_, ()>(format!("page of {}", user("new").await)) };
    assert_eq!(pages_a.get_or_load(&1_u64, load).await.unwrap(), "page of old");
    a.settle();
    let page = |source: &'static str| {
        pages_b.call(&1_u64).load_detached(move || async move { Ok::<_, ()>(source.to_owned()) })
    };
    let first = b.tasks.run_while(page("page of new")).await.unwrap();
    b.settle();
    let second = b.tasks.run_while(page("wrong")).await.unwrap();
    assert!(first == "page of old" || first == "page of new", "{first}");
    assert_eq!(second, "page of new", "it was loaded anew behind");
}

// A process that keeps no users follows none of their names, unless something is built on them: and who builds may join a
// look that has begun for somebody else.
#[tokio::test]
async fn who_joins_a_look_and_builds_on_what_it_finds_keeps_nothing_old() {
    let fleet = Fleet::new();
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    let users_a = a.region("users");
    let users_b = b.cache().region("users").ttl(Duration::from_secs(60)).capacity(0).build().unwrap();
    let pages_b = b.region("pages");
    b.settle();
    assert_eq!(get_tagged(&users_a, 1, "org:7", "old").await, "old");
    let held = line.next("read", "v:{users:1", crate::gated::Fate::Before);
    let mut plain = Step::held(get_tagged(&users_b, 1, "org:7", "wrong"));
    let mut outer = Step::held(page(&pages_b, &users_b, 1, "wrong"));
    held.release();
    assert_eq!(plain.done(), "old");
    assert_eq!(outer.done(), "page of old");
    a.cache().invalidate_tag("org:7").await;
    // The page was of no use to the fleet: its lease is given back in the background.
    let again = drive(&fleet, &[&a, &b], page(&pages_b, &users_b, 1, "new")).await;
    assert_eq!(again, "page of new");
}
