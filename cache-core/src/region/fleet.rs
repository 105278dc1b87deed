//! How a load of this process and the shared tier come together.

use std::sync::Arc;
use std::time::Duration;

use super::inner::RegionInner;
use super::land::{Others, Weighed};
use super::landing::Landing;
use super::load::Plan;
use super::seat::Seat;
use super::shelf::{Accept, Elsewhere, Errand, Fate, Goods, PutGoods, Shelf, Ticket};
use super::tags::Late;
use crate::clock::Time;
use crate::event::NotStored;
use crate::flight::Outcome;
use crate::invalidated::{Invalidated, Invalidating};
use crate::key::CacheKey;
use crate::policy::Ttl;
use crate::stats::count;
use crate::tier::{Item, LONGEST_LIFE, Tier, ValueName, Waiting, names};
use crate::touch::Name;

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The text of a key as the fleet knows it: `region:key`, after the part that decides on its node, if there is one.
    pub(super) fn fleet_text<Q: CacheKey<Owned = O> + ?Sized>(&self, key: &Q) -> String {
        let mut text = String::with_capacity(self.name.len() + 24);
        self.write_fleet_text(key, &mut text);
        text
    }

    fn write_fleet_text<Q: CacheKey<Owned = O> + ?Sized>(&self, key: &Q, out: &mut String) {
        if let Some(hash_tag) = &self.hooks.hash_tag {
            names::begin_group(&hash_tag(&key.to_owned_key()), out);
        } else if self.name.starts_with('}') {
            // As the first thing in braces it would end them.
            names::begin_group("", out);
        }
        self.write_key_text(key, out);
    }

    /// The state of a key that other processes can touch, if there are any.
    pub(super) fn floor<Q: CacheKey<Owned = O> + ?Sized>(&self, key: &Q) -> Option<Arc<Name>> {
        let tier = self.shared.tier()?;
        Some(Arc::clone(tier.floor(&self.fleet_text(key))))
    }

    /// A ttl, for what other processes cannot tell this one to drop.
    pub(super) fn cap(&self, ttl: Option<Duration>) -> Option<Duration> {
        let window = self.shared.tier().map_or(Duration::MAX, |tier| tier.settings.coherence_window);
        Some(ttl.unwrap_or(Duration::MAX).min(window))
    }

    /// What is to be looked for under a key, outside of a load.
    pub(super) fn errand_for(&self, name: ValueName) -> Errand<'static> {
        let life = self.rules.ttl.map_or(LONGEST_LIFE, |ttl| ttl.saturating_add(self.windows())).min(LONGEST_LIFE);
        let accept = Accept::Any { stale: Duration::ZERO };
        Errand { name, tags: &[], life, accept, absences: false, patience: None, built_on: false }
    }

    /// What an invalidation of a key names.
    pub(crate) fn item<Q: CacheKey<Owned = O> + ?Sized>(&self, key: &Q) -> Item {
        Item::Key { region: Arc::clone(&self.name), key: self.fleet_text(key).into() }
    }

    /// What the fleet is to have of a value that is put; `None` if that is nothing.
    pub(super) fn goods<Q: CacheKey<Owned = O> + ?Sized>(
        &self,
        key: &Q,
        value: Option<&V>,
        late: &Late,
    ) -> Option<PutGoods> {
        let (shelf, _) = self.shelf().filter(|_| self.shared.is_enabled())?;
        let mut known = late.clone();
        if let Some(value) = value {
            self.add_own(key, value, &mut known);
        }
        let ttl = if value.is_some() { self.ttl(None, &known)? } else { Some(self.rules.negative_ttl?) };
        let windows = if value.is_some() { self.windows() } else { Duration::ZERO };
        if known.tags.has_empty() {
            return None;
        }
        shelf.wrap(&self.shared, value, ttl, windows, known.tags.fleet_names())
    }

    /// The fleet's half of a put: the others drop what they have, and get the value, if they may.
    pub(super) fn tell_of_put(self: &Arc<Self>, waiting: Waiting, goods: Option<PutGoods>) -> Invalidating {
        let (region, told) = (Arc::clone(self), waiting.clone());
        let work = Box::pin(async move {
            match (region.shelf(), goods, region.shared.tier()) {
                (Some((shelf, tier)), Some(goods), _) => shelf.put(&region.shared, tier, told, goods).await,
                (_, _, Some(tier)) => tier.tell_of_put(&region.shared, told).await,
                _ => Invalidated::Fleet,
            }
        });
        Invalidating::by(&self.shared, waiting, work)
    }

    /// For how long after its ttl a value may be of use.
    fn windows(&self) -> Duration {
        let lives = &self.rules.lives;
        lives.stale_while_revalidate.max(lives.stale_if_error).unwrap_or_default()
    }
}

impl<O, V, Q> Seat<'_, O, V, Q>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    Q: CacheKey<Owned = O> + ?Sized,
{
    /// What is to be looked for in the tier before this load.
    pub(super) fn errand<'p, E, L>(&self, shelf: &Shelf<V>, tier: &Tier, plan: &'p Plan<E, L>) -> Errand<'p> {
        let region = self.region;
        let ttl = match plan.ttl {
            Some(Ttl::After(ttl)) => Some(ttl),
            Some(Ttl::Never) => None,
            Some(Ttl::Default) => Some(region.shared.default_ttl),
            None => region.rules.ttl,
        };
        Errand {
            name: shelf.value_name(tier, |text| region.write_fleet_text(self.look.key, text)),
            tags: plan.tags.as_slice(),
            life: ttl.map_or(LONGEST_LIFE, |ttl| ttl.saturating_add(region.windows())).min(LONGEST_LIFE),
            accept: if plan.force { Accept::Nothing } else { self.accept },
            absences: plan.absences,
            // Who may not load for longer is not to wait for longer.
            patience: plan.timeout.as_ref().map(|timeout| timeout.after),
            built_on: self.flight.lock().tracked,
        }
    }

    /// Ends without a load: another process has loaded the key.
    pub(super) fn land_elsewhere<E>(mut self, found: Elsewhere<V>) -> Landing<V, E> {
        let region = self.region;
        count(&region.counters.shared_hits);
        self.place.start = found.start;
        let now = region.clock.coarse();
        let (ttl, fresh_until) = match found.fresh_for {
            Ok(None) => (None, Time::NEVER),
            Ok(Some(left)) => (Some(left), now.saturating_add(left)),
            Err(over) => (Some(Duration::ZERO), Time::from_nanos(now.as_nanos().saturating_sub(nanos(over)))),
        };
        let weighed = Weighed {
            others: Others::Same,
            tags: found.names,
            inherited: Vec::new(),
            unknown: false,
            ttl: found.promote.then_some(ttl),
            cost: found.cost,
            stale: found.fresh_for.is_err(),
            refusal: None,
            failed: false,
            takes_old: false,
            fleet: None,
            overtaken: false,
            unfollowed: !found.followed,
            capped: false,
            foundation: found.foundation.map(Arc::new),
            fresh_until: Some(fresh_until),
        };
        match found.value {
            Some(value) => self.close(weighed, Outcome::Value(value)),
            None => self.close(weighed, Outcome::Absent),
        }
    }

    /// The end of a load that was weighed, for the fleet and for this process.
    pub(super) async fn share_and_close<E: Send>(
        self,
        mut weighed: Weighed,
        outcome: Outcome<V, E>,
        ticket: Option<Ticket>,
    ) -> Landing<V, E> {
        match (ticket, &outcome) {
            (Some(ticket), Outcome::Error(_)) => ticket.fail(),
            (Some(ticket), Outcome::Value(value)) => self.share(&mut weighed, Some(value), ticket).await,
            (Some(ticket), Outcome::Absent) => self.share(&mut weighed, None, ticket).await,
            (None, _) => {}
        }
        self.close(weighed, outcome)
    }

    /// Gives what was loaded to the fleet, if it may have it.
    pub(super) async fn share(&self, weighed: &mut Weighed, value: Option<&V>, ticket: Ticket) {
        let region = self.region;
        let Some((shelf, tier)) = region.shelf() else { return };
        let Some(fleet) = weighed.fleet.take() else { return };
        let (Some(ttl), None) = (weighed.ttl, weighed.refusal) else { return };
        let goods = Goods {
            value,
            fresh_for: if weighed.stale { Some(Duration::ZERO) } else { ttl },
            windows: if value.is_some() { region.windows() } else { Duration::ZERO },
            cost: weighed.cost,
            late: fleet.late,
            inherited: fleet.inherited,
            start: self.place.start,
        };
        match shelf.store(&region.shared, tier, ticket, goods).await {
            Fate::Stored(foundation) => weighed.foundation = Some(Arc::new(foundation)),
            Fate::Overtaken => weighed.overtaken = true,
            Fate::Doubtful => weighed.refusal = Some(NotStored::Overtaken),
            Fate::Local { capped } => weighed.capped = capped,
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
