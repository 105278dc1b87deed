//! Putting a value for all.

use std::sync::Arc;
use std::time::Duration;

use super::Shelf;
use crate::backend::{Commit, MARK};
use crate::envelope::{self, Draft};
use crate::fleet_name::{FleetName, NameRef};
use crate::foundation::Known;
use crate::invalidated::Invalidated;
use crate::mutant::{self, Mutant};
use crate::shared::Shared;
use crate::tier::{Captured, Item, LONGEST_LIFE, Tier, Waiting};
use crate::version::Version;

/// A value that was put, as it goes to the tier.
#[derive(Debug)]
pub(crate) struct PutGoods {
    payload: Option<Vec<u8>>,
    fresh_for: Option<Duration>,
    kept_for: Duration,
    tags: Vec<FleetName>,
}

/// What became of a put.
enum Attempt {
    Stored,
    /// This process has put or invalidated the key since.
    Overtaken,
    /// It is not in the tier, or that is not known.
    Failed,
}

impl<V: Send + Sync + 'static> Shelf<V> {
    /// Makes a value ready; `None` if it cannot be written.
    pub(crate) fn wrap(
        &self,
        shared: &Shared,
        value: Option<&V>,
        fresh_for: Option<Duration>,
        windows: Duration,
        tags: Vec<FleetName>,
    ) -> Option<PutGoods> {
        let payload = match value.map(|value| self.carrier.encode_verified(self.codec, value)).transpose() {
            Ok(payload) => payload,
            Err(error) => {
                self.not_shared(shared, error);
                return None;
            }
        };
        let kept_for = fresh_for.map_or(LONGEST_LIFE, |fresh| fresh.saturating_add(windows)).min(LONGEST_LIFE);
        Some(PutGoods { payload, fresh_for, kept_for, tags })
    }

    /// Puts a value: the lease first, whoever has it, so that no load that began earlier stores what it has read; then
    /// the versions; then the value under the lease. Whatever goes wrong, the key is invalidated instead.
    pub(crate) async fn put(
        &self,
        shared: &Arc<Shared>,
        tier: &Tier,
        waiting: Waiting,
        goods: PutGoods,
    ) -> Invalidated {
        match self.try_to_put(shared, tier, &waiting, &goods).await {
            Attempt::Stored => {
                if let (Item::Key { key, .. }, false) = (&waiting.item, mutant::is(Mutant::IdentityOfPutBelieved)) {
                    tier.touch_identity(shared, key);
                }
                tier.outbox.sent(std::slice::from_ref(&waiting), &[], shared.clock.now());
                Invalidated::Fleet
            }
            // Who came later sees to it.
            Attempt::Overtaken if tier.outbox.covers_item(&waiting.item) => Invalidated::Queued,
            Attempt::Overtaken => Invalidated::Fleet,
            // Not done, or not known; or somebody else was there meanwhile: who is right, only the source knows.
            Attempt::Failed if mutant::is(Mutant::RefusedPutIsIgnored) => {
                tier.outbox.sent(std::slice::from_ref(&waiting), &[], shared.clock.now());
                Invalidated::Fleet
            }
            Attempt::Failed => tier.tell(shared, std::slice::from_ref(&waiting)).await,
        }
    }

    async fn try_to_put(&self, shared: &Arc<Shared>, tier: &Tier, waiting: &Waiting, goods: &PutGoods) -> Attempt {
        let Item::Key { key, .. } = &waiting.item else { return Attempt::Failed };
        // What other versions of the program have stored of this key is as old as what this one has.
        match tier.others_store(shared, &self.region, &self.schema).await {
            Ok(false) => {}
            Ok(true) => {
                if tier.drop_keys(shared, &self.region, &[&waiting.item], true, true).await.is_err() {
                    return Attempt::Failed;
                }
            }
            Err(_) => return Attempt::Failed,
        }
        let latest = || tier.outbox.holds(waiting) || mutant::is(Mutant::PutsOvertake);
        if !latest() {
            return Attempt::Overtaken;
        }
        let token = Version::from_random(&*shared.random);
        let lease = tier.names.lease(key);
        let take = || tier.backend.take(&lease, token.as_bytes(), tier.settings.lease);
        let Ok(before) = tier.ask(shared, "take a lease for a put", take).await else { return Attempt::Failed };
        if let Some(mark) = before.filter(|before| before.first() == Some(&MARK)) {
            // A writer is at work, and its mark is not to be removed by anybody else.
            let back = || tier.backend.swap(&lease, token.as_bytes(), Some((&mark, tier.settings.lease)));
            drop(tier.ask(shared, "put a mark back", back).await);
            return Attempt::Failed;
        }
        match self.commit_put(shared, tier, key, token, goods, latest).await {
            Some(true) => Attempt::Stored,
            Some(false) | None if latest() => Attempt::Failed,
            Some(false) | None => {
                let back = || tier.backend.swap(&lease, token.as_bytes(), None);
                drop(tier.ask(shared, "give a lease back", back).await);
                Attempt::Overtaken
            }
        }
    }

    /// Stores a value under a lease, as a put: the others are told, and what was built on the value before is old. Not if
    /// it is no longer the `latest` that this process has to say. `None`: that, or it is not known.
    pub(super) async fn commit_put(
        &self,
        shared: &Arc<Shared>,
        tier: &Tier,
        key: &str,
        token: Version,
        goods: &PutGoods,
        latest: impl FnOnce() -> bool,
    ) -> Option<bool> {
        let lease = tier.names.lease(key);
        let mut names: Vec<FleetName> =
            self.always().map(NameRef::keep).into_iter().chain(goods.tags.iter().cloned()).collect();
        let mut known: Vec<Known> = Vec::with_capacity(names.len());
        names.dedup();
        let captured = tier.capture(shared, &names, goods.kept_for).await.ok()?;
        for (name, captured) in names.into_iter().zip(captured) {
            let Captured::Version(version) = captured else { return None };
            known.push((name, version));
        }
        if !self.is_told_of(shared, tier, &known).await {
            return None;
        }
        // A new one, set in the step that stores the value: what was built on the old value is old from then on.
        // Always: this process need not know that somebody has built on it.
        let identity = Version::from_random(&*shared.random);
        let value = tier.names.value(key, &self.schema);
        let draft = Draft {
            payload: goods.payload.as_deref(),
            codec: self.codec,
            fingerprint: self.fingerprint,
            fresh_for: goods.fresh_for,
            kept_for: Some(goods.kept_for),
            load_cost: Duration::ZERO,
            identity: Some(identity),
            names: &known,
        };
        let bytes =
            envelope::seal(&draft, &tier.sealing, &value).map_err(|error| self.not_shared(shared, error)).ok()?;
        let (staging, message) = (tier.names.staging(key, &token), tier.put_message(key));
        let wire = tier.names.identity(key);
        let life = goods.kept_for.saturating_mul(2);
        let commit = Commit {
            lease: &lease,
            token: token.as_bytes(),
            staging: &staging,
            value: &value,
            bytes: &bytes,
            ttl: goods.kept_for,
            identity: Some((wire.as_str(), identity.as_bytes().as_slice(), life))
                .filter(|_| !mutant::is(Mutant::PutKeepsIdentity)),
            publish: Some(tier.say(&message)),
        };
        // Two puts of one process may be on their way at once, when nobody waits for the first: it was asked for before.
        if !latest() {
            return None;
        }
        tier.ask(shared, "put a value", || tier.backend.commit(commit)).await.ok()
    }
}
