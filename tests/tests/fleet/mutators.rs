//! Mutators that know what they have changed only when they are done: what the other processes have of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cache_core::{cache_invalidate, cached};
use cache_tests::{Gate, Step};
use parking_lot::Mutex;

use crate::world::{Fleet, Process, drive};

/// Names by number: what both processes read from.
#[derive(Default)]
struct Source {
    names: Mutex<BTreeMap<u64, String>>,
    reads: AtomicU64,
}

impl Source {
    fn with(id: u64, name: &str) -> Self {
        let source = Self::default();
        source.write(id, name);
        source
    }

    fn write(&self, id: u64, name: &str) {
        self.names.lock().insert(id, name.to_owned());
    }

    fn read(&self, id: u64) -> Option<String> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.names.lock().get(&id).cloned()
    }
}

struct Changed {
    id: u64,
}

#[cached(ttl = "1m", negative_ttl = "1m", skip(source, gate), name = "member")]
async fn get_user(id: u64, source: &Source, gate: &Gate) -> Option<String> {
    let read = source.read(id);
    gate.pass().await;
    read
}

/// Its argument does not tell which user it is.
#[cache_invalidate(get_user(ret.id))]
async fn rename(email: &str, name: &str, source: &Source, works: bool) -> Result<Changed, &'static str> {
    let id = if email == "ada@example.com" { 7 } else { 8 };
    if !works {
        return Err("the database is away");
    }
    source.write(id, name);
    Ok(Changed { id })
}

/// The number is given by the source.
#[cache_invalidate(get_user(ret.id))]
async fn create(name: &str, source: &Source) -> Changed {
    source.write(7, name);
    Changed { id: 7 }
}

const ADA: &str = "ada@example.com";

async fn read(fleet: &Fleet, process: &Process, id: u64, source: &Source) -> Option<String> {
    drive(fleet, &[process], process.test.run(get_user(id, source, &Gate::open()))).await
}

async fn kept(process: &Process, id: u64) -> Option<String> {
    process.test.run(async { get_user::peek(id) }).await
}

fn name(name: &str) -> Option<String> {
    Some(name.to_owned())
}

// Item 24.
#[tokio::test]
async fn what_is_named_by_the_result_goes_in_the_other_processes_too() {
    let (fleet, source) = (Fleet::new(), Source::with(7, "Ada"));
    source.write(8, "Grace");
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    for process in [&a, &b] {
        assert_eq!(read(&fleet, process, 7, &source).await, name("Ada"));
        assert_eq!(read(&fleet, process, 8, &source).await, name("Grace"));
    }
    line.messages().hold();
    drive(&fleet, &[&a], a.test.run(rename(ADA, "Augusta", &source, true))).await.unwrap();
    assert_eq!(read(&fleet, &a, 7, &source).await, name("Augusta"), "its own");
    assert_eq!(kept(&b, 7).await, name("Ada"), "it was not told yet");
    line.messages().deliver();
    assert_eq!(kept(&b, 7).await, None);
    assert_eq!(kept(&b, 8).await, name("Grace"), "only the one that the result names");
    assert_eq!(read(&fleet, &b, 7, &source).await, name("Augusta"));
}

#[tokio::test]
async fn a_mutator_that_fails_names_nothing_and_drops_nothing() {
    let (fleet, source) = (Fleet::new(), Source::with(7, "Ada"));
    let (a, b) = (fleet.process().await, fleet.process().await);
    read(&fleet, &a, 7, &source).await;
    read(&fleet, &b, 7, &source).await;
    let failed = drive(&fleet, &[&a, &b], a.test.run(rename(ADA, "Augusta", &source, false))).await;
    assert!(failed.is_err());
    assert_eq!((kept(&a, 7).await, kept(&b, 7).await), (name("Ada"), name("Ada")));
}

// Item 24: an absence has no tags of its value, so only this can reach it.
#[tokio::test]
async fn who_knows_that_there_is_none_is_told_when_there_is_one() {
    let (fleet, source) = (Fleet::new(), Source::default());
    let (a, b) = (fleet.process().await, fleet.process().await);
    for process in [&a, &b, &a, &b] {
        assert_eq!(read(&fleet, process, 7, &source).await, None);
    }
    assert_eq!(source.reads.load(Ordering::SeqCst), 1, "both know that there is none");
    drive(&fleet, &[&a, &b], a.test.run(create("Ada", &source))).await;
    for process in [&b, &a] {
        assert_eq!(read(&fleet, process, 7, &source).await, name("Ada"));
    }
}

// P2: read before the change, stored after it.
#[tokio::test]
async fn a_load_in_another_process_that_began_before_is_not_stored() {
    let (fleet, source) = (Fleet::new(), Source::with(7, "Ada"));
    let (a, (b, line)) = (fleet.process().await, fleet.gated());
    let gate = Gate::closed();
    let mut load = Step::held(b.test.run(get_user(7, &source, &gate)));
    line.messages().hold();
    drive(&fleet, &[&a], a.test.run(rename(ADA, "Augusta", &source, true))).await.unwrap();
    gate.let_through(1);
    assert_eq!(load.done(), name("Ada"), "its own caller gets what it read");
    b.settle();
    assert_eq!(kept(&b, 7).await, None, "its lease was taken away");
    assert_eq!(read(&fleet, &a, 7, &source).await, name("Augusta"));
    line.messages().deliver();
    assert_eq!(read(&fleet, &b, 7, &source).await, name("Augusta"));
}

// The outbox: told when the line is there again.
#[tokio::test]
async fn what_the_result_names_waits_while_the_tier_is_away() {
    let (fleet, source) = (Fleet::new(), Source::with(7, "Ada"));
    let ((a, line), b) = (fleet.gated(), fleet.process().await);
    read(&fleet, &a, 7, &source).await;
    read(&fleet, &b, 7, &source).await;
    line.cut(true);
    drive(&fleet, &[&a, &b], a.test.run(rename(ADA, "Augusta", &source, true))).await.unwrap();
    assert_eq!(read(&fleet, &a, 7, &source).await, name("Augusta"), "its own");
    assert_eq!(kept(&b, 7).await, name("Ada"), "nobody could tell it");
    line.cut(false);
    fleet.pass(Duration::from_secs(5), &[&a, &b]);
    assert_eq!(kept(&b, 7).await, None);
    assert_eq!(read(&fleet, &b, 7, &source).await, name("Augusta"));
}
