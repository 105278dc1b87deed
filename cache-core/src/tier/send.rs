//! Telling the fleet what to drop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::message::{MOST_NAMES, Message, Named};
use super::versions::{LONGEST_LIFE, fence_of};
use super::{Item, Tier, Waiting};
use crate::backend::{Answer, BackendError, BackendErrorKind, Bump, Drop, DropKey, Sweep};
use crate::event::Event;
use crate::fleet_name::NameRef;
use crate::invalidated::Invalidated;
use crate::mutant::{self, Mutant};
use crate::shared::Shared;
use crate::version::Version;

/// More schemas than this of one region are not told apart.
const MOST_SCHEMAS: usize = 64;

impl Tier {
    /// Puts an invalidation into the outbox: whoever looks into the tier from here on knows that it is not to be
    /// believed.
    pub(crate) fn announce_item(&self, item: Item) -> Waiting {
        self.outbox.add(item)
    }

    /// This process's half of an invalidation.
    pub(crate) fn touch_item(&self, shared: &Shared, item: &Item) {
        match item {
            Item::Everything => self.touch(shared, NameRef::Everything),
            Item::Region(region) => self.touch(shared, NameRef::Region(region)),
            Item::Tag(tag) => self.touch(shared, NameRef::Tag(tag)),
            Item::Key { key, .. } => self.touch(shared, NameRef::Key(key)),
            Item::Pattern(glob) => self.touch_pattern(shared, glob),
        }
    }

    /// Sends everything that waits; says whether nothing of it is left but what the server refuses.
    pub(crate) async fn send_all(&self, shared: &Arc<Shared>, guarded: bool) -> bool {
        let waiting = self.outbox.waiting();
        if waiting.is_empty() {
            return true;
        }
        match self.send(shared, &waiting, guarded).await {
            Ok(_) => true,
            // It stays in the outbox, and so nothing that it means is read: no reason to do without the rest.
            Err(error) => error.kind() == BackendErrorKind::Refused,
        }
    }

    /// Tells the fleet, and says how far that went.
    pub(crate) async fn tell(&self, shared: &Arc<Shared>, waiting: &[Waiting]) -> Invalidated {
        let told = self.tell_once(shared, waiting).await;
        if let Some(delay) = self.settings.again_after {
            let items: Vec<Item> = waiting.iter().map(|waiting| waiting.item.clone()).collect();
            drop(shared.background.detached(Box::pin(again(Arc::clone(shared), items, delay))));
        }
        told
    }

    async fn tell_once(&self, shared: &Arc<Shared>, waiting: &[Waiting]) -> Invalidated {
        match self.send(shared, waiting, true).await {
            Ok(true) => Invalidated::Fleet,
            Ok(false) => Invalidated::Queued,
            Err(_) => {
                if mutant::is(Mutant::UnsentIsForgotten) {
                    self.outbox.sent(waiting, &[], shared.clock.now());
                }
                shared.emit(&Event::InvalidationsQueued { waiting: self.outbox.waiting().len() });
                Invalidated::Queued
            }
        }
    }

    /// Tells the fleet that this process has put a value under a key, which the others are to drop.
    pub(crate) async fn tell_of_put(&self, shared: &Arc<Shared>, waiting: Waiting) -> Invalidated {
        let Item::Key { region, .. } = &waiting.item else { return Invalidated::Queued };
        let told = self.drop_keys(shared, region, &[&waiting.item], true, true).await;
        match told {
            Ok(confirmed) => {
                self.outbox.sent(&[waiting], &[], shared.clock.now());
                if confirmed { Invalidated::Fleet } else { Invalidated::Queued }
            }
            Err(_) => Invalidated::Queued,
        }
    }

    /// Sends invalidations. Says whether as many replicas know as have to. `guarded`: only while the breaker is closed.
    async fn send(&self, shared: &Arc<Shared>, waiting: &[Waiting], guarded: bool) -> Result<bool, BackendError> {
        let batch = Batch::of(waiting);
        let mut versions = Vec::new();
        let mut confirmed = true;
        if !batch.names.is_empty() {
            confirmed &= self.bump(shared, &batch.names, &mut versions, guarded).await?;
            self.told(shared, waiting, |item| !matches!(item, Item::Key { .. } | Item::Pattern(_)), &versions);
        }
        for (region, items) in &batch.keys {
            confirmed &= self.drop_keys(shared, region, items, false, guarded).await?;
            self.told(shared, waiting, |item| matches!(item, Item::Key { region: of, .. } if of == region), &[]);
        }
        for item in &batch.patterns {
            let Item::Pattern(glob) = item else { continue };
            let (leases, globs) = (self.names.lease_globs(glob), self.names.globs(glob));
            let message = self.message(&[item], false);
            let sweep = Sweep { leases: &leases, globs: &globs, publish: Some(self.say(&message)) };
            self.request(shared, "invalidate a pattern", guarded, || self.backend.sweep(sweep)).await?;
            self.publish_apart(shared, &message).await;
            self.told(shared, waiting, |told| told == *item, &[]);
        }
        // A pattern is removed bit by bit on every node: which replica knows of all of it, nobody can say.
        confirmed &= batch.patterns.is_empty() || self.settings.confirm.is_none();
        Ok(confirmed)
    }

    /// Gives everything, regions or tags new versions, which it adds to `versions`. Says whether as many replicas know as
    /// have to.
    async fn bump(
        &self,
        shared: &Shared,
        items: &[&Item],
        versions: &mut Vec<(Item, Version)>,
        guarded: bool,
    ) -> Result<bool, BackendError> {
        let (mut fences, mut names) = (Vec::new(), Vec::new());
        for item in items {
            let Some(name) = item.name() else { continue };
            let version = Version::from_random(&*shared.random);
            if let Item::Tag(tag) = item {
                fences.push(fence_of(self, shared, tag));
            }
            names.push((name.wire_key(self.names.namespace()), version.as_bytes().to_vec()));
            versions.push(((*item).clone(), version));
        }
        let message = self.message(items, false);
        let bump = Bump {
            fences: &fences,
            names: &names,
            ttl: LONGEST_LIFE * 2,
            publish: Some(self.say(&message)),
            confirm: self.settings.confirm,
        };
        let bumped = self.request(shared, "invalidate", guarded, || self.backend.bump(bump)).await?;
        self.publish_apart(shared, &message).await;
        Ok(bumped.confirmed)
    }

    /// The fleet was told of a part of what waits. At once, so that what fails after it does not have it sent again.
    fn told(
        &self,
        shared: &Arc<Shared>,
        waiting: &[Waiting],
        part: impl Fn(&Item) -> bool,
        versions: &[(Item, Version)],
    ) {
        let told: Vec<Waiting> = waiting.iter().filter(|waiting| part(&waiting.item)).cloned().collect();
        // Once more: who has read the tier meanwhile may have got what was there before.
        if !mutant::is(Mutant::TouchOnce) {
            told.iter().for_each(|told| self.touch_item(shared, &told.item));
        }
        self.outbox.sent(&told, versions, shared.clock.now());
    }

    /// Drops keys of one region, under all schemas that anybody stores them under.
    pub(crate) async fn drop_keys(
        &self,
        shared: &Arc<Shared>,
        region: &Arc<str>,
        items: &[&Item],
        put: bool,
        guarded: bool,
    ) -> Result<bool, BackendError> {
        let keys: Vec<&str> = items.iter().filter_map(|item| item.key()).collect();
        let (message, registry) = (self.message(items, put), self.names.schemas(region));
        if !self.is_announced(region) && !self.schemas_of(region).is_empty() {
            // Only then does a set without them tell that it was lost.
            let under = self.known(shared, NameRef::Region(region));
            self.announce(shared, region, under).await;
        }
        let own = self.schemas_of(region);
        let mut schemas = own.clone();
        loop {
            let name = |key: &&str| DropKey {
                values: schemas.iter().map(|schema| self.names.value(key, schema)).collect(),
                identity: self.names.identity(if mutant::is(Mutant::IdentityStays) { "none" } else { key }),
                lease: self.names.lease(if mutant::is(Mutant::LeaseStays) { "none" } else { key }),
            };
            let dropped: Vec<DropKey> = keys.iter().map(name).collect();
            let drop = Drop {
                keys: &dropped,
                schemas: Some(&registry),
                publish: Some(self.say(&message)),
                confirm: self.settings.confirm,
            };
            let request = || self.backend.drop_keys(drop);
            let answer = self.request(shared, "invalidate keys", guarded, request).await?;
            let known = schemas.len();
            // Another version of the program stores values of this region under a schema of its own.
            let announced = answer.schemas.into_iter().filter_map(|schema| String::from_utf8(schema).ok());
            let announced: Vec<String> = announced.filter(|schema| schema.len() <= 64).collect();
            let lost = own.iter().any(|schema| !announced.contains(schema)) && self.is_announced(region);
            if lost || announced.len() > MOST_SCHEMAS {
                // There may be values under schemas that nobody tells: the whole region goes.
                self.drop_unknown(shared, region, guarded).await?;
                // Found by the next who looks: else every invalidation would cost the region.
                _ = self.add_schemas(shared, region).await;
            }
            schemas.extend(announced.into_iter().take(MOST_SCHEMAS));
            schemas.sort();
            schemas.dedup();
            if schemas.len() == known {
                self.publish_apart(shared, &message).await;
                return Ok(answer.confirmed);
            }
            self.schemas.lock().entry(Arc::clone(region)).or_default().extend(schemas.iter().cloned());
        }
    }

    /// Whether values of a region lie under other schemas than `own`.
    pub(crate) async fn others_store(&self, shared: &Shared, region: &str, own: &str) -> Result<bool, BackendError> {
        Ok(!self.other_schemas(shared, region, own).await?.is_empty())
    }

    async fn other_schemas(&self, shared: &Shared, region: &str, own: &str) -> Result<Vec<String>, BackendError> {
        let registry = self.names.schemas(region);
        let look = Drop { keys: &[], schemas: Some(&registry), publish: None, confirm: None };
        let answer = self.ask(shared, "read schemas", || self.backend.drop_keys(look)).await?;
        // A set that was lost tells of nobody: whoever announces next finds that out.
        let schemas = answer.schemas.into_iter().filter_map(|schema| String::from_utf8(schema).ok());
        Ok(schemas.filter(|schema| schema != own).take(MOST_SCHEMAS).collect())
    }

    /// Drops what lies under a key in other schemas than `own`, under which it has just been changed.
    pub(crate) async fn drop_others(
        &self,
        shared: &Shared,
        region: &str,
        key: &str,
        own: &str,
    ) -> Result<(), BackendError> {
        let others = self.other_schemas(shared, region, own).await?;
        if others.is_empty() {
            return Ok(());
        }
        let dropped = DropKey {
            values: others.iter().map(|schema| self.names.value(key, schema)).collect(),
            // That of the value that stays is to stay, too: a name under which nothing lies.
            identity: self.names.staging(key, &Version::from_random(&*shared.random)),
            lease: self.names.lease(key),
        };
        let message = self.put_message(key);
        let drop = Drop {
            keys: std::slice::from_ref(&dropped),
            schemas: None,
            publish: Some(self.say(&message)),
            confirm: self.settings.confirm,
        };
        self.ask(shared, "drop values of other versions", || self.backend.drop_keys(drop)).await?;
        self.publish_apart(shared, &message).await;
        Ok(())
    }

    /// Invalidates all of a region in the fleet, whatever it is stored under.
    pub(super) async fn drop_unknown(&self, shared: &Shared, region: &str, guarded: bool) -> Result<(), BackendError> {
        self.bump(shared, &[&Item::Region(region.into())], &mut Vec::new(), guarded).await?;
        self.touch(shared, NameRef::Region(region));
        Ok(())
    }

    async fn request<'a, T>(
        &'a self,
        shared: &Shared,
        what: &'static str,
        guarded: bool,
        request: impl FnOnce() -> Answer<'a, T>,
    ) -> Result<T, BackendError> {
        if guarded { self.ask(shared, what, request).await } else { self.ask_anyway(shared, what, request()).await }
    }

    /// Publishes through a backplane that is not the backend's own.
    async fn publish_apart(&self, shared: &Shared, message: &[u8]) {
        let Some(backplane) = &self.backplane else { return };
        if let Some(answer) = backplane.publish(&self.channel, message)
            && let Err(error) = answer.await
        {
            shared.emit(&Event::TierFailed { what: "publish", error });
        }
    }

    /// The message that names these; `put`: this process has put values under them.
    fn message(&self, items: &[&Item], put: bool) -> Vec<u8> {
        let mut names: Vec<Named<'_>> = items.iter().map(|item| item.named()).collect();
        if names.len() > MOST_NAMES {
            // More than anybody takes. What is meant by more than that is everything.
            names = vec![Named::Name(NameRef::Everything)];
        }
        Message::Names { origin: self.origin, put, names }.encode()
    }

    /// The message that a value was put under a key.
    pub(crate) fn put_message(&self, key: &str) -> Vec<u8> {
        let names = vec![Named::Name(NameRef::Key(key))];
        Message::Names { origin: self.origin, put: true, names }.encode()
    }
}

/// Invalidates once more, for loads that have read a replica of the source that was behind.
async fn again(shared: Arc<Shared>, items: Vec<Item>, delay: Duration) {
    shared.clock.sleep(delay).await;
    let Some(tier) = shared.tier() else { return };
    let waiting: Vec<_> = items.into_iter().map(|item| tier.announce_item(item)).collect();
    waiting.iter().for_each(|waiting| tier.touch_item(&shared, &waiting.item));
    tier.tell_once(&shared, &waiting).await;
}

impl Item {
    fn named(&self) -> Named<'_> {
        match self {
            Self::Everything => Named::Name(NameRef::Everything),
            Self::Region(region) => Named::Name(NameRef::Region(region)),
            Self::Tag(tag) => Named::Name(NameRef::Tag(tag)),
            Self::Key { key, .. } => Named::Name(NameRef::Key(key)),
            Self::Pattern(glob) => Named::Pattern(glob),
        }
    }

    fn key(&self) -> Option<&str> {
        if let Self::Key { key, .. } = self { Some(key) } else { None }
    }
}

/// What waits, by what has to be done.
struct Batch<'a> {
    names: Vec<&'a Item>,
    keys: BTreeMap<Arc<str>, Vec<&'a Item>>,
    patterns: Vec<&'a Item>,
}

impl<'a> Batch<'a> {
    fn of(waiting: &'a [Waiting]) -> Self {
        let mut batch = Self { names: Vec::new(), keys: BTreeMap::new(), patterns: Vec::new() };
        for waiting in waiting {
            match &waiting.item {
                item @ Item::Key { region, .. } => batch.keys.entry(Arc::clone(region)).or_default().push(item),
                item @ Item::Pattern(_) => batch.patterns.push(item),
                item => batch.names.push(item),
            }
        }
        batch
    }
}
