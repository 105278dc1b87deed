//! A region's place in the shared tier.
//!
//! A load that finds nothing in this process goes there first ([`approach`](Shelf::approach)): it takes what another
//! process has loaded, or the right to load for the whole fleet ([`Ticket`]). What it has loaded is stored under that
//! right ([`store`](Shelf::store)), or not at all.

mod approach;
mod found;
mod many;
mod promotion;
mod put;
mod store;
mod ticket;
mod update;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

pub(crate) use approach::{Accept, Approach, Errand};
pub(crate) use found::Elsewhere;
pub(crate) use put::PutGoods;
pub(crate) use store::{Fate, Goods};
pub(crate) use ticket::{Ticket, beating, beating_all};
pub(crate) use update::{Change, Changed};

use super::inner::Rules;
use crate::codec::{Carrier, Codec, Verification};
use crate::event::Event;
use crate::fleet_name::NameRef;
use crate::mutant::{self, Mutant};
use crate::shared::Shared;
use crate::tier::{Slot, Tier, ValueName};
use crate::touch::Name;
use crate::version::Version;

/// What a region needs to keep its values in the shared tier.
pub(crate) struct Shelf<V> {
    pub(super) region: Arc<str>,
    carrier: Carrier<V>,
    codec: Codec,
    fingerprint: u64,
    /// The fingerprint, as names in the tier end.
    schema: String,
    verification: Verification,
    /// Whether entries get an identity of their own: once somewhere something is built on one of them.
    pub(crate) identities: Arc<AtomicBool>,
    /// Whether values turned out to have tags that only they know.
    late_tags: AtomicBool,
    /// Hits in the tier so far, for promoting only what is asked for often.
    hits: promotion::Hits,
    /// Whether anything is kept in this process.
    keeps: bool,
    /// Whether it matters how old a value is, as long as it is there: it is kept, or may be there longer than it is fresh.
    dates: bool,
    /// Whether nothing that this process remembers is believed.
    strong: bool,
    /// What this process knows of the version of the region's name.
    slot: Arc<Slot>,
    /// The state of the region's name, once an entry was found: held, it stays the one that messages touch.
    state: OnceLock<Arc<Name>>,
}

/// What a region says of itself.
#[derive(Debug, Clone)]
pub(crate) struct ShelfSettings<V> {
    pub(crate) carrier: Carrier<V>,
    pub(crate) codec: Codec,
    pub(crate) version: String,
}

impl<V> Shelf<V> {
    pub(crate) fn new(
        region: &Arc<str>,
        tier: &Tier,
        settings: &ShelfSettings<V>,
        late_tags: bool,
        rules: &Rules,
    ) -> Self {
        let fingerprint = settings.carrier.fingerprint(settings.codec, &settings.version);
        let schema = format!("{fingerprint:016x}");
        tier.join(region, &schema);
        Self {
            region: Arc::clone(region),
            carrier: settings.carrier,
            codec: settings.codec,
            fingerprint,
            schema,
            verification: Verification::default(),
            // A replica may have what was dropped; only the key's own version, from the primary, tells.
            identities: Arc::new(AtomicBool::new(tier.settings.replica_reads)),
            late_tags: AtomicBool::new(late_tags),
            hits: promotion::Hits::default(),
            keeps: rules.keeps,
            dates: rules.keeps || rules.lives.have_windows(),
            strong: rules.strong,
            slot: tier.mirror.slot(region),
            state: OnceLock::new(),
        }
    }

    /// Whether what this process knows of versions without asking will do.
    fn believes(&self, shared: &Shared, tier: &Tier) -> bool {
        (!self.strong || mutant::is(Mutant::StrongBelievesMirror)) && tier.is_linked(shared)
    }

    /// The version of a name, if it is known without asking. For who [`believes`](Self::believes).
    fn known(&self, tier: &Tier, name: NameRef<'_>) -> Option<Version> {
        if name == NameRef::Region(&self.region) { tier.mirror.get_from(&self.slot) } else { tier.mirror.get(name) }
    }

    fn has_identities(&self) -> bool {
        self.identities.load(Ordering::Relaxed)
    }

    /// The names that are in every entry of the region.
    fn always(&self) -> [NameRef<'_>; 2] {
        [NameRef::Everything, NameRef::Region(&self.region)]
    }

    /// The name of the value under the key that is written to it.
    pub(crate) fn value_name(&self, tier: &Tier, write_key: impl FnOnce(&mut String)) -> ValueName {
        tier.names.value_name(&self.schema, write_key)
    }

    fn unreadable(&self, shared: &Shared, reason: impl ToString) {
        shared.emit(&Event::Unreadable { region: Arc::clone(&self.region), reason: reason.to_string() });
    }

    fn not_shared(&self, shared: &Shared, reason: impl ToString) {
        shared.emit(&Event::NotShared { region: Arc::clone(&self.region), reason: reason.to_string() });
    }
}
