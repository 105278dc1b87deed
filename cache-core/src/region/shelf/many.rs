//! Many keys at once: one look for all, and the leases side by side.

use std::sync::Arc;

use futures_util::future::join_all;

use super::approach::{Approach, Errand, Patience, alone};
use super::found::Raw;
use super::{Accept, Elsewhere, Shelf};
use crate::backend::Read;
use crate::fleet_name::FleetName;
use crate::shared::Shared;
use crate::tier::Tier;

impl<V: Send + Sync + 'static> Shelf<V> {
    /// [`approach`](Self::approach) for many keys: waits for nobody.
    pub(crate) async fn approach_many(
        &self,
        shared: &Arc<Shared>,
        tier: &Tier,
        errands: &[Errand],
    ) -> Vec<Approach<V>> {
        let found = self.look_many(shared, tier, errands).await;
        let prepared = tier.is_available() && self.prepare(shared, tier).await;
        let approach =
            |(errand, found): (_, Option<Elsewhere<V>>)| self.approach_one(shared, tier, errand, found, prepared);
        join_all(errands.iter().zip(found).map(approach)).await
    }

    async fn approach_one(
        &self,
        shared: &Arc<Shared>,
        tier: &Tier,
        errand: &Errand,
        found: Option<Elsewhere<V>>,
        prepared: bool,
    ) -> Approach<V> {
        match found {
            Some(found) => Approach::Found(Box::new(found)),
            None if prepared && self.may_look(tier, &errand.key) => {
                self.take_lease(shared, tier, errand, Patience::None).await.unwrap_or_else(|_| alone(shared, errand))
            }
            None => alone(shared, errand),
        }
    }

    /// Reads the values under many keys, in one round trip to each node.
    pub(crate) async fn look_many(
        &self,
        shared: &Arc<Shared>,
        tier: &Tier,
        errands: &[Errand],
    ) -> Vec<Option<Elsewhere<V>>> {
        tier.keep(shared);
        let none = || errands.iter().map(|_| None).collect();
        if !tier.is_available() {
            return none();
        }
        let wire_keys: Vec<String> = errands.iter().map(|errand| tier.names.value(&errand.key, &self.schema)).collect();
        // The names that are in all of them are read once.
        let unknown: Vec<FleetName> =
            self.always().into_iter().filter(|name| self.known(shared, tier, name.as_name()).is_none()).collect();
        let wire: Vec<String> = unknown.iter().map(|name| name.wire_key(tier.names.namespace())).collect();
        let reads: Vec<Read<'_>> = wire_keys
            .iter()
            .enumerate()
            .map(|(index, wire_key)| Read {
                value: Some(wire_key),
                remaining: self.keeps,
                versions: if index == 0 { &wire } else { &[] },
                replica: false,
            })
            .collect();
        let read_at = shared.touches.read();
        let Ok(readings) = tier.ask(shared, "read values", || tier.backend.read_many(&reads)).await else {
            return none();
        };
        let read = readings.iter().flat_map(|reading| &reading.versions);
        let learned = tier.learn_all(shared, &unknown, read, read_at);
        let versions: Vec<_> = unknown.into_iter().zip(learned).collect();
        let opened = errands.iter().zip(&wire_keys).zip(&readings).map(|((errand, wire_key), reading)| {
            self.open_one(shared, tier, errand, wire_key, reading, &versions, read_at)
        });
        join_all(opened).await
    }

    #[allow(clippy::too_many_arguments, reason = "each is one part of what was read")]
    async fn open_one(
        &self,
        shared: &Shared,
        tier: &Tier,
        errand: &Errand,
        wire_key: &str,
        reading: &crate::backend::Reading,
        versions: &[(FleetName, Option<crate::version::Version>)],
        read_at: crate::touch::Touch,
    ) -> Option<Elsewhere<V>> {
        let bytes = reading.value.as_ref()?;
        if errand.accept == Accept::Nothing || !self.may_look(tier, &errand.key) {
            return None;
        }
        let raw =
            Raw { bytes, remaining: reading.remaining, versions, read_at, wire_key, key: &errand.key, replica: false };
        self.open(shared, tier, raw, errand).await.ok().flatten()
    }
}
