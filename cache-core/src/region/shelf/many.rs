//! Many keys at once: one look for all, and the leases side by side.

use std::sync::Arc;

use futures_util::future::join_all;

use super::approach::{Approach, Errand, Patience, alone};
use super::found::{Raw, Seen};
use super::{Accept, Elsewhere, Shelf};
use crate::backend::{Read, Reading};
use crate::fleet_name::NameRef;
use crate::shared::Shared;
use crate::tier::{Tier, WireKeys};
use crate::touch::Touch;
use crate::version::Version;

/// What a look has found, and the bytes that were there.
type Look<V> = (Option<Elsewhere<V>>, Seen);

impl<V: Send + Sync + 'static> Shelf<V> {
    /// [`approach`](Self::approach) for many keys: waits for nobody.
    pub(crate) async fn approach_many(
        &self,
        shared: &Arc<Shared>,
        tier: &Tier,
        errands: &[Errand<'_>],
    ) -> Vec<Approach<V>> {
        let looks = self.look_at_all(shared, tier, errands).await;
        let prepared = tier.is_available() && self.prepare(shared, tier).await;
        let approach = |(errand, look)| self.approach_one(shared, tier, errand, look, prepared);
        join_all(errands.iter().zip(looks).map(approach)).await
    }

    async fn approach_one(
        &self,
        shared: &Arc<Shared>,
        tier: &Tier,
        errand: &Errand<'_>,
        (found, seen): Look<V>,
        prepared: bool,
    ) -> Approach<V> {
        match found {
            Some(found) => Approach::Found(found),
            None if prepared && self.may_look(tier, errand.key()) => self
                .take_lease(shared, tier, errand, seen, Patience::None)
                .await
                .unwrap_or_else(|_| alone(shared, errand)),
            None => alone(shared, errand),
        }
    }

    /// Reads the values under many keys, in one round trip to each node.
    pub(crate) async fn look_many(
        &self,
        shared: &Arc<Shared>,
        tier: &Tier,
        errands: &[Errand<'_>],
    ) -> Vec<Option<Elsewhere<V>>> {
        let looks = self.look_at_all(shared, tier, errands).await;
        looks.into_iter().map(|(found, _)| found).collect()
    }

    async fn look_at_all(&self, shared: &Arc<Shared>, tier: &Tier, errands: &[Errand<'_>]) -> Vec<Look<V>> {
        tier.keep(shared);
        let none = || errands.iter().map(|_| (None, None)).collect();
        if !tier.is_available() {
            return none();
        }
        // The names that are in all of them are read once.
        let unknown = self.unknown(shared, tier, std::iter::empty());
        let wire = WireKeys::of(unknown.iter().copied(), tier.names.namespace());
        let wire = wire.list();
        let reads: Vec<Read<'_>> = errands
            .iter()
            .enumerate()
            .map(|(index, errand)| Read {
                value: Some(errand.name.as_str()),
                remaining: self.dates,
                versions: if index == 0 { &wire } else { &[] },
                replica: false,
            })
            .collect();
        let read_at = shared.touches.read();
        let Ok(mut readings) = tier.ask(shared, "read values", || tier.backend.read_many(&reads)).await else {
            return none();
        };
        let read = readings.iter().flat_map(|reading| &reading.versions);
        let versions = self.learn(shared, tier, unknown, read, read_at);
        let opened = errands
            .iter()
            .zip(&readings)
            .map(|(errand, reading)| self.open_one(shared, tier, errand, reading, &versions, read_at));
        let found = join_all(opened).await;
        found.into_iter().zip(&mut readings).map(|(found, reading)| (found, reading.value.take())).collect()
    }

    async fn open_one(
        &self,
        shared: &Shared,
        tier: &Tier,
        errand: &Errand<'_>,
        reading: &Reading,
        versions: &[(NameRef<'_>, Option<Version>)],
        read_at: Touch,
    ) -> Option<Elsewhere<V>> {
        let bytes = reading.value.as_ref()?;
        if errand.accept == Accept::Nothing || !self.may_look(tier, errand.key()) {
            return None;
        }
        let raw = Raw { bytes, remaining: reading.remaining, versions, read_at, replica: false };
        let found = match self.open(shared, tier, &raw, errand) {
            Ok(found) => found,
            Err(unsure) => self.open_unsure(shared, tier, &raw, errand, unsure).await.ok().flatten(),
        };
        found.filter(|found| !found.is_touched())
    }
}
