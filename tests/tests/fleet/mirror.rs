//! What a process remembers of versions: read, never told, and forgotten whenever a message may have been missed.

use std::time::Duration;

use cache_tests::Step;

use crate::gated::Fate;
use crate::world::{Fleet, get, get_tagged};

// Item 4: a reply that a message has overtaken.
#[tokio::test]
async fn a_reply_that_comes_after_the_message_is_not_believed() {
    let fleet = Fleet::new();
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get_tagged(&users_a, 1, "org:7", "old").await;
    get_tagged(&users_a, 2, "org:7", "old").await;
    let reply = line.next("read", "org:7", Fate::After);
    let mut looks = Step::held(get_tagged(&users_b, 1, "org:7", "mine"));
    a.cache().invalidate_tag("org:7").await;
    reply.release();
    looks.done();
    assert_eq!(get_tagged(&users_b, 2, "org:7", "new").await, "new");
    assert_ne!(get_tagged(&users_b, 1, "org:7", "new").await, "old");
}

// Item 4: two messages the wrong way round, twice each.
#[tokio::test]
async fn the_order_of_messages_does_not_matter() {
    for backwards in [true, false] {
        let fleet = Fleet::new();
        let (a, c, (b, line)) = (fleet.process().await, fleet.process().await, fleet.gated());
        let (users_a, users_b, users_c) = (a.region("users"), b.region("users"), c.region("users"));
        get_tagged(&users_b, 1, "org:7", "oldest").await;
        line.messages().hold();
        a.cache().invalidate_tag("org:7").await;
        get_tagged(&users_a, 1, "org:7", "old").await;
        c.cache().invalidate_tag("org:7").await;
        if backwards {
            line.messages().deliver_backwards();
        } else {
            line.messages().deliver_twice();
        }
        assert_eq!(get_tagged(&users_c, 1, "org:7", "new").await, "new");
        assert_eq!(get_tagged(&users_b, 1, "org:7", "wrong").await, "new");
    }
}

// Item 4: one's own answer after another's message.
#[tokio::test]
async fn ones_own_answer_sets_nothing() {
    let fleet = Fleet::new();
    let ((a, line), c) = (fleet.gated(), fleet.process().await);
    let (users_a, users_c) = (a.region("users"), c.region("users"));
    let answer = line.next("bump", "org:7", Fate::After);
    let mut told = Step::held(a.cache().invalidate_tag("org:7"));
    get_tagged(&users_c, 1, "org:7", "old").await;
    c.cache().invalidate_tag("org:7").await;
    answer.release();
    told.done();
    get_tagged(&users_c, 2, "org:7", "new").await;
    assert_eq!(get_tagged(&users_a, 2, "org:7", "wrong").await, "new");
    assert_eq!(get_tagged(&users_a, 1, "org:7", "newer").await, "newer");
}

// Items 4 and F9.
#[tokio::test]
async fn nothing_remembered_is_used_without_a_link() {
    let fleet = Fleet::new();
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get_tagged(&users_b, 1, "org:7", "first").await;
    get_tagged(&users_a, 2, "org:7", "old").await;
    line.messages().disconnect();
    // Read while it is disconnected, and changed right after.
    assert_eq!(get_tagged(&users_b, 3, "org:7", "third").await, "third");
    a.cache().invalidate_tag("org:7").await;
    assert_eq!(get_tagged(&users_b, 2, "org:7", "new").await, "new");
    assert!(b.has_told("link_lost"));
}

// Item 4 and F10: the message is lost between the connection and its proof.
#[tokio::test]
async fn a_gap_forgets_what_was_remembered_and_drops_what_was_kept() {
    let fleet = Fleet::new();
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    get_tagged(&users_b, 1, "org:7", "old").await;
    get_tagged(&users_a, 2, "org:7", "old").await;
    line.messages().disconnect();
    a.cache().invalidate_tag("org:7").await;
    line.messages().reconnect();
    assert_eq!(get_tagged(&users_b, 2, "org:7", "new").await, "new", "before it is proven");
    b.settle();
    fleet.pass(Duration::from_secs(1), &[&b]);
    assert_eq!(get_tagged(&users_b, 1, "org:7", "new").await, "new", "after it is");
}

// Item 5.
#[tokio::test]
async fn an_entry_is_dropped_however_many_names_are_remembered() {
    let fleet = Fleet::new();
    let (a, b) = (fleet.process().await, fleet.process().await);
    let users_b =
        b.cache().region::<u64, String>("users").ttl(Duration::from_secs(60)).capacity(200_000).build().unwrap();
    let tag = |key: u64| format!("user:{key}");
    get_tagged(&users_b, 0, &tag(0), "old").await;
    for key in 1..70_000 {
        get_tagged(&users_b, key, &tag(key), "other").await;
    }
    a.cache().invalidate_tag(tag(0)).await;
    assert_eq!(users_b.get(&0_u64), None);
    assert_eq!(get_tagged(&users_b, 0, &tag(0), "new").await, "new");
}

#[tokio::test]
async fn a_hit_asks_for_nothing_that_is_remembered() {
    let fleet = Fleet::new();
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    let (users_a, users_b) = (a.region("users"), b.region("users"));
    for key in [1, 2] {
        get_tagged(&users_a, key, "org:7", "Ada").await;
    }
    get_tagged(&users_b, 1, "org:7", "wrong").await;
    line.clear();
    assert_eq!(get(&users_b, 2, "wrong").await, "Ada");
    assert_eq!(line.asked("read").len(), 1);
    assert!(!line.asked("read")[0].contains(":t:"), "{:?}", line.asked("read"));
}
