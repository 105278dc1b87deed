//! What another process has loaded: reading it, and whether it is still valid.

use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;

use super::{Errand, Shelf};
use crate::backend::{BackendError, Read};
use crate::envelope::{self, Envelope};
use crate::fleet_name::{FleetName, NameRef};
use crate::foundation::{Foundation, Known};
use crate::mutant::{self, Mutant};
use crate::shared::Shared;
use crate::tier::{Tier, WireKeys};
use crate::touch::{Name, Touch};
use crate::version::Version;

/// A value from the shared tier.
#[derive(Debug)]
pub(crate) struct Elsewhere<V> {
    /// `None`: it is known that there is none.
    pub(crate) value: Option<V>,
    /// How long it is still fresh (`Some(None)`: for ever); else for how long it has been stale.
    pub(crate) fresh_for: Result<Option<Duration>, Duration>,
    pub(crate) cost: Duration,
    /// A reading of the touch clock before anything of it was read.
    pub(crate) start: Touch,
    /// The states in this process of the names that it depends on.
    pub(crate) names: SmallVec<[Arc<Name>; 2]>,
    /// Whether those are there. Else nothing is known of what happened to them since the start: it is an answer to those
    /// only who asked before that.
    pub(crate) followed: bool,
    /// For those who build on it, if it was asked for.
    pub(crate) foundation: Option<Foundation>,
    /// Whether this process may keep it.
    pub(crate) promote: bool,
    /// Whether one of its names was touched while it was read: it may be what was there before.
    touched: bool,
}

impl<V> Elsewhere<V> {
    /// Whether one of its names was touched while it was read.
    pub(super) fn is_touched(&self) -> bool {
        self.touched
    }
}

/// So often a value is read anew that is touched while it is read.
const LOOKS: usize = 3;

/// The bytes of a value that was there and could not be taken.
pub(super) type Seen = Option<Vec<u8>>;

/// Bytes as they were read, and what was read with them.
pub(super) struct Raw<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) remaining: Option<Duration>,
    /// The versions that were read along.
    pub(super) versions: &'a [(NameRef<'a>, Option<Version>)],
    /// A reading of the touch clock before all of them.
    pub(super) read_at: Touch,
    pub(super) replica: bool,
}

impl<V> Shelf<V> {
    /// Reads the value under a key, if there is one that `accept` accepts. Else what was there is left in `seen`.
    pub(super) async fn look(
        &self,
        shared: &Shared,
        tier: &Tier,
        errand: &Errand<'_>,
        seen: &mut Seen,
    ) -> Result<Option<Elsewhere<V>>, BackendError> {
        for _ in 0..LOOKS {
            match self.look_once(shared, tier, errand, seen).await? {
                Some(found) if found.is_touched() => {}
                found => return Ok(found),
            }
        }
        Ok(None)
    }

    async fn look_once(
        &self,
        shared: &Shared,
        tier: &Tier,
        errand: &Errand<'_>,
        seen: &mut Seen,
    ) -> Result<Option<Elsewhere<V>>, BackendError> {
        let unknown = self.unknown(shared, tier, errand.tag_names());
        let wire = WireKeys::of(unknown.iter().copied(), tier.names.namespace());
        let read_at = shared.touches.read();
        let replica = tier.settings.replica_reads && self.has_identities();
        let read = Read { value: Some(errand.name.as_str()), remaining: self.dates, versions: &wire.list(), replica };
        let reading = tier.ask(shared, "read a value", || tier.backend.read(read)).await?;
        let versions = self.learn(shared, tier, unknown, &reading.versions, read_at);
        let Some(bytes) = reading.value else { return Ok(None) };
        let remaining = reading.remaining;
        let raw = Raw { bytes: &bytes, remaining, versions: &versions, read_at, replica };
        let found = match self.open(shared, tier, &raw, errand) {
            Ok(found) => found,
            Err(unsure) => {
                // By itself, so that a look that finds what it needs is not as large as this.
                let work = async move {
                    let raw = Raw { bytes: &bytes, remaining, versions: &versions, read_at, replica };
                    let found = self.open_unsure(shared, tier, &raw, errand, unsure).await;
                    (found, bytes)
                };
                let (found, bytes) = Box::pin(work).await;
                *seen = Some(bytes);
                return found;
            }
        };
        if found.is_none() {
            *seen = Some(bytes);
        }
        Ok(found)
    }

    /// Those names of a look that have to be asked about: what is in every entry, and `tags`.
    pub(super) fn unknown<'n>(
        &'n self,
        shared: &Shared,
        tier: &Tier,
        tags: impl Iterator<Item = NameRef<'n>>,
    ) -> SmallVec<[NameRef<'n>; 5]> {
        let believes = self.believes(shared, tier);
        let names = self.always().into_iter().chain(tags);
        names.filter(|name| !believes || self.known(tier, *name).is_none()).collect()
    }

    /// What was read of these names.
    pub(super) fn learn<'n, 'b>(
        &self,
        shared: &Shared,
        tier: &Tier,
        names: SmallVec<[NameRef<'n>; 5]>,
        read: impl IntoIterator<Item = &'b Option<[u8; Version::LEN]>>,
        read_at: Touch,
    ) -> SmallVec<[(NameRef<'n>, Option<Version>); 5]> {
        let learned = tier.learn_all(shared, names.iter().copied(), read, read_at);
        names.into_iter().zip(learned).collect()
    }

    /// [`open`](Self::open), when all versions that were not known turn out to be current.
    pub(super) async fn open_unsure(
        &self,
        shared: &Shared,
        tier: &Tier,
        raw: &Raw<'_>,
        errand: &Errand<'_>,
        unsure: Vec<Known>,
    ) -> Result<Option<Elsewhere<V>>, BackendError> {
        if !self.is_current(shared, tier, &unsure).await? {
            return Ok(None);
        }
        let versions = raw.versions.iter().copied();
        let asked = unsure.iter().map(|(name, version)| (name.as_name(), Some(*version)));
        let versions: Vec<_> = versions.chain(asked).collect();
        Ok(self.open(shared, tier, &Raw { versions: &versions, ..*raw }, errand).unwrap_or_default())
    }

    /// Opens what was read, if it is valid and accepted. Fails with what has to be asked about before that is known.
    pub(super) fn open(
        &self,
        shared: &Shared,
        tier: &Tier,
        raw: &Raw<'_>,
        errand: &Errand<'_>,
    ) -> Result<Option<Elsewhere<V>>, Vec<Known>> {
        let envelope = match envelope::open(raw.bytes, &tier.sealing, errand.name.as_str()) {
            Ok(envelope) => envelope,
            Err(error) => {
                self.unreadable(shared, error);
                return Ok(None);
            }
        };
        if envelope.fingerprint() != self.fingerprint {
            self.unreadable(shared, "it was written for another type");
            return Ok(None);
        }
        let fresh_for = fresh_for(&envelope, raw.remaining);
        if !errand.accept.takes(fresh_for, envelope.fresh_for()) || (envelope.is_absent() && !errand.absences) {
            return Ok(None);
        }
        if !self.is_valid(shared, tier, &envelope, raw, errand.key())? {
            return Ok(None);
        }
        let value = if envelope.is_absent() {
            None
        } else {
            match self.carrier.decode(envelope.codec(), envelope.payload()) {
                Ok(value) => Some(value),
                Err(error) => {
                    self.unreadable(shared, error);
                    return Ok(None);
                }
            }
        };
        let key = errand.key();
        let promote = self.keeps && !raw.replica && self.hits.reach(key, tier.settings.promote_after);
        // What this process has told the tier while the value was read is in the outbox no more, and the value may be from
        // before that.
        let touched = shared.touches.read() != raw.read_at && !mutant::is(Mutant::TouchedWhileRead) && {
            let states = envelope.names().filter_map(|(name, _)| self.local(shared, tier, name));
            // A put touches the identity when it is done, and its key when it begins.
            let own = tier.local(shared, NameRef::Key(key)).into_iter().chain([Arc::clone(tier.floor(key))]);
            states.chain(own).any(|state| state.last() > raw.read_at)
        };
        let followed = self.keeps || errand.built_on;
        // Touched by messages, as the tags of what is loaded here are.
        let mut names = SmallVec::new();
        if followed {
            names.push(Arc::clone(tier.floor(key)));
            names.extend(envelope.names().filter_map(|(name, _)| self.local(shared, tier, name)));
        }
        let founded = (promote || errand.built_on).then(|| {
            let names = envelope.names().map(|(name, version)| (name.keep(), version)).collect();
            self.foundation(key.into(), names, envelope.identity())
        });
        Ok(Some(Elsewhere {
            value,
            fresh_for,
            cost: envelope.load_cost(),
            start: raw.read_at,
            names,
            followed,
            foundation: founded,
            promote,
            touched,
        }))
    }

    /// The state of a name in this process. That of the region is looked up once: it is in every entry.
    fn local(&self, shared: &Shared, tier: &Tier, name: NameRef<'_>) -> Option<Arc<Name>> {
        if name != NameRef::Region(&self.region) {
            return tier.local(shared, name);
        }
        if let Some(known) = self.state.get() {
            return Some(Arc::clone(known));
        }
        let state = tier.local(shared, name)?;
        Some(Arc::clone(self.state.get_or_init(|| state)))
    }

    pub(super) fn foundation(&self, key: Arc<str>, names: Vec<Known>, identity: Option<Version>) -> Foundation {
        Foundation { names, identity, key, identities: Arc::clone(&self.identities) }
    }

    /// Whether every version in an envelope is the current one. Fails with those that have to be asked about.
    fn is_valid(
        &self,
        shared: &Shared,
        tier: &Tier,
        envelope: &Envelope<'_>,
        raw: &Raw<'_>,
        key: &str,
    ) -> Result<bool, Vec<Known>> {
        if tier.outbox.covers(NameRef::Key(key), &self.region) && !mutant::is(Mutant::TouchedWhileRead) {
            return Ok(false);
        }
        let believes = self.believes(shared, tier);
        let (mut everything, mut region) = (false, false);
        let mut unsure: Vec<Known> = Vec::new();
        for (name, version) in envelope.names() {
            everything |= name == NameRef::Everything;
            region |= name == NameRef::Region(&self.region);
            if tier.outbox.covers(name, &self.region) {
                return Ok(false);
            }
            let read = raw.versions.iter().find(|(read, _)| *read == name);
            match read {
                Some((_, current))
                    if *current == Some(version) || current.is_none() && mutant::is(Mutant::AbsentVersionIsValid) => {}
                Some(_) => return Ok(false),
                // A mismatch against what is remembered is asked about before it counts: that may be the older one.
                None if believes && self.known(tier, name) == Some(version) => {}
                None => unsure.push((name.keep(), version)),
            }
        }
        if raw.replica {
            // A replica may not know yet that the value was dropped; its identity was, on the primary. A value without
            // one was stored by a process that reads no replicas.
            let Some(identity) = envelope.identity() else { return Ok(false) };
            if !raw.versions.contains(&(NameRef::Key(key), Some(identity))) {
                unsure.push((FleetName::Key(key.into()), identity));
            }
        }
        if !(everything && region) {
            self.unreadable(shared, "it names neither its region nor everything, so that nothing could invalidate it");
            return Ok(false);
        }
        if unsure.is_empty() { Ok(true) } else { Err(unsure) }
    }

    /// Asks whether these are the current versions.
    async fn is_current(&self, shared: &Shared, tier: &Tier, unsure: &[Known]) -> Result<bool, BackendError> {
        let names: Vec<FleetName> = unsure.iter().map(|(name, _)| name.clone()).collect();
        let current = tier.read_versions(shared, &names).await?;
        Ok(unsure.iter().zip(current).all(|((name, version), current)| {
            let is_current = current == Some(*version) || current.is_none() && mutant::is(Mutant::AbsentVersionIsValid);
            is_current && !tier.outbox.covers(name.as_name(), &self.region)
        }))
    }
}

/// How long a value is still fresh. How much of its life is over is what the tier says is left of it, never a
/// difference of two machines' clocks (promise P9).
fn fresh_for(envelope: &Envelope<'_>, remaining: Option<Duration>) -> Result<Option<Duration>, Duration> {
    let Some(fresh) = envelope.fresh_for() else { return Ok(None) };
    let elapsed = match (envelope.kept_for(), remaining) {
        _ if mutant::is(Mutant::PromotionRestartsLife) => Duration::ZERO,
        (Some(kept), Some(remaining)) => kept.saturating_sub(remaining),
        // Nobody knows how old it is, and it may be there longer than it is fresh.
        (Some(kept), None) if kept > fresh => kept,
        _ => Duration::ZERO,
    };
    match fresh.checked_sub(elapsed) {
        Some(left) if !left.is_zero() => Ok(Some(left)),
        _ => Err(elapsed - fresh),
    }
}
