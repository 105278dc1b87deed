//! Loading anew what can still be served, and loads that outlive the call that began them.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::inner::RegionInner;
use super::landing::Landing;
use super::load::{Plan, Turn};
use super::seat::Claim;
use super::tags::Late;
use super::wait::Waiting;
use crate::ambient;
use crate::clock::Sleep;
use crate::event::Event;
use crate::flight::{Outcome, Verdict};
use crate::key::{CacheKey, Look};
use crate::spawn::Refused;
use crate::stats::count;
use crate::timeout::{LoadTimeout, within};
use crate::track::{self, InScope};

/// How waiting for another's load has ended.
pub(super) enum Waited<V, E> {
    Told(Verdict<V>),
    GaveUp(Outcome<V, E>),
}

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Loads anew what is there as `value`, unless somebody does already. Should the load fail, `value` or what took
    /// its place is the answer.
    pub(crate) async fn renew<Q, E, L, F, Fut>(
        &self,
        look: Look<'_, Q>,
        value: V,
        plan: Plan<E, L>,
        body: F,
    ) -> Outcome<V, E>
    where
        Q: CacheKey<Owned = O> + ?Sized,
        E: 'static,
        L: FnOnce(&V, &mut Late),
        F: FnOnce() -> Fut,
        Fut: Future<Output = Outcome<V, E>>,
    {
        self.shared.notice_suspension();
        match self.claim(&look) {
            Some(seat) => seat.run(plan, body).await.record(),
            None => Outcome::Value(value),
        }
    }

    /// [`renew`](Self::renew) for code that is not async.
    pub(crate) fn renew_blocking<Q, E, L, F>(
        &self,
        look: Look<'_, Q>,
        value: V,
        plan: Plan<E, L>,
        body: F,
    ) -> Outcome<V, E>
    where
        Q: CacheKey<Owned = O> + ?Sized,
        E: 'static,
        L: FnOnce(&V, &mut Late),
        F: FnOnce() -> Outcome<V, E>,
    {
        self.shared.notice_suspension();
        match self.claim(&look) {
            Some(seat) => seat.run_blocking(plan, body).record(),
            None => Outcome::Value(value),
        }
    }

    /// Hands `value` out at once and loads the key anew in the background, unless somebody does already. Without a
    /// runtime the load runs here, and what it brings is handed out.
    pub(crate) async fn serve_and_renew<E, L, F, Fut>(
        self: Arc<Self>,
        look: Look<'_, O>,
        value: V,
        plan: Plan<E, L>,
        body: F,
    ) -> Outcome<V, E>
    where
        E: Send + 'static,
        L: FnOnce(&V, &mut Late) + Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Outcome<V, E>> + Send,
    {
        self.shared.notice_suspension();
        let Some(seat) = self.claim(&look) else { return Outcome::Value(value) };
        let (claim, _) = seat.detach(&self);
        match self.start(claim, plan, body) {
            (Ok(()), _) => Outcome::Value(value),
            (Err(Refused::NoRoom(_)), _) => {
                self.shared.emit(&Event::RefreshSkipped { region: Arc::clone(&self.name) });
                Outcome::Value(value)
            }
            (Err(Refused::NoRuntime(task)), result) => {
                task.await;
                result.await.map_or(Outcome::Value(value), Landing::record)
            }
        }
    }

    /// [`load`](Self::load) in a task of its own, so that it goes on when the caller does not: because it is dropped, or
    /// because it takes the stale value that is there after the plan's soft timeout.
    pub(crate) async fn load_detached<E, L, F, Fut>(
        self: &Arc<Self>,
        look: Look<'_, O>,
        plan: Plan<E, L>,
        body: F,
    ) -> Outcome<V, E>
    where
        E: Send + 'static,
        L: FnOnce(&V, &mut Late) + Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Outcome<V, E>> + Send,
    {
        self.shared.notice_suspension();
        let mut patience = plan.soft_timeout.map(|after| self.clock.sleep(after));
        let mut turn = self.take_part(&look, plan.force, &plan);
        loop {
            turn = match turn {
                Turn::Done(outcome) => return outcome,
                Turn::Alone => return self.alone(&plan, body).await,
                Turn::Again => self.take_part(&look, true, &plan),
                Turn::Wait(mut waiting) => match self.wait(&look, &mut waiting, &plan, patience.take()).await {
                    Waited::Told(verdict) => self.told(verdict, waiting, &plan),
                    Waited::GaveUp(outcome) => return outcome,
                },
                Turn::Lead(seat) => {
                    // Kept while this call waits for the task: the loads around it wait for it too.
                    let (claim, _edge) = seat.detach(self);
                    let (started, mut result) = self.start(claim, plan, body);
                    if let Err(Refused::NoRoom(task) | Refused::NoRuntime(task)) = started {
                        task.await;
                    }
                    let landing = match within(patience.take(), &mut result).await {
                        Some(landing) => landing,
                        None => match self.spare(&look) {
                            Some(spare) => return Outcome::Value(spare),
                            None => result.await,
                        },
                    };
                    return match landing {
                        Ok(landing) => landing.record(),
                        Err(_) => match self.spare(&look) {
                            Some(spare) => Outcome::Value(spare),
                            None => panic!("the load of region `{}` panicked, or its runtime has gone", self.name),
                        },
                    };
                }
            };
        }
    }

    /// Waits for another's load: for as long as the plan's own load might take, or until there is a stale value and no
    /// patience left.
    pub(super) async fn wait<Q, E, L>(
        &self,
        look: &Look<'_, Q>,
        waiting: &mut Waiting<'_, O, V, Q>,
        plan: &Plan<E, L>,
        patience: Option<Sleep>,
    ) -> Waited<V, E>
    where
        Q: CacheKey<Owned = O> + ?Sized,
    {
        let Some(timeout) = &plan.timeout else {
            return match self.wait_patiently(look, waiting, patience).await {
                Ok(verdict) => Waited::Told(verdict),
                Err(spare) => Waited::GaveUp(Outcome::Value(spare)),
            };
        };
        let limit = self.clock.sleep(timeout.after);
        match within(Some(limit), self.wait_patiently(look, waiting, patience)).await {
            Some(Ok(verdict)) => Waited::Told(verdict),
            Some(Err(spare)) => Waited::GaveUp(Outcome::Value(spare)),
            // The load is another's and goes on; it is only this caller who has waited long enough.
            None => Waited::GaveUp(match self.spare(look) {
                Some(spare) => Outcome::Value(spare),
                None => Outcome::Error((timeout.error)(LoadTimeout { after: timeout.after })),
            }),
        }
    }

    async fn wait_patiently<Q>(
        &self,
        look: &Look<'_, Q>,
        waiting: &mut Waiting<'_, O, V, Q>,
        patience: Option<Sleep>,
    ) -> Result<Verdict<V>, V>
    where
        Q: CacheKey<Owned = O> + ?Sized,
    {
        match within(patience, &mut *waiting).await {
            Some(verdict) => Ok(verdict),
            None => match self.spare(look) {
                Some(spare) => Err(spare),
                None => Ok(waiting.await),
            },
        }
    }

    /// Starts a load in the background; its result comes through the receiver.
    fn start<E, L, F, Fut>(
        self: &Arc<Self>,
        claim: Claim<O, V>,
        plan: Plan<E, L>,
        body: F,
    ) -> (Result<(), Refused>, oneshot::Receiver<Landing<V, E>>)
    where
        E: Send + 'static,
        L: FnOnce(&V, &mut Late) + Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Outcome<V, E>> + Send,
    {
        let (sender, receiver) = oneshot::channel();
        let task = ambient::in_same_cache(async move {
            // Nobody may be waiting any more.
            drop(sender.send(claim.run(plan, body).await));
        });
        (self.shared.background.start(task), receiver)
    }

    /// The value under a key, fresh or not, if it may be served while loading it anew takes long.
    fn spare<Q: CacheKey<Owned = O> + ?Sized>(&self, look: &Look<'_, Q>) -> Option<V> {
        let mut shard = self.store.write(look.hash);
        let spare = self.kept(&shard, look, self.clock.coarse())?;
        let ties = if track::is_collecting() { self.tie(&mut shard, look) } else { None };
        drop(shard);
        ties.iter().for_each(track::record);
        track::record_stale();
        _ = self.counters.hits.increment();
        count(&self.counters.stale_hits);
        Some(spare)
    }

    /// Loads without the cache, since waiting would be for ever or there is no caching: what the load reads is its own
    /// affair.
    pub(super) async fn alone<E, L, F, Fut>(&self, plan: &Plan<E, L>, body: F) -> Outcome<V, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Outcome<V, E>>,
    {
        self.bypass(plan, || InScope::new(self.lone_scope(), async { body().await })).await
    }

    /// Loads as if nothing was cached: what the load reads, the load around it reads.
    pub(crate) async fn bypass<E, L, F, Fut>(&self, plan: &Plan<E, L>, body: F) -> Outcome<V, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Outcome<V, E>>,
    {
        let limit = plan.timeout.as_ref().map(|timeout| self.clock.sleep(timeout.after));
        match within(limit, async { body().await }).await {
            Some(outcome) => outcome,
            None => Outcome::Error(self.timed_out(plan.timeout.as_ref()).0),
        }
    }
}
