//! Many keys at once: one batch load for all that are missing.

use std::future::{Future, poll_fn};
use std::task::Poll;

use hashbrown::HashMap;

use super::inner::{Found, RegionInner};
use super::land::Ended;
use super::load::{NoLate, Plan, Turn};
use super::seat::Seat;
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
                self.load_batch(keys, seats, &alone, &mut load, &mut results).await?;
            }
        }
        for (index, original) in same {
            results[index] = results[original].clone();
        }
        Ok(results)
    }

    async fn load_batch<Q, E, F, Fut>(
        &self,
        keys: &[Q],
        mut seats: Vec<(usize, Seat<'_, O, V, Q>)>,
        alone: &[usize],
        load: &mut F,
        results: &mut Results<V>,
    ) -> Result<(), E>
    where
        Q: CacheKey<Owned = O> + Clone,
        E: Clone + Send + 'static,
        F: FnMut(Vec<Q>) -> Fut,
        Fut: Future<Output = Result<Vec<(Q, V)>, E>>,
    {
        let wanted: Vec<usize> = seats.iter().map(|(index, _)| *index).chain(alone.iter().copied()).collect();
        let batch: Vec<Q> = wanted.iter().map(|index| keys[*index].clone()).collect();
        let scope = LoadScope::begin(seats.iter().map(|(_, seat)| seat.flight_id()), self.rules.track);
        let begun: Vec<_> = seats.iter_mut().map(|(_, seat)| seat.begin(&TagList::default())).collect();
        let loaded = InScope::new(std::sync::Arc::clone(&scope), async { load(batch).await }).await;
        let collected = scope.take();

        let mut values = HashMap::with_hasher(self.hasher.clone());
        let loaded = loaded.map(|pairs| {
            for (key, value) in pairs {
                values.insert(StoredKey(key.to_owned_key()), value);
            }
        });
        let mut failed = None;
        let mut value_of = |index: usize| values.remove(&self.by(&keys[index]));
        for ((index, seat), begun) in seats.into_iter().zip(begun) {
            let outcome = match &loaded {
                Ok(()) => value_of(index).map_or(Outcome::Absent, Outcome::Value),
                Err(error) => Outcome::Error(error.clone()),
            };
            let plan = Plan::optional(Some(Sharing::by(E::clone)));
            match seat.land(begun, &collected, plan, Ended::Outcome(outcome)).record() {
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
        failed.map_or(Ok(()), Err)
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
