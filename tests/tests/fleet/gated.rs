//! The line between one process and the tier: requests and messages that are held, lost, repeated and put off by the
//! test.

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use cache_core::backend::{
    Answer, Backend, BackendError, BackendErrorKind, BackendListener, Bump, Bumped, Capture, Commit, Drop, Dropped,
    Lease, Leased, Limited, Publish, Read, Reading, Sweep,
};
use cache_core::backplane::{Backplane, BackplaneListener};
use cache_core::test_util::MemoryBackend;
use parking_lot::Mutex;

use crate::relay::Relay;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is held before it takes effect.
    Before,
    /// It is done, and its answer is held.
    After,
    /// It is not done.
    Fails(BackendErrorKind),
    /// It is done, and the answer is lost.
    Unanswered,
    /// It times out, and a commit is done when the test lets it through.
    Zombie,
}

/// The line of one process. Clones are the same line.
#[derive(Clone)]
pub(crate) struct Gated {
    tier: MemoryBackend,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    rules: Mutex<Vec<Rule>>,
    log: Mutex<Vec<String>>,
    relays: Mutex<Vec<Arc<Relay>>>,
    listeners: Mutex<Vec<Arc<dyn BackendListener>>>,
    replica: Mutex<Option<BTreeMap<String, Vec<u8>>>>,
    cut: Mutex<bool>,
}

/// A rule for the next request that it means.
struct Rule {
    method: &'static str,
    part: String,
    fate: Fate,
    left: usize,
    hold: Hold,
}

/// Where requests are held.
#[derive(Clone, Default)]
pub(crate) struct Hold(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    reached: usize,
    released: bool,
    wakers: Vec<Waker>,
    zombies: Vec<Box<dyn FnOnce() + Send>>,
}

impl Hold {
    /// How many requests have come.
    pub(crate) fn reached(&self) -> usize {
        self.0.lock().reached
    }

    /// Lets them go on.
    pub(crate) fn release(&self) {
        let (wakers, zombies) = {
            let mut held = self.0.lock();
            held.released = true;
            (std::mem::take(&mut held.wakers), std::mem::take(&mut held.zombies))
        };
        zombies.into_iter().for_each(|zombie| zombie());
        wakers.into_iter().for_each(Waker::wake);
    }

    async fn wait(&self) {
        poll_fn(|context| {
            let mut held = self.0.lock();
            if held.released {
                return Poll::Ready(());
            }
            held.wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl Gated {
    pub(crate) fn new(tier: MemoryBackend) -> Self {
        Self { tier, inner: Arc::default() }
    }

    /// The next request to `method` with `part` in one of its names has this fate.
    pub(crate) fn next(&self, method: &'static str, part: &str, fate: Fate) -> Hold {
        self.times(1, method, part, fate)
    }

    /// So many requests have this fate.
    pub(crate) fn times(&self, left: usize, method: &'static str, part: &str, fate: Fate) -> Hold {
        let hold = Hold::default();
        self.inner.rules.lock().push(Rule { method, part: part.to_owned(), fate, left, hold: hold.clone() });
        hold
    }

    /// No request gets through from here on, as when the network is gone; nobody is told.
    pub(crate) fn cut(&self, cut: bool) {
        *self.inner.cut.lock() = cut;
    }

    /// Forgets which requests were made.
    pub(crate) fn clear(&self) {
        self.inner.log.lock().clear();
    }

    /// The requests to a method, each with its names.
    pub(crate) fn asked(&self, method: &str) -> Vec<String> {
        let log = self.inner.log.lock();
        let prefix = format!("{method} ");
        log.iter().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
    }

    /// What becomes of the messages to this process.
    pub(crate) fn messages(&self) -> Arc<Relay> {
        Arc::clone(&self.inner.relays.lock()[0])
    }

    /// The connection is there again; `forgetful` as in [`BackendListener::back`].
    pub(crate) fn back(&self, forgetful: bool) {
        let listeners = self.inner.listeners.lock().clone();
        listeners.iter().for_each(|listener| listener.back(forgetful));
    }

    /// The connection is lost.
    pub(crate) fn lost(&self) {
        let listeners = self.inner.listeners.lock().clone();
        listeners.iter().for_each(|listener| listener.lost(&failure(BackendErrorKind::Unavailable)));
    }

    /// From here on there is a replica that knows no later values.
    pub(crate) fn replica_stands_still(&self) {
        let values = self.tier.names().into_iter().filter_map(|name| Some((name.clone(), self.tier.peek(&name)?)));
        *self.inner.replica.lock() = Some(values.collect());
    }

    fn rule(&self, method: &'static str, names: &str) -> Option<(Fate, Hold)> {
        self.inner.log.lock().push(format!("{method} {names}"));
        if *self.inner.cut.lock() {
            return Some((Fate::Fails(BackendErrorKind::Timeout), Hold::default()));
        }
        let mut rules = self.inner.rules.lock();
        let rule =
            rules.iter_mut().find(|rule| rule.left > 0 && rule.method == method && names.contains(&rule.part))?;
        rule.left -= 1;
        rule.hold.0.lock().reached += 1;
        Some((rule.fate, rule.hold.clone()))
    }

    fn ask<'a, T: Send + 'a>(
        &'a self,
        method: &'static str,
        names: String,
        request: impl FnOnce() -> Answer<'a, T> + Send + 'a,
    ) -> Answer<'a, T> {
        Box::pin(async move {
            match self.rule(method, &names) {
                None => request().await,
                Some((Fate::Before, hold)) => {
                    hold.wait().await;
                    request().await
                }
                Some((Fate::After, hold)) => {
                    let answer = request().await;
                    hold.wait().await;
                    answer
                }
                Some((Fate::Fails(kind), _)) => Err(failure(kind)),
                Some((Fate::Unanswered, _)) => {
                    drop(request().await);
                    Err(failure(BackendErrorKind::Timeout))
                }
                Some((Fate::Zombie, _)) => Err(failure(BackendErrorKind::Timeout)),
            }
        })
    }
}

fn failure(kind: BackendErrorKind) -> BackendError {
    BackendError::new(kind, "the test wants it so")
}

fn list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(" ")
}

impl Backend for Gated {
    fn start(&self, listener: Arc<dyn BackendListener>) {
        self.inner.listeners.lock().push(Arc::clone(&listener));
        self.tier.start(listener);
    }

    fn read<'a>(&'a self, read: Read<'a>) -> Answer<'a, Reading> {
        let names = list(read.value.into_iter().chain(read.versions.iter().copied()));
        self.ask("read", names, move || {
            let answer = self.tier.read(read);
            Box::pin(async move {
                let mut reading = answer.await?;
                if let (true, Some(known), Some(value)) = (read.replica, &*self.inner.replica.lock(), read.value) {
                    reading.value = known.get(value).cloned();
                }
                Ok(reading)
            })
        })
    }

    fn read_many<'a>(&'a self, reads: &'a [Read<'a>]) -> Answer<'a, Vec<Reading>> {
        let names = list(reads.iter().filter_map(|read| read.value));
        self.ask("read_many", names, move || self.tier.read_many(reads))
    }

    fn lease<'a>(&'a self, lease: Lease<'a>) -> Answer<'a, Leased> {
        let names = list([lease.lease, lease.value].into_iter().chain(lease.captures.iter().map(|each| each.name)));
        self.ask("lease", names, move || self.tier.lease(lease))
    }

    fn capture<'a>(&'a self, captures: &'a [Capture<'a>]) -> Answer<'a, Vec<Vec<u8>>> {
        self.ask("capture", list(captures.iter().map(|each| each.name)), move || self.tier.capture(captures))
    }

    fn swap<'a>(&'a self, name: &'a str, seen: &'a [u8], to: Option<(&'a [u8], Duration)>) -> Answer<'a, bool> {
        self.ask("swap", name.to_owned(), move || self.tier.swap(name, seen, to))
    }

    fn take<'a>(&'a self, name: &'a str, to: &'a [u8], ttl: Duration) -> Answer<'a, Option<Vec<u8>>> {
        self.ask("take", name.to_owned(), move || self.tier.take(name, to, ttl))
    }

    fn commit<'a>(&'a self, commit: Commit<'a>) -> Answer<'a, bool> {
        let names = list([commit.lease, commit.staging, commit.value]);
        let zombie = Zombie::new(&self.tier, &commit);
        let is_one = |rule: &&Rule| rule.fate == Fate::Zombie && rule.left > 0 && names.contains(&rule.part);
        if let Some(rule) = self.inner.rules.lock().iter().find(is_one) {
            rule.hold.0.lock().zombies.push(Box::new(move || zombie.walk()));
        }
        self.ask("commit", names, move || self.tier.commit(commit))
    }

    fn drop_keys<'a>(&'a self, drop: Drop<'a>) -> Answer<'a, Dropped> {
        let values = drop.keys.iter().flat_map(|key| key.values.iter().chain([&key.identity, &key.lease]));
        self.ask("drop_keys", list(values.map(String::as_str)), move || self.tier.drop_keys(drop))
    }

    fn bump<'a>(&'a self, bump: Bump<'a>) -> Answer<'a, Bumped> {
        let names = list(bump.fences.iter().chain(bump.names).map(|(name, _)| name.as_str()));
        self.ask("bump", names, move || self.tier.bump(bump))
    }

    fn sweep<'a>(&'a self, sweep: Sweep<'a>) -> Answer<'a, u64> {
        self.ask("sweep", list(sweep.leases.iter().chain(sweep.globs).map(String::as_str)), move || {
            self.tier.sweep(sweep)
        })
    }

    fn increment<'a>(&'a self, name: &'a str, by: i64, ttl: Duration) -> Answer<'a, i64> {
        self.ask("increment", name.to_owned(), move || self.tier.increment(name, by, ttl))
    }

    fn limit<'a>(&'a self, name: &'a str, most: u64, window: Duration) -> Answer<'a, Limited> {
        self.ask("limit", name.to_owned(), move || self.tier.limit(name, most, window))
    }

    fn add_member<'a>(&'a self, name: &'a str, member: &'a [u8], ttl: Duration) -> Answer<'a, bool> {
        self.ask("add_member", name.to_owned(), move || self.tier.add_member(name, member, ttl))
    }

    fn publish<'a>(&'a self, publish: Publish<'a>) -> Answer<'a, usize> {
        self.ask("publish", publish.channel.to_owned(), move || Backend::publish(&self.tier, publish))
    }

    fn probe(&self) -> Answer<'_, ()> {
        self.ask("probe", String::new(), move || self.tier.probe())
    }
}

impl Backplane for Gated {
    fn subscribe(&self, channel: &str, listener: Arc<dyn BackplaneListener>) {
        let relay = Arc::new(Relay::new(listener));
        self.inner.relays.lock().push(Arc::clone(&relay));
        self.tier.subscribe(channel, relay);
    }
}

impl fmt::Debug for Gated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gated").finish_non_exhaustive()
    }
}

/// A commit that is done long after nobody waits for it.
struct Zombie {
    tier: MemoryBackend,
    names: [String; 3],
    token: Vec<u8>,
    bytes: Vec<u8>,
    ttl: Duration,
}

impl Zombie {
    fn new(tier: &MemoryBackend, commit: &Commit<'_>) -> Self {
        Self {
            tier: tier.clone(),
            names: [commit.lease, commit.staging, commit.value].map(str::to_owned),
            token: commit.token.to_vec(),
            bytes: commit.bytes.to_vec(),
            ttl: commit.ttl,
        }
    }

    fn walk(self) {
        let [lease, staging, value] = &self.names;
        let (token, bytes, ttl) = (&self.token, &self.bytes, self.ttl);
        let commit = Commit { lease, token, staging, value, bytes, ttl, identity: None, publish: None };
        // Done when it is asked for.
        drop(self.tier.commit(commit));
    }
}
