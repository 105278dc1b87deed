//! What processes tell each other, and what they do not: an invalidation is told once and asks nothing of who hears it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cache_core::backplane::{Backplane, BackplaneListener};

use crate::world::{Fleet, get_tagged};

/// All that can be asked of a tier.
const METHODS: [&str; 14] = [
    "read",
    "read_many",
    "lease",
    "capture",
    "swap",
    "take",
    "commit",
    "drop_keys",
    "bump",
    "sweep",
    "increment",
    "limit",
    "add_member",
    "publish",
];

/// Counts what is said on the channel.
#[derive(Default)]
struct Counts(AtomicUsize);

impl Counts {
    fn of(fleet: &Fleet) -> Arc<Self> {
        let counts = Arc::<Self>::default();
        fleet.tier.subscribe("test:invalidations", Arc::clone(&counts) as Arc<dyn BackplaneListener>);
        counts
    }

    /// Since it was last asked.
    fn take(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

impl BackplaneListener for Counts {
    fn message(&self, _: &[u8]) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn written(&self, _: Option<&str>) {}

    fn connected(&self) {}

    fn disconnected(&self) {}
}

// Broadcast storms: only what changes is told.
#[tokio::test]
async fn a_load_tells_nobody_and_an_invalidation_tells_all_once() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    let counts = Counts::of(&fleet);
    for key in 0..50 {
        get_tagged(&users_a, key, "org:7", "Ada").await;
        get_tagged(&users_b, key, "org:7", "wrong").await;
    }
    assert_eq!(counts.take(), 0, "who loads changes nothing");
    a.cache().invalidate_tag("org:7").await;
    assert_eq!(counts.take(), 1, "however many entries carry the tag");
    let keys: Vec<u64> = (0..50).collect();
    users_a.invalidate_many(&keys).await;
    assert_eq!(counts.take(), 1, "however many keys");
    users_a.put(&1_u64, "put".to_owned()).await;
    assert_eq!(counts.take(), 1);
}

// Broadcast storms: nobody reads again what nobody asks for.
#[tokio::test]
async fn a_message_has_its_receivers_ask_nothing() {
    let fleet = Fleet::new();
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    for key in 0..20 {
        get_tagged(&users_b, key, "org:7", "Ada").await;
    }
    line.clear();
    users_a.invalidate(&1_u64).await;
    a.cache().invalidate_tag("org:7").await;
    a.cache().invalidate_pattern("users:*").await;
    users_a.put(&2_u64, "put".to_owned()).await;
    b.settle();
    for method in METHODS {
        assert_eq!(line.asked(method), Vec::<String>::new(), "{method}");
    }
    assert_eq!(users_b.get(&3_u64), None, "it was told all the same");
}

// What is told is for the processes: the tier knows already, and may know better.
#[tokio::test]
async fn a_message_that_comes_late_leaves_alone_what_the_tier_has() {
    let fleet = Fleet::new();
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get_tagged(&users_b, 1, "org:7", "old").await;
    line.messages().hold();
    users_a.invalidate(&1_u64).await;
    a.cache().invalidate_tag("org:7").await;
    a.cache().invalidate_pattern("users:*").await;
    assert_eq!(get_tagged(&users_a, 1, "org:7", "new").await, "new");
    line.messages().deliver_twice();
    b.settle();
    assert_eq!(get_tagged(&users_b, 1, "org:7", "wrong").await, "new", "it is still in the tier");
    assert_eq!(get_tagged(&users_a, 1, "org:7", "wrong").await, "new");
}
