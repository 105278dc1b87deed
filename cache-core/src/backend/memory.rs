//! A shared tier in memory: for tests, and as the plainest form of the contract.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::windows::Windows;
use super::{
    Answer, Backend, BackendError, BackendErrorKind, BackendListener, Bump, Bumped, Capture, Commit, Drop, Dropped,
    Lease, Leased, Limited, MARK, Publish, Read, Reading, Sweep,
};
use crate::backplane::{Backplane, BackplaneListener};
use crate::clock::{Clock, ClockSource, SystemClock, Time};
use crate::key::pattern;

/// A shared tier in the memory of one process, and the backplane to it: several caches that have clones of one
/// `MemoryBackend` are a fleet. For tests.
#[derive(Clone)]
pub struct MemoryBackend {
    inner: Arc<Inner>,
}

struct Inner {
    clock: ClockSource,
    state: Mutex<State>,
    wires: Mutex<Wires>,
}

#[derive(Default)]
struct State {
    slots: BTreeMap<String, Slot>,
    down: bool,
    /// How many requests were answered.
    requests: u64,
}

/// Who listens, and what has not been delivered.
#[derive(Default)]
struct Wires {
    subscribers: Vec<(String, Arc<dyn BackplaneListener>)>,
    listeners: Vec<Arc<dyn BackendListener>>,
    held: Option<Vec<(String, Vec<u8>)>>,
}

#[derive(Debug, Clone)]
struct Slot {
    content: Content,
    ends: Time,
}

#[derive(Debug, Clone)]
enum Content {
    Bytes(Vec<u8>),
    Set(BTreeSet<Vec<u8>>),
    Windows(Windows),
}

impl MemoryBackend {
    /// An empty one, on the machine's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::on(ClockSource::System(SystemClock))
    }

    /// An empty one, on a clock of the test's.
    #[must_use]
    pub fn with_clock(clock: impl Clock) -> Self {
        Self::on(ClockSource::Injected(Arc::new(clock)))
    }

    fn on(clock: ClockSource) -> Self {
        Self { inner: Arc::new(Inner { clock, state: Mutex::default(), wires: Mutex::default() }) }
    }

    /// From here on every request fails, as when the server is gone.
    pub fn go_down(&self) {
        self.inner.state.lock().down = true;
        let listeners = self.inner.wires.lock().listeners.clone();
        listeners.iter().for_each(|listener| listener.lost(&unreachable_tier()));
        self.each_subscriber(|subscriber| subscriber.disconnected());
    }

    /// The server is back; `forgetful` as in [`BackendListener::back`].
    pub fn come_back(&self, forgetful: bool) {
        self.inner.state.lock().down = false;
        let listeners = self.inner.wires.lock().listeners.clone();
        listeners.iter().for_each(|listener| listener.back(forgetful));
        self.each_subscriber(|subscriber| subscriber.connected());
    }

    /// Keeps messages back from here on, until they are [delivered](Self::deliver).
    pub fn hold_messages(&self) {
        self.inner.wires.lock().held.get_or_insert_default();
    }

    /// Delivers what was kept back, and what comes from here on at once.
    pub fn deliver(&self) {
        let held = self.inner.wires.lock().held.take().unwrap_or_default();
        held.iter().for_each(|(channel, message)| self.send(channel, message));
    }

    /// Loses the messages that were kept back.
    pub fn lose_messages(&self) {
        self.inner.wires.lock().held = None;
    }

    /// Cuts all subscriptions: messages are missed until [`reconnect`](Self::reconnect). Requests go on.
    pub fn disconnect(&self) {
        self.hold_messages();
        self.each_subscriber(|subscriber| subscriber.disconnected());
    }

    /// Makes all subscriptions anew; what was published meanwhile is lost.
    pub fn reconnect(&self) {
        self.lose_messages();
        self.each_subscriber(|subscriber| subscriber.connected());
    }

    /// All names that are not free, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let now = self.inner.clock.now();
        self.inner.state.lock().slots.iter().filter(|(_, slot)| now < slot.ends).map(|(name, _)| name.clone()).collect()
    }

    /// The bytes under a name.
    #[must_use]
    pub fn peek(&self, name: &str) -> Option<Vec<u8>> {
        self.inner.state.lock().bytes(name, self.inner.clock.now()).cloned()
    }

    /// Removes one name, as an eviction does.
    pub fn evict(&self, name: &str) {
        self.inner.state.lock().slots.remove(name);
    }

    /// Sets a name to bytes, as a foreign program does.
    pub fn plant(&self, name: &str, bytes: &[u8]) {
        self.inner.state.lock().set(name, bytes, Time::NEVER);
    }

    /// Removes everything.
    pub fn flush(&self) {
        self.inner.state.lock().slots.clear();
    }

    /// A copy of everything, to go back to: what a failover does that loses writes.
    pub fn snapshot(&self) -> impl FnOnce() + use<> {
        let (backend, slots) = (self.clone(), self.inner.state.lock().slots.clone());
        move || backend.inner.state.lock().slots = slots
    }

    /// How many requests were answered so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.inner.state.lock().requests
    }

    fn each_subscriber(&self, tell: impl Fn(&dyn BackplaneListener)) {
        let subscribers = self.inner.wires.lock().subscribers.clone();
        subscribers.iter().for_each(|(_, subscriber)| tell(&**subscriber));
    }

    /// Does a request and answers it.
    fn ask<'a, T: Send + 'a>(&self, request: impl FnOnce(&mut State, Time) -> T) -> Answer<'a, T> {
        let now = self.inner.clock.now();
        let mut state = self.inner.state.lock();
        let answer = if state.down {
            Err(unreachable_tier())
        } else {
            state.requests += 1;
            Ok(request(&mut state, now))
        };
        Box::pin(std::future::ready(answer))
    }

    fn tell(&self, publish: Option<Publish<'_>>) {
        let Some(Publish { channel, message }) = publish else { return };
        if let Some(held) = &mut self.inner.wires.lock().held {
            held.push((channel.to_owned(), message.to_vec()));
            return;
        }
        self.send(channel, message);
    }

    fn send(&self, channel: &str, message: &[u8]) {
        let subscribers = self.inner.wires.lock().subscribers.clone();
        for (_, subscriber) in subscribers.iter().filter(|(to, _)| to == channel) {
            subscriber.message(message);
        }
    }

    fn is_up(&self) -> bool {
        !self.inner.state.lock().down
    }
}

fn unreachable_tier() -> BackendError {
    BackendError::new(BackendErrorKind::Unavailable, "the memory backend is down")
}

impl Slot {
    fn is_mark(&self) -> bool {
        matches!(&self.content, Content::Bytes(bytes) if bytes.first() == Some(&MARK))
    }
}

impl State {
    fn slot(&mut self, name: &str, now: Time) -> Option<&mut Slot> {
        self.slots.get_mut(name).filter(|slot| now < slot.ends)
    }

    fn bytes(&mut self, name: &str, now: Time) -> Option<&Vec<u8>> {
        match &self.slot(name, now)?.content {
            Content::Bytes(bytes) => Some(bytes),
            Content::Set(_) | Content::Windows(_) => None,
        }
    }

    fn set(&mut self, name: &str, bytes: &[u8], ends: Time) {
        self.slots.insert(name.to_owned(), Slot { content: Content::Bytes(bytes.to_vec()), ends });
    }

    fn remaining(&mut self, name: &str, now: Time) -> Option<Duration> {
        let ends = self.slot(name, now)?.ends;
        (ends != Time::NEVER).then(|| ends.saturating_since(now))
    }

    fn read(&mut self, read: &Read<'_>, now: Time) -> Reading {
        Reading {
            value: read.value.and_then(|value| self.bytes(value, now).cloned()),
            remaining: read.value.filter(|_| read.remaining).and_then(|value| self.remaining(value, now)),
            versions: read.versions.iter().map(|name| self.bytes(name, now)?.as_slice().try_into().ok()).collect(),
        }
    }

    fn capture(&mut self, capture: &Capture<'_>, now: Time) -> Vec<u8> {
        let ends = now.saturating_add(capture.ttl);
        if self.bytes(capture.name, now).is_none() {
            self.set(capture.name, capture.candidate, ends);
        }
        match self.slot(capture.name, now) {
            Some(Slot { content: Content::Bytes(bytes), ends: known }) => {
                if bytes.first() != Some(&MARK) {
                    *known = ends.max(*known);
                }
                bytes.clone()
            }
            _ => Vec::new(),
        }
    }

    fn bump(&mut self, bump: &Bump<'_>, now: Time) {
        let ends = now.saturating_add(bump.ttl);
        bump.fences.iter().for_each(|(name, version)| self.set(name, version, ends));
        for (name, version) in bump.names {
            if self.slot(name, now).is_none_or(|slot| !slot.is_mark()) {
                self.set(name, version, ends);
            }
        }
    }
}

impl Backend for MemoryBackend {
    fn start(&self, listener: Arc<dyn BackendListener>) {
        if self.is_up() {
            listener.back(false);
        }
        self.inner.wires.lock().listeners.push(listener);
    }

    fn read<'a>(&'a self, read: Read<'a>) -> Answer<'a, Reading> {
        self.ask(|state, now| state.read(&read, now))
    }

    fn read_many<'a>(&'a self, reads: &'a [Read<'a>]) -> Answer<'a, Vec<Reading>> {
        self.ask(|state, now| reads.iter().map(|read| state.read(read, now)).collect())
    }

    fn lease<'a>(&'a self, lease: Lease<'a>) -> Answer<'a, Leased> {
        self.ask(|state, now| {
            let holder = state.bytes(lease.lease, now).cloned();
            if holder.is_none() {
                state.set(lease.lease, lease.token, now.saturating_add(lease.ttl));
            }
            Leased {
                holder,
                value: state.bytes(lease.value, now).cloned(),
                captured: lease.captures.iter().map(|capture| state.capture(capture, now)).collect(),
            }
        })
    }

    fn capture<'a>(&'a self, captures: &'a [Capture<'a>]) -> Answer<'a, Vec<Vec<u8>>> {
        self.ask(|state, now| captures.iter().map(|capture| state.capture(capture, now)).collect())
    }

    fn swap<'a>(&'a self, name: &'a str, seen: &'a [u8], to: Option<(&'a [u8], Duration)>) -> Answer<'a, bool> {
        self.ask(|state, now| {
            if state.bytes(name, now).is_none_or(|bytes| bytes != seen) {
                return false;
            }
            match to {
                Some((bytes, ttl)) => state.set(name, bytes, now.saturating_add(ttl)),
                None => _ = state.slots.remove(name),
            }
            true
        })
    }

    fn take<'a>(&'a self, name: &'a str, to: &'a [u8], ttl: Duration) -> Answer<'a, Option<Vec<u8>>> {
        self.ask(|state, now| {
            let before = state.bytes(name, now).cloned();
            state.set(name, to, now.saturating_add(ttl));
            before
        })
    }

    fn commit<'a>(&'a self, commit: Commit<'a>) -> Answer<'a, bool> {
        let answer = self.ask(|state, now| {
            if state.bytes(commit.lease, now).is_none_or(|token| token != commit.token) {
                return false;
            }
            state.slots.remove(commit.lease);
            state.set(commit.value, commit.bytes, now.saturating_add(commit.ttl));
            if let Some((name, version, ttl)) = commit.identity {
                state.set(name, version, now.saturating_add(ttl));
            }
            true
        });
        Box::pin(async move {
            let stored = answer.await?;
            if stored {
                self.tell(commit.publish);
            }
            Ok(stored)
        })
    }

    fn drop_keys<'a>(&'a self, drop: Drop<'a>) -> Answer<'a, Dropped> {
        let answer = self.ask(|state, now| {
            for key in drop.keys {
                key.values.iter().chain([&key.identity]).for_each(|name| _ = state.slots.remove(name));
                if state.bytes(&key.lease, now).is_some_and(|token| token.first() != Some(&MARK)) {
                    state.slots.remove(&key.lease);
                }
            }
            let schemas = drop.schemas.and_then(|name| match &state.slot(name, now)?.content {
                Content::Set(members) => Some(members.iter().cloned().collect()),
                _ => None,
            });
            Dropped { schemas: schemas.unwrap_or_default(), confirmed: true }
        });
        if self.is_up() {
            self.tell(drop.publish);
        }
        answer
    }

    fn bump<'a>(&'a self, bump: Bump<'a>) -> Answer<'a, Bumped> {
        let answer = self.ask(|state, now| {
            state.bump(&bump, now);
            Bumped { confirmed: true }
        });
        if self.is_up() {
            self.tell(bump.publish);
        }
        answer
    }

    fn sweep<'a>(&'a self, sweep: Sweep<'a>) -> Answer<'a, u64> {
        if self.is_up() {
            self.tell(sweep.publish);
        }
        let answer = self.ask(|state, _| {
            let before = state.slots.len();
            for glob in sweep.leases {
                state.slots.retain(|name, slot| slot.is_mark() || !pattern::matches(glob, name));
            }
            for glob in sweep.globs {
                state.slots.retain(|name, _| !pattern::matches(glob, name));
            }
            (before - state.slots.len()) as u64
        });
        if self.is_up() {
            self.tell(sweep.publish);
        }
        answer
    }

    fn increment<'a>(&'a self, name: &'a str, by: i64, ttl: Duration) -> Answer<'a, i64> {
        self.ask(|state, now| {
            let text = state.bytes(name, now).and_then(|bytes| std::str::from_utf8(bytes).ok()?.parse::<i64>().ok());
            let ends = state.slot(name, now).map_or(now.saturating_add(ttl), |slot| slot.ends);
            let sum = text.unwrap_or(0).saturating_add(by);
            state.set(name, sum.to_string().as_bytes(), ends);
            sum
        })
    }

    fn limit<'a>(&'a self, name: &'a str, most: u64, window: Duration) -> Answer<'a, Limited> {
        self.ask(|state, now| {
            let known = match state.slot(name, now).map(|slot| &slot.content) {
                Some(Content::Windows(windows)) => Some(*windows),
                _ => None,
            };
            let (windows, limited) = Windows::ask(known, most, window, now);
            let slot = Slot { content: Content::Windows(windows), ends: now.saturating_add(window.saturating_mul(2)) };
            state.slots.insert(name.to_owned(), slot);
            limited
        })
    }

    fn add_member<'a>(&'a self, name: &'a str, member: &'a [u8], ttl: Duration) -> Answer<'a, bool> {
        self.ask(|state, now| {
            let mut members = match state.slot(name, now).map(|slot| &mut slot.content) {
                Some(Content::Set(members)) => std::mem::take(members),
                _ => BTreeSet::new(),
            };
            let new = members.insert(member.to_vec());
            let slot = Slot { content: Content::Set(members), ends: now.saturating_add(ttl) };
            state.slots.insert(name.to_owned(), slot);
            new
        })
    }

    fn publish<'a>(&'a self, publish: Publish<'a>) -> Answer<'a, usize> {
        if self.is_up() {
            self.tell(Some(publish));
        }
        self.ask(|_, _| 1)
    }

    fn probe(&self) -> Answer<'_, ()> {
        self.ask(|_, _| ())
    }
}

impl Backplane for MemoryBackend {
    fn subscribe(&self, channel: &str, listener: Arc<dyn BackplaneListener>) {
        self.inner.wires.lock().subscribers.push((channel.to_owned(), Arc::clone(&listener)));
        if self.is_up() {
            listener.connected();
        }
    }
}

impl Default for MemoryBackend {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBackend").field("names", &self.names().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_util::conformance;

    #[tokio::test]
    async fn keeps_the_contracts() {
        let backend = MemoryBackend::new();
        conformance::backend(&backend, "memory").await;
        conformance::backplane(&backend, &backend, "memory").await;
    }
}
