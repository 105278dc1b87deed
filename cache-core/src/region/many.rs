//! Many keys at once: one batch load for all that are missing.

use std::future::{Future, poll_fn};
use std::task::Poll;

use futures_util::future::join_all;
use hashbrown::HashMap;

use super::inner::{Found, RegionInner};
use super::land::Ended;
use super::load::{NoLate, Plan, Turn};
use super::seat::Seat;
use super::shelf::{Approach, beating_all};
use super::tags::TagList;
use crate::entry::Sharing;
use crate::flight::Outcome;
use crate::key::{CacheKey, KeyHasher, StoredKey};
use crate::track::{InScope, LoadScope};

/// What became of each key, in the order of the request.
type Results<V> = Vec<Option<V>>;

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Gets all keys, loading those that are missing with one call. Keys that somebody else loads are waited for;
    /// what those loads leave undone goes into another batch.
    pub(crate) async fn load_many<Q, E, F, Fut>(&self, keys: &[Q], mut load: F) -> Result<Results<V>, E>
    where
        Q: CacheKey<Owned = O> + Clone,
        E: Clone + Send + 'static,
        F: FnMut(Vec<Q>) -> Fut,
        Fut: Future<Output = Result<Vec<(Q, V)>, E>>,
    {
        self.shared.notice_suspension();
        let mut results: Results<V> = vec![None; keys.len()];
        let (first, same) = self.distinct(keys);
        let mut missing = Vec::new();
        for index in first {
            // What is stale is loaded; what is due is left to callers of one key.
            let takes = |found: &Found<V>| !matches!(found, Found::Stale { renew: true, .. });
            match self.look_for(&self.by(&keys[index]), takes) {
                Found::Value(value) | Found::Due(value) | Found::Stale { value, renew: false } => {
                    results[index] = Some(value);
                }
                Found::Absent => {}
                Found::Error(_) | Found::Stale { .. } | Found::Nothing => missing.push(index),
            }
        }
        let plan = Plan::<E, NoLate<V>>::optional(Some(Sharing::by(E::clone)));
        while !missing.is_empty() {
            let (mut seats, mut waits, mut alone) = (Vec::new(), Vec::new(), Vec::new());
            for index in missing.drain(..) {
                match self.take_part(&self.by(&keys[index]), false, &plan) {
                    Turn::Done(Outcome::Value(value)) => results[index] = Some(value),
                    Turn::Done(Outcome::Absent) => {}
                    Turn::Done(Outcome::Error(error)) => return Err(error),
                    Turn::Lead(seat) => seats.push((index, seat)),
                    Turn::Wait(waiting) => waits.push((index, waiting)),
                    Turn::Again | Turn::Alone => alone.push(index),
                }
            }
            if seats.is_empty() && alone.is_empty() {
                let mut told = Vec::new();
                poll_fn(|cx| {
                    told.extend(waits.extract_if(.., |(_, waiting)| waiting.is_told(cx)));
                    if told.is_empty() && !waits.is_empty() { Poll::Pending } else { Poll::Ready(()) }
                })
                .await;
                for (index, mut waiting) in told {
                    let Some(verdict) = waiting.verdict.take() else { continue };
                    match self.told(verdict, waiting, &plan) {
                        Turn::Done(Outcome::Value(value)) => results[index] = Some(value),
                        Turn::Done(Outcome::Absent) => {}
                        Turn::Done(Outcome::Error(error)) => return Err(error),
                        Turn::Lead(seat) => seats.push((index, seat)),
                        Turn::Again | Turn::Wait(_) | Turn::Alone => missing.push(index),
                    }
                }
            }
            // A ticket that nobody polls must not be given a seat: who has something to load leaves the queues, and
            // comes back.
            missing.extend(waits.into_iter().map(|(index, _)| index));
            if !seats.is_empty() || !alone.is_empty() {
                let busy = self.load_batch(keys, seats, &alone, &mut load, &mut results).await?;
                if let Some(value) = self.load_busy(keys, busy, &mut load, &mut missing).await? {
                    results[value.0] = value.1;
                }
            }
        }
        for (index, original) in same {
            results[index] = results[original].clone();
        }
        Ok(results)
    }

    /// Loads the keys of `seats`, and those of `alone` without the cache, with one call: whatever the shared tier does not
    /// have. Returns the seats of keys that another process loads just now.
    async fn load_batch<'a, Q, E, F, Fut>(
        &'a self,
        keys: &[Q],
        mut seats: Vec<(usize, Seat<'a, O, V, Q>)>,
        alone: &[usize],
        load: &mut F,
        results: &mut Results<V>,
    ) -> Result<Vec<(usize, Seat<'a, O, V, Q>)>, E>
    where
        Q: CacheKey<Owned = O> + Clone,
        E: Clone + Send + 'static,
        F: FnMut(Vec<Q>) -> Fut,
        Fut: Future<Output = Result<Vec<(Q, V)>, E>>,
    {
        let mut busy = Vec::new();
        let mut tickets = Vec::new();
        if let Some((shelf, tier)) = self.shelf() {
            let plan = Plan::<E, NoLate<V>>::optional(None);
            let errands: Vec<_> = seats.iter().map(|(_, seat)| seat.errand(shelf, tier, &plan)).collect();
            let approaches = shelf.approach_many(&self.shared, tier, &errands).await;
            let mut left = Vec::with_capacity(seats.len());
            for ((index, mut seat), approach) in seats.into_iter().zip(approaches) {
                match approach {
                    Approach::Found(found) => {
                        if let Outcome::Value(value) = seat.land_elsewhere::<E>(found).record() {
                            results[index] = Some(value);
                        }
                    }
                    Approach::Load(ticket) => {
                        seat.place.start = self.shared.touches.read();
                        tickets.push(ticket);
                        left.push((index, seat));
                    }
                    Approach::Busy => busy.push((index, seat)),
                }
            }
            seats = left;
        }
        let wanted: Vec<usize> = seats.iter().map(|(index, _)| *index).chain(alone.iter().copied()).collect();
        if wanted.is_empty() {
            return Ok(busy);
        }
        let batch: Vec<Q> = wanted.iter().map(|index| keys[*index].clone()).collect();
        let scope = LoadScope::begin(seats.iter().map(|(_, seat)| seat.flight_id()), self.rules.track);
        let begun: Vec<_> = seats.iter_mut().map(|(_, seat)| seat.begin(&TagList::default(), None)).collect();
        let loading = InScope::new(std::sync::Arc::clone(&scope), async { load(batch).await });
        let loaded = beating_all(&tickets, loading).await;
        let collected = scope.take();

        let mut values = HashMap::with_hasher(self.hasher.clone());
        let loaded = loaded.map(|pairs| {
            for (key, value) in pairs {
                values.insert(StoredKey(key.to_owned_key()), value);
            }
        });
        let mut failed = None;
        let mut value_of = |index: usize| values.remove(&self.by(&keys[index]));
        let mut tickets = tickets.into_iter();
        let mut landing = Vec::with_capacity(seats.len());
        for ((index, seat), begun) in seats.into_iter().zip(begun) {
            let outcome = match &loaded {
                Ok(()) => value_of(index).map_or(Outcome::Absent, Outcome::Value),
                Err(error) => Outcome::Error(error.clone()),
            };
            let plan = Plan::<E, NoLate<V>>::optional(Some(Sharing::by(E::clone)));
            let (weighed, outcome) = seat.weigh(begun, &collected, plan, Ended::Outcome(outcome));
            let ticket = tickets.next();
            landing.push(async move { (index, seat.share_and_close(weighed, outcome, ticket).await) });
        }
        for (index, landing) in join_all(landing).await {
            match landing.record() {
                Outcome::Value(value) => results[index] = Some(value),
                Outcome::Absent => {}
                Outcome::Error(error) => failed = Some(error),
            }
        }
        for index in alone {
            results[*index] = value_of(*index);
        }
        // For those that are loaded without the cache there is nothing else to serve.
        let failed = failed.or_else(|| loaded.err().filter(|_| !alone.is_empty()));
        failed.map_or(Ok(busy), Err)
    }

    /// Waits for another process's load of one key, now that this one holds no lease that anybody could wait for. The
    /// other keys are looked at once more after that.
    async fn load_busy<Q, E, F, Fut>(
        &self,
        keys: &[Q],
        busy: Vec<(usize, Seat<'_, O, V, Q>)>,
        load: &mut F,
        missing: &mut Vec<usize>,
    ) -> Result<Option<(usize, Option<V>)>, E>
    where
        Q: CacheKey<Owned = O> + Clone,
        E: Clone + Send + 'static,
        F: FnMut(Vec<Q>) -> Fut,
        Fut: Future<Output = Result<Vec<(Q, V)>, E>>,
    {
        let mut busy = busy.into_iter();
        let Some((index, seat)) = busy.next() else { return Ok(None) };
        missing.extend(busy.map(|(index, _)| index));
        let body = async || match load(vec![keys[index].clone()]).await {
            Ok(pairs) => pairs.into_iter().next().map_or(Outcome::Absent, |(_, value)| Outcome::Value(value)),
            Err(error) => Outcome::Error(error),
        };
        let plan = Plan::<E, NoLate<V>>::optional(Some(Sharing::by(E::clone)));
        match seat.run(plan, body).await.record() {
            Outcome::Value(value) => Ok(Some((index, Some(value)))),
            Outcome::Absent => Ok(None),
            Outcome::Error(error) => Err(error),
        }
    }

    /// Gets what is there in this process or in the shared tier, in the order of the request.
    pub(crate) async fn find_many<Q: CacheKey<Owned = O>>(&self, keys: &[Q]) -> Results<V> {
        let mut results: Results<V> = vec![None; keys.len()];
        let (first, same) = self.distinct(keys);
        let mut seats = Vec::new();
        for index in first {
            let takes = |found: &Found<V>| !matches!(found, Found::Stale { .. });
            match self.look_for(&self.by(&keys[index]), takes) {
                Found::Value(value) | Found::Due(value) => results[index] = Some(value),
                Found::Absent | Found::Error(_) | Found::Stale { .. } => {}
                Found::Nothing if self.shelf.is_none() => {}
                Found::Nothing => {
                    let plan = Plan::<(), NoLate<V>>::optional(None);
                    // Who loads it already is not waited for.
                    if let Turn::Lead(seat) = self.take_part(&self.by(&keys[index]), false, &plan) {
                        seats.push((index, seat));
                    }
                }
            }
        }
        if let Some((shelf, tier)) = self.shelf()
            && !seats.is_empty()
        {
            let plan = Plan::<(), NoLate<V>>::optional(None);
            let errands: Vec<_> = seats.iter().map(|(_, seat)| seat.errand(shelf, tier, &plan)).collect();
            let found = shelf.look_many(&self.shared, tier, &errands).await;
            for ((index, seat), found) in seats.into_iter().zip(found) {
                if let Some(found) = found
                    && let Outcome::Value(value) = seat.land_elsewhere::<()>(found).record()
                {
                    results[index] = Some(value);
                }
            }
        }
        for (index, original) in same {
            results[index] = results[original].clone();
        }
        results
    }

    /// The first position of each key, and for each repetition where its first one is.
    fn distinct<Q: CacheKey<Owned = O>>(&self, keys: &[Q]) -> (Vec<usize>, Vec<(usize, usize)>) {
        let (mut first, mut same) = (Vec::with_capacity(keys.len()), Vec::new());
        let mut seen: HashMap<StoredKey<O>, usize, KeyHasher> = HashMap::with_hasher(self.hasher.clone());
        for (index, key) in keys.iter().enumerate() {
            let look = self.by(key);
            match seen.get(&look) {
                Some(original) => same.push((index, *original)),
                None => {
                    seen.insert(StoredKey(key.to_owned_key()), index);
                    first.push(index);
                }
            }
        }
        (first, same)
    }
}
