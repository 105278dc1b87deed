//! Loads that nobody waits for, and what is invalidated meanwhile: they began before it, however late they end.

use std::time::Duration;

use cache_core::{Region, Tag};
use cache_tests::{Gate, Step};

use crate::world::{Fleet, Process, get_tagged};

const SECOND: Duration = Duration::from_secs(1);

/// Fresh for ten seconds, served for ten minutes more.
fn region(process: &Process) -> Region<u64, String> {
    let builder = process.cache().region("users").ttl(SECOND * 10).jitter(0);
    builder.stale_while_revalidate(SECOND * 600).stale_if_error(SECOND * 600).build().unwrap()
}

/// A call whose load goes on by itself at the gate, having read `source`.
async fn call(users: &Region<u64, String>, gate: &Gate, soft_timeout: bool, source: &str) -> String {
    let (gate, read) = (gate.clone(), source.to_owned());
    let load = move || async move {
        gate.pass().await;
        Ok::<_, ()>(read)
    };
    let call = users.call(&1_u64).tag(Tag::new("org:7").unwrap());
    let call = if soft_timeout { call.force().soft_timeout(SECOND) } else { call };
    call.load_detached(load).await.unwrap()
}

async fn invalidate(process: &Process, users: &Region<u64, String>, what: &str) {
    match what {
        "key" => users.invalidate(&1_u64).await,
        "tag" => process.cache().invalidate_tag("org:7").await,
        "region" => users.invalidate_all().await,
        "pattern" => process.cache().invalidate_pattern("users:*").await,
        _ => users.put(&1_u64, "put".to_owned()).await,
    };
}

const WHAT: [&str; 5] = ["key", "tag", "region", "pattern", "put"];

// A refresh in the background is a load like any other: what it read before an invalidation is nobody's.
#[tokio::test]
async fn a_refresh_that_another_process_overtakes_is_stored_nowhere() {
    for what in WHAT {
        for told in [true, false] {
            let fleet = Fleet::new();
            let ((a, line), b) = (fleet.gated(), fleet.process().await);
            let (users_a, users_b) = (region(&a), region(&b));
            get_tagged(&users_a, 1, "org:7", "first").await;
            fleet.pass(SECOND * 11, &[&a, &b]);
            let gate = Gate::closed();
            assert_eq!(Step::new(call(&users_a, &gate, false, "old")).done(), "first", "{what}: stale");
            a.settle();
            assert_eq!(gate.loads(), 1, "{what}: it is refreshed");
            if !told {
                line.messages().hold();
            }
            invalidate(&b, &users_b, what).await;
            gate.let_through(1);
            a.settle();
            let found = get_tagged(&users_b, 1, "org:7", "new").await;
            assert!(["new", "put"].contains(&&*found), "{what}: {found}");
            line.messages().deliver();
            assert_eq!(get_tagged(&users_a, 1, "org:7", "wrong").await, found, "{what}");
        }
    }
}

// The same of a load that was left behind at a soft timeout.
#[tokio::test]
async fn a_load_that_is_left_behind_and_overtaken_is_stored_nowhere() {
    for what in WHAT {
        let fleet = Fleet::new();
        let (a, b) = (fleet.process().await, fleet.process().await);
        let (users_a, users_b) = (region(&a), region(&b));
        get_tagged(&users_a, 1, "org:7", "first").await;
        fleet.pass(SECOND * 11, &[&a, &b]);
        let gate = Gate::closed();
        let mut left = Step::new(call(&users_a, &gate, true, "old"));
        for _ in 0..12 {
            if left.poll().is_some() {
                break;
            }
            fleet.pass(SECOND / 4, &[&a, &b]);
        }
        a.settle();
        assert_eq!(gate.loads(), 1, "{what}: it goes on");
        invalidate(&b, &users_b, what).await;
        gate.let_through(1);
        fleet.pass(SECOND / 4, &[&a, &b]);
        let found = get_tagged(&users_b, 1, "org:7", "new").await;
        assert!(["new", "put"].contains(&&*found), "{what}: {found}");
        assert_eq!(get_tagged(&users_a, 1, "org:7", "wrong").await, found, "{what}");
    }
}
