//! After a load: storing what it has brought, for all.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::ticket::Right;
use super::{Shelf, Ticket};
use crate::backend::Commit;
use crate::envelope::{self, Draft};
use crate::fleet_name::{FleetName, NameRef};
use crate::foundation::{Foundation, Known, merge};
use crate::mutant::{self, Mutant};
use crate::shared::Shared;
use crate::tier::{Captured, LONGEST_LIFE, LateTags, Tier, ValueName};
use crate::touch::Touch;
use crate::version::Version;

/// What a load has brought.
pub(crate) struct Goods<'a, V> {
    /// `None`: there is no value.
    pub(crate) value: Option<&'a V>,
    /// How long it is fresh; `None` is for ever.
    pub(crate) fresh_for: Option<Duration>,
    /// For how long after that it may be of use.
    pub(crate) windows: Duration,
    pub(crate) cost: Duration,
    /// Tags that only the value knows.
    pub(crate) late: Vec<FleetName>,
    /// What it inherits; `None` if it was built from something that is only in this process.
    pub(crate) inherited: Option<Vec<Known>>,
    /// When the load began.
    pub(crate) start: Touch,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Fate {
    /// It lies in the tier.
    Stored(Foundation),
    /// It was overtaken: it is stored nowhere.
    Overtaken,
    /// It may be old in a moment, and nothing must be built on it.
    Doubtful,
    /// This process may keep it, by itself. `capped`: for as long as it would without a link.
    Local { capped: bool },
}

impl<V: Send + Sync + 'static> Shelf<V> {
    /// Stores what a load has brought, under its ticket.
    pub(crate) fn store<'a>(
        &'a self,
        shared: &'a Arc<Shared>,
        tier: &'a Tier,
        mut ticket: Ticket,
        goods: Goods<'a, V>,
    ) -> Pin<Box<dyn Future<Output = Fate> + Send + 'a>> {
        // The user's code first.
        let payload = match goods.value.filter(|_| matches!(ticket.right, Right::Lease(_))) {
            Some(value) if self.verification.is_due() => self.carrier.encode_verified(self.codec, value).map(Some),
            Some(value) => self.carrier.encode(self.codec, value).map(Some),
            None => Ok(None),
        };
        Box::pin(async move {
            let Right::Lease(token) = ticket.right else {
                return if ticket.right == Right::Marked { Fate::Doubtful } else { Fate::Local { capped: true } };
            };
            let payload = match payload {
                Ok(payload) => payload,
                Err(error) => {
                    self.not_shared(shared, error);
                    return Fate::Local { capped: false };
                }
            };
            let kept_for = goods.fresh_for.map_or(LONGEST_LIFE, |fresh| fresh.saturating_add(goods.windows));
            let kept_for = kept_for.min(LONGEST_LIFE);
            let mut names = std::mem::take(&mut ticket.captured);
            if mutant::is(Mutant::CaptureAfterLoad) {
                capture_anew(shared, tier, &mut names, kept_for).await;
            }
            if !goods.late.is_empty() {
                let known = self.late_tags.swap(true, Ordering::Relaxed);
                match Box::pin(tier.capture_late(shared, &goods.late, goods.start, kept_for)).await {
                    Ok(LateTags::Captured(late)) => {
                        if !merge(&mut names, late) {
                            return Fate::Doubtful;
                        }
                    }
                    Ok(LateTags::Marked) => return Fate::Doubtful,
                    // The first of its kind: the fences were not read before it.
                    Ok(LateTags::Doubtful) if !known => return Fate::Local { capped: false },
                    Ok(LateTags::Doubtful) => return Fate::Doubtful,
                    Err(_) => return Fate::Local { capped: true },
                }
            }
            let Some(mut inherited) = goods.inherited else { return Fate::Local { capped: false } };
            if mutant::is(Mutant::DependenciesCapturedAnew) {
                capture_anew(shared, tier, &mut inherited, kept_for).await;
            }
            if !merge(&mut names, inherited.iter().cloned()) {
                return Fate::Doubtful;
            }
            // What it is built on has to be known for as long as it lives, and that may be longer than was expected.
            let lasting = |name: &FleetName| tier.known_for(shared, name.as_name(), kept_for).is_some();
            let mut outlived: Vec<FleetName> =
                inherited.into_iter().map(|(name, _)| name).filter(|name| !lasting(name)).collect();
            if kept_for > ticket.life {
                outlived.extend(
                    names.iter().map(|(name, _)| name).filter(|name| matches!(name, FleetName::Tag(_))).cloned(),
                );
                outlived.extend(ticket.identity.map(|_| FleetName::Key(ticket.key().into())));
            }
            if !outlived.is_empty() && Box::pin(tier.capture(shared, &outlived, kept_for)).await.is_err() {
                return Fate::Local { capped: true };
            }
            if !self.is_told_of(shared, tier, &names).await {
                return Fate::Local { capped: true };
            }
            let draft = Draft {
                payload: payload.as_deref(),
                codec: self.codec,
                fingerprint: self.fingerprint,
                fresh_for: goods.fresh_for,
                kept_for: Some(kept_for),
                load_cost: goods.cost,
                identity: ticket.identity,
                names: &names,
            };
            let bytes = match envelope::seal(&draft, &tier.sealing, ticket.name.as_str()) {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.not_shared(shared, error);
                    return Fate::Local { capped: false };
                }
            };
            match self.commit(shared, tier, &ticket.name, token, &bytes, kept_for).await {
                Some(true) => {
                    ticket.settle();
                    Fate::Stored(self.foundation(ticket.key().into(), names, ticket.identity))
                }
                Some(false) => {
                    ticket.settle();
                    Fate::Overtaken
                }
                // It may lie there, or not: whoever reads it finds it as valid as it is.
                None => Fate::Local { capped: true },
            }
        })
    }

    /// Whether the fleet knows of this region's schema, under the version of the region that is among `names`.
    pub(super) async fn is_told_of(&self, shared: &Shared, tier: &Tier, names: &[Known]) -> bool {
        let region = NameRef::Region(&self.region);
        match names.iter().find(|(name, _)| name.as_name() == region) {
            Some((_, version)) => tier.announce_under(shared, &self.region, *version).await,
            None => true,
        }
    }

    async fn commit(
        &self,
        shared: &Shared,
        tier: &Tier,
        name: &ValueName,
        token: Version,
        bytes: &[u8],
        ttl: Duration,
    ) -> Option<bool> {
        let (lease, mut staging) = (tier.names.lease(name.key()), tier.names.staging(name.key(), &token));
        if mutant::is(Mutant::SharedStagingName) {
            staging = [&lease, ":staged"].concat();
        }
        let commit = Commit {
            lease: &lease,
            token: token.as_bytes(),
            staging: &staging,
            value: name.as_str(),
            bytes,
            ttl,
            identity: None,
            publish: None,
        };
        if mutant::is(Mutant::FillWithoutToken) {
            drop(tier.backend.take(&lease, token.as_bytes(), tier.settings.lease).await);
        }
        tier.ask(shared, "store a value", || tier.backend.commit(commit)).await.ok()
    }
}

/// What must not be done; see [`Mutant`].
async fn capture_anew(shared: &Shared, tier: &Tier, known: &mut [Known], life: Duration) {
    let names: Vec<FleetName> = known.iter().map(|(name, _)| name.clone()).collect();
    for ((_, version), captured) in known.iter_mut().zip(tier.capture(shared, &names, life).await.unwrap_or_default()) {
        if let Captured::Version(captured) = captured {
            *version = captured;
        }
    }
}
