//! The backplane, and what requests publish.

use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use futures_util::future::{poll_fn, select};
use parking_lot::Mutex;

use super::{LONG, Suite};
use crate::backend::{Backend, Bump, Commit, Drop, DropKey, Publish, Sweep};
use crate::backplane::{Backplane, BackplaneListener};
use crate::clock::{Clock, SystemClock};

/// How long a message may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs all checks of the contract of [`Backplane`], and whether what the backend publishes arrives there.
///
/// `prefix` is that of names and channels that nobody else may use.
///
/// # Panics
///
/// If one of the two breaks a sentence of its contract, with that sentence.
///
/// # Cancel safety
///
/// Leaves names behind, which end within a minute, and subscriptions.
pub async fn backplane(backplane: &impl Backplane, backend: &impl Backend, prefix: &str) {
    let suite = Suite { backend, prefix };
    let (ours, others) = (format!("{prefix}:channel"), format!("{prefix}:other"));
    let (one, two, stranger) = (Ear::new(), Ear::new(), Ear::new());
    backplane.subscribe(&ours, Arc::clone(&one) as Arc<dyn BackplaneListener>);
    backplane.subscribe(&ours, Arc::clone(&two) as Arc<dyn BackplaneListener>);
    backplane.subscribe(&others, Arc::clone(&stranger) as Arc<dyn BackplaneListener>);
    for ear in [&one, &two, &stranger] {
        ear.hears("connected comes when everything that is published after it is delivered", |heard| heard.connected)
            .await;
    }
    published(&suite, &ours).await;
    let expected = ["plain", "\u{0}any\r\nbytes", "commit", "drop", "bump", "sweep"];
    if let Some(own) = backplane.publish(&ours, b"own") {
        suite.ask("publish", own).await;
        one.gets(b"own").await;
    } else {
        for message in expected {
            for ear in [&one, &two] {
                ear.gets(message.as_bytes()).await;
            }
        }
        assert!(
            !one.0.lock().messages.iter().any(|message| message == b"refused"),
            "commit: what was not stored is not published"
        );
    }
    let strange = stranger.0.lock().messages.clone();
    assert!(strange.is_empty(), "messages come on the channel they are published on only: {strange:?}");
    assert!(!one.0.lock().missed, "disconnected comes only when messages may be missed");
}

/// Publishes by every request that can.
async fn published(suite: &Suite<'_>, channel: &str) {
    let publish = |message: &'static [u8]| Publish { channel, message };
    let backend = suite.backend;
    suite.ask("publish", backend.publish(publish(b"plain"))).await;
    suite.ask("publish", backend.publish(publish(b"\0any\r\nbytes"))).await;
    let (lease, value, staging) = (suite.name("l", "told"), suite.name("v", "told"), suite.name("s", "told"));
    suite.set(&lease, b"token").await;
    let commit = |message| Commit {
        lease: &lease,
        token: b"token",
        staging: &staging,
        value: &value,
        bytes: b"value",
        ttl: LONG,
        identity: None,
        publish: Some(publish(message)),
    };
    suite.ask("commit", backend.commit(commit(b"commit"))).await;
    suite.ask("commit", backend.commit(commit(b"refused"))).await;
    let keys = [DropKey { values: vec![value.clone()], identity: suite.name("i", "told"), lease: lease.clone() }];
    let drop = Drop { keys: &keys, schemas: None, publish: Some(publish(b"drop")), confirm: None };
    suite.ask("drop_keys", backend.drop_keys(drop)).await;
    let names = [(suite.name("t", "told"), b"version".to_vec())];
    let bump = Bump { fences: &[], names: &names, ttl: LONG, publish: Some(publish(b"bump")), confirm: None };
    suite.ask("bump", backend.bump(bump)).await;
    let globs = [format!("{}:none:*", suite.prefix)];
    suite.ask("sweep", backend.sweep(Sweep { leases: &[], globs: &globs, publish: Some(publish(b"sweep")) })).await;
}

/// Remembers what it hears, and wakes whoever waits for it.
struct Ear(Mutex<Sounds>);

#[derive(Default)]
struct Sounds {
    messages: Vec<Vec<u8>>,
    connected: bool,
    missed: bool,
    waker: Option<Waker>,
}

impl Ear {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::default()))
    }

    fn note(&self, note: impl FnOnce(&mut Sounds)) {
        let waker = {
            let mut heard = self.0.lock();
            note(&mut heard);
            heard.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    async fn gets(&self, message: &[u8]) {
        self.hears("every message is delivered while it is connected", |heard| {
            heard.messages.iter().any(|known| known == message)
        })
        .await;
    }

    async fn hears(&self, sentence: &str, heard: impl Fn(&Sounds) -> bool) {
        let waiting = poll_fn(|cx| {
            let mut sounds = self.0.lock();
            sounds.waker = Some(cx.waker().clone());
            if heard(&sounds) { Poll::Ready(()) } else { Poll::Pending }
        });
        select(waiting, SystemClock.sleep(PATIENCE)).await;
        assert!(heard(&self.0.lock()), "{sentence} (waited for {PATIENCE:?})");
    }
}

impl BackplaneListener for Ear {
    fn message(&self, message: &[u8]) {
        self.note(|heard| heard.messages.push(message.to_vec()));
    }

    fn written(&self, _: Option<&str>) {}

    fn connected(&self) {
        self.note(|heard| heard.connected = true);
    }

    fn disconnected(&self) {
        self.note(|heard| heard.missed = true);
    }
}
