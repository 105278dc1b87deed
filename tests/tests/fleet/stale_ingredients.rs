//! Built upon something that is served only since its load failed: how old it is goes along, through the whole fleet.

use std::time::Duration;

use cache_core::Region;

use crate::world::{Fleet, Process, drive};

const SECOND: Duration = Duration::from_secs(1);

/// Fresh for ten seconds, and served for ten minutes more if it cannot be loaded.
fn region(process: &Process, name: &str) -> Region<u64, String> {
    let builder = process.cache().region(name).ttl(SECOND * 10).jitter(0);
    builder.stale_if_error(SECOND * 600).build().unwrap()
}

/// One process' pages and users.
struct Site<'f> {
    fleet: &'f Fleet,
    process: Process,
    pages: Region<u64, String>,
    users: Region<u64, String>,
}

/// What the source says: `None` is an error.
type Source = Option<&'static str>;

impl<'f> Site<'f> {
    /// One that knows that pages are built from users.
    async fn new(fleet: &'f Fleet, first: u64) -> Self {
        let process = fleet.process().await;
        let (pages, users) = (region(&process, "pages"), region(&process, "users"));
        let site = Self { fleet, process, pages, users };
        for key in [first, first + 1] {
            site.page(key, Some("first")).await.unwrap();
        }
        site
    }

    async fn load_user(&self, key: u64, source: Source) -> Result<String, ()> {
        self.users.get_or_load(&key, || async { source.map(str::to_owned).ok_or(()) }).await
    }

    async fn user(&self, source: Source) -> Result<String, ()> {
        drive(self.fleet, &[&self.process], self.load_user(1, source)).await
    }

    /// A page that is built from a user.
    async fn page(&self, key: u64, source: Source) -> Result<String, ()> {
        let load = || async { Ok(format!("page of {}", self.load_user(key, source).await?)) };
        drive(self.fleet, &[&self.process], self.pages.get_or_load(&key, load)).await
    }
}

/// Two processes; the first has built a page from a user that has been stale for a second and could not be loaded anew.
async fn built_on_a_stale_user(fleet: &Fleet) -> [Site<'_>; 2] {
    let [a, b] = [Site::new(fleet, 100).await, Site::new(fleet, 110).await];
    assert_eq!(a.user(Some("old")).await.unwrap(), "old");
    fleet.pass(SECOND * 11, &[&a.process, &b.process]);
    // Who has seen the load fail keeps nothing of it; who finds the user a moment later does.
    assert_eq!(a.page(1, None).await.unwrap(), "page of old", "better than an error");
    a.process.settle();
    assert!(!is_shared(fleet, "pages:1"));
    assert_eq!(a.page(1, None).await.unwrap(), "page of old");
    a.process.settle();
    assert!(is_shared(fleet, "pages:1"), "it lies where all can find it");
    // What has failed a moment ago is not tried again.
    fleet.pass(SECOND * 2, &[&a.process, &b.process]);
    [a, b]
}

fn is_shared(fleet: &Fleet, key: &str) -> bool {
    let prefix = format!("test:v:{{{key}}}@");
    fleet.tier.names().iter().any(|name| name.starts_with(&prefix))
}

// Item 25.
#[tokio::test]
async fn what_is_built_on_it_is_fresh_nowhere() {
    for first in ["the builder", "the other"] {
        let fleet = Fleet::new();
        let [a, b] = built_on_a_stale_user(&fleet).await;
        let [one, two] = if first == "the builder" { [&a, &b] } else { [&b, &a] };
        assert_eq!(one.page(1, Some("new")).await.unwrap(), "page of new", "{first}");
        assert_eq!(two.page(1, Some("wrong")).await.unwrap(), "page of new", "{first}: and that is fresh");
    }
}

// Item 25: it may be served for as long as the source stays away, and no longer.
#[tokio::test]
async fn it_is_served_on_as_long_as_nothing_can_be_loaded() {
    let fleet = Fleet::new();
    let [a, b] = built_on_a_stale_user(&fleet).await;
    for _ in 0..3 {
        fleet.pass(SECOND * 11, &[&a.process, &b.process]);
        assert_eq!(a.page(1, None).await.unwrap(), "page of old", "in its process");
    }
    fleet.pass(SECOND * 601, &[&a.process, &b.process]);
    assert!(a.user(None).await.is_err());
    assert!(a.page(1, None).await.is_err(), "the user is over, and the page with it");
    assert_eq!(b.page(1, Some("new")).await.unwrap(), "page of new");
}

// Item 25: stale on error never serves what was invalidated, be it the ingredient.
#[tokio::test]
async fn it_goes_with_what_it_is_built_on() {
    for what in ["key", "region", "everything"] {
        let fleet = Fleet::new();
        let [a, b] = built_on_a_stale_user(&fleet).await;
        match what {
            "key" => b.users.invalidate(&1_u64).await,
            "region" => b.users.invalidate_all().await,
            _ => b.process.cache().invalidate_all().await,
        };
        assert!(a.user(None).await.is_err(), "{what}");
        assert!(a.page(1, None).await.is_err(), "{what}: rather an error than what was invalidated");
        assert!(b.page(1, None).await.is_err(), "{what}: nor does the other one find it");
        fleet.pass(SECOND * 2, &[&a.process, &b.process]);
        assert_eq!(b.page(1, Some("new")).await.unwrap(), "page of new", "{what}");
        assert_eq!(a.page(1, Some("wrong")).await.unwrap(), "page of new", "{what}");
    }
}

// Item 25: others may serve it from the tier as what it is, stale, until the ingredient goes.
#[tokio::test]
async fn others_find_it_until_what_it_is_built_on_goes() {
    let fleet = Fleet::new();
    let [a, b] = [Site::new(&fleet, 100).await, Site::new(&fleet, 110).await];
    let feeds = |site: &Site<'_>| -> Region<u64, String> {
        let builder = site.process.cache().region("feeds").ttl(SECOND * 10).jitter(0);
        builder.stale_while_revalidate(SECOND * 600).build().unwrap()
    };
    let feed = async |feeds: &Region<u64, String>, site: &Site<'_>, source: Source| {
        let load = || site.load_user(1, source);
        drive(&fleet, &[&site.process], feeds.get_or_load(&1_u64, load)).await
    };
    let (feeds_a, feeds_b) = (feeds(&a), feeds(&b));
    assert_eq!(a.user(Some("old")).await.unwrap(), "old");
    fleet.pass(SECOND * 11, &[&a.process, &b.process]);
    assert_eq!(a.user(None).await.unwrap(), "old");
    assert_eq!(feed(&feeds_a, &a, None).await.unwrap(), "old");
    a.process.settle();
    let c = Site::new(&fleet, 120).await;
    assert_eq!(feed(&feeds(&c), &c, Some("wrong")).await.unwrap(), "old", "it lies in the tier, and is stale");
    a.users.invalidate(&1_u64).await;
    fleet.pass(SECOND, &[&a.process, &b.process]);
    assert_eq!(feed(&feeds_b, &b, Some("new")).await.unwrap(), "new", "what it is built on is gone");
}

// Item 25: a region that may serve nothing stale keeps nothing that is built on it.
#[tokio::test]
async fn where_nothing_stale_is_served_it_is_not_stored() {
    let fleet = Fleet::new();
    let [a, b] = [Site::new(&fleet, 100).await, Site::new(&fleet, 110).await];
    let strict = |site: &Site<'_>| -> Region<u64, String> {
        site.process.cache().region("strict").ttl(SECOND * 600).build().unwrap()
    };
    let (strict_a, strict_b) = (strict(&a), strict(&b));
    assert_eq!(a.user(Some("old")).await.unwrap(), "old");
    fleet.pass(SECOND * 11, &[&a.process, &b.process]);
    // From here on it is found, and not loaded, for a moment.
    assert_eq!(a.user(None).await.unwrap(), "old");
    let load = || a.load_user(1, None);
    assert_eq!(drive(&fleet, &[&a.process], strict_a.get_or_load(&1_u64, load)).await.unwrap(), "old");
    assert_eq!(strict_a.peek(&1_u64), None);
    let load = || b.load_user(1, Some("new"));
    assert_eq!(drive(&fleet, &[&b.process], strict_b.get_or_load(&1_u64, load)).await.unwrap(), "new");
}
