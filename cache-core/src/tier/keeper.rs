//! The task that keeps the tier's books: beats, what waits to be sent, and the window without a link.

use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;

use super::message::Message;
use super::versions::LONGEST_LIFE;
use super::{Item, OnFailover, Tier};
use crate::backend::{BackendError, Bump, Publish};
use crate::clock::Time;
use crate::event::Event;
use crate::fleet_name::{FleetName, NameRef};
use crate::mutant::{self, Mutant};
use crate::shared::Shared;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::version::Version;

/// Ticks in the time of a beat.
const TICKS: u32 = 4;

/// How often schemas are announced anew, should the tier have lost them.
const ANNOUNCED: Duration = Duration::from_secs(60);

/// The state of the task.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    runs: Arc<AtomicBool>,
    /// When the next beat is due; 0: now.
    next_beat: AtomicU64,
    /// When the schemas are announced anew; 0: now.
    next_announcement: AtomicU64,
    /// Regions whose versions are kept warm.
    regions: Mutex<Vec<Arc<str>>>,
}

impl Keeper {
    pub(super) fn beat_soon(&self) {
        self.next_beat.store(0, Ordering::Release);
    }
}

/// Says that the task is gone, also when its runtime was.
struct Runs(Arc<AtomicBool>);

impl Drop for Runs {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// Has the tier reminded once more if this time does not come to its end: its runtime may go away in between.
struct Unfinished<'a>(&'a AtomicBool);

impl Unfinished<'_> {
    fn done(self) {
        std::mem::forget(self);
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Tier {
    /// Makes sure that the task runs: on the runtime of whoever asks, if there is one. A task whose runtime has gone is
    /// replaced by the next who asks.
    #[inline]
    pub(crate) fn keep(&self, shared: &Arc<Shared>) {
        if !self.keeper.runs.load(Ordering::Acquire) {
            self.start_keeping(shared);
        }
    }

    #[cold]
    fn start_keeping(&self, shared: &Arc<Shared>) {
        if self.keeper.runs.swap(true, Ordering::AcqRel) {
            return;
        }
        let runs = Runs(Arc::clone(&self.keeper.runs));
        let (weak, every, clock) = (Arc::downgrade(shared), self.settings.beat / TICKS, shared.clock.clone());
        // Not counted among the loads in the background: a shutdown does not wait for it.
        let task = Box::pin(async move {
            let _runs = runs;
            while tick(&weak).await {
                clock.sleep(every).await;
            }
        });
        // Without a runtime the task comes back and is dropped, and so `runs` is false again.
        drop(shared.background.detached(task));
    }

    /// Values of a region lie in the tier from now on, under this schema.
    pub(crate) fn join(&self, region: &Arc<str>, schema: &str) {
        let mut schemas = self.schemas.lock();
        schemas.entry(Arc::clone(region)).or_default().insert(schema.to_owned());
        drop(schemas);
        let mut regions = self.keeper.regions.lock();
        if !regions.contains(region) {
            regions.push(Arc::clone(region));
        }
    }
}

/// One round; `false` when the cache is gone.
async fn tick(shared: &Weak<Shared>) -> bool {
    let Some(shared) = shared.upgrade() else { return false };
    let Some(tier) = shared.tier() else { return false };
    let now = shared.clock.now();
    tier.observe_window(&shared, now);
    shared.notice_suspension();
    let tripped = !tier.is_available();
    if tier.breaker.is_due(now) {
        tier.recover(&shared).await;
    } else if !tripped && !tier.outbox.is_empty() {
        tier.send_all(&shared, true).await;
    }
    if tier.is_available() && now.as_nanos() >= tier.keeper.next_beat.load(Ordering::Acquire) {
        let next = now.saturating_add(tier.settings.beat);
        tier.keeper.next_beat.store(next.as_nanos(), Ordering::Release);
        tier.beat(&shared, now).await;
    }
    true
}

impl Tier {
    /// While nobody tells this process what to drop, what was loaded before the window is not served unverified.
    fn observe_window(&self, shared: &Shared, now: Time) {
        if let Some(horizon) = self.link.note(now, shared.touches.advance())
            && !mutant::is(Mutant::WindowIgnored)
        {
            shared.touch_everything_as_of(horizon);
        }
    }

    /// The same for who serves without asking, once in a while: a runtime that is stuck runs no keeper.
    #[cold]
    pub(crate) fn observe_link(&self, shared: &Shared) {
        let now = shared.clock.now();
        if !self.link.is_up(now) {
            self.observe_window(shared, now);
        }
    }

    /// Tries whether the tier answers again. Before anything is read from it, it is told what it does not know.
    async fn recover(&self, shared: &Arc<Shared>) {
        self.breaker.open(shared.clock.now());
        if let Err(error) = self.backend.publish(self.say(&Message::Beat { origin: 0, number: 0 }.encode())).await {
            shared.emit(&Event::TierFailed { what: "look whether it is back", error });
            return;
        }
        if self.forgotten.load(Ordering::SeqCst) {
            self.remind(shared).await;
        }
        // The server may have forgotten something once more meanwhile.
        if !self.send_all(shared, false).await || self.forgotten.load(Ordering::SeqCst) || !self.breaker.close() {
            return;
        }
        if self.forgotten.load(Ordering::SeqCst) {
            // Nobody was told that it closed.
            self.reopen(shared);
            return;
        }
        shared.emit(&Event::BreakerClosed);
        self.keeper.beat_soon();
    }

    /// Puts what was sent in the last minute into the outbox again, unless the tier still knows it.
    async fn remind(&self, shared: &Arc<Shared>) {
        self.forgotten.store(false, Ordering::SeqCst);
        let unfinished = Unfinished(&self.forgotten);
        // What the mirror knows may be newer than what the tier knows now.
        self.touch_gap(shared);
        if self.settings.on_failover == OnFailover::Flush {
            self.outbox.add(Item::Everything);
            return unfinished.done();
        }
        for sent in self.outbox.recall(shared.clock.now()) {
            if mutant::is(Mutant::NoReminder) {
                break;
            }
            if mutant::is(Mutant::ReminderRestoresVersions)
                && let (Some(version), Some(name)) = (&sent.version, sent.item.name())
            {
                let names = [(name.wire_key(self.names.namespace()), version.as_bytes().to_vec())];
                let bump = Bump { fences: &[], names: &names, ttl: LONGEST_LIFE * 2, publish: None, confirm: None };
                drop(self.backend.bump(bump).await);
                continue;
            }
            // Under a fresh version always: the recorded one would bring back what was valid under it.
            let known = match (&sent.version, sent.item.name()) {
                (Some(version), Some(name)) => {
                    let wire = name.wire_key(self.names.namespace());
                    let read = crate::backend::Read { versions: &[&wire], ..Default::default() };
                    match self.backend.read(read).await {
                        Ok(reading) => reading.versions[0] == Some(*version.as_bytes()),
                        Err(_) => false,
                    }
                }
                _ => false,
            };
            if !known {
                self.outbox.add(sent.item);
            }
        }
        unfinished.done();
    }

    /// Proves that messages come through, and keeps the versions that are in every entry known and alive.
    async fn beat(&self, shared: &Arc<Shared>, now: Time) {
        if let Some(number) = self.link.beat(now) {
            let message = Message::Beat { origin: self.origin, number }.encode();
            let publish = self.say(&message);
            if let Ok(paths) = self.ask(shared, "send a beat", || self.backend.publish(publish)).await {
                self.take_proof(shared, self.link.sent(number, paths, shared.clock.now()));
            }
        }
        let regions = self.keeper.regions.lock().clone();
        let names: Vec<_> =
            std::iter::once(FleetName::Everything).chain(regions.iter().cloned().map(FleetName::Region)).collect();
        let before: Vec<_> = names.iter().map(|name| self.known(shared, name.as_name())).collect();
        let Ok(versions) = self.read_versions(shared, &names).await else { return };
        let mut missing = Vec::new();
        for ((name, before), version) in names.into_iter().zip(before).zip(versions) {
            // Changed without a message, or gone: the tier was flushed, or has gone back to an older state.
            if before.is_some() && before != version {
                self.mirror.forget(name.as_name());
                self.touch(shared, name.as_name());
            }
            if version.is_none() {
                missing.push(name);
            }
        }
        if !missing.is_empty() {
            drop(self.capture(shared, &missing, LONGEST_LIFE).await);
        }
        if now.as_nanos() >= self.keeper.next_announcement.load(Ordering::Acquire) {
            self.keeper.next_announcement.store(now.saturating_add(ANNOUNCED).as_nanos(), Ordering::Release);
            for region in regions {
                let under = self.known(shared, NameRef::Region(&region));
                self.announce(shared, &region, under).await;
            }
        }
    }

    /// Tells the fleet under which schemas values of a region lie: before the first of them is stored, and before the first
    /// that is stored under another version of the region. Who finds that the set was lost changes that version, and so
    /// nothing is valid that was stored under a schema that the set does not have.
    pub(crate) async fn announce(&self, shared: &Shared, region: &str, under: Option<Version>) -> bool {
        let again = self.is_announced(region);
        let Ok(new) = self.add_schemas(shared, region).await else { return false };
        if new && again {
            // The tier has lost the set, and with it schemas of others that this process may not know.
            self.drop_unknown(shared, region, true).await.ok();
        }
        self.announced.lock().insert(region.into(), under);
        true
    }

    /// Adds what this process knows to the set of a region's schemas; says whether something of it was not there.
    pub(super) async fn add_schemas(&self, shared: &Shared, region: &str) -> Result<bool, BackendError> {
        let registry = self.names.schemas(region);
        let mut new = false;
        for schema in self.schemas_of(region) {
            let add = || self.backend.add_member(&registry, schema.as_bytes(), LONGEST_LIFE);
            new |= self.ask(shared, "announce a schema", add).await?;
        }
        Ok(new)
    }

    /// Whether the fleet was told of the schemas of a region.
    pub(crate) fn is_announced(&self, region: &str) -> bool {
        self.announced.lock().contains_key(region)
    }

    /// Makes sure that the fleet was told of the schemas since the region has this version; says whether it was.
    pub(crate) async fn announce_under(&self, shared: &Shared, region: &str, version: Version) -> bool {
        let known = self.announced.lock().get(region).copied().flatten();
        known == Some(version) || Box::pin(self.announce(shared, region, Some(version))).await
    }

    /// The schemas under which values of a region lie, as far as is known.
    pub(super) fn schemas_of(&self, region: &str) -> Vec<String> {
        self.schemas.lock().get(region).map(|schemas| schemas.iter().cloned().collect()).unwrap_or_default()
    }

    /// A message, for the backend to publish.
    pub(crate) fn say<'a>(&'a self, message: &'a [u8]) -> Publish<'a> {
        Publish { channel: &self.channel, message }
    }
}
