//! The load of a generated function.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::stream::{self, StreamExt};

use super::kind::{Kind, Split};
use super::tags::{FromValue, TagText, collect};
use crate::flight::Outcome;
use crate::key::{CacheKey, Look};
use crate::region::{CacheValue, Late, Plan, RegionInner, Share, Timeout};
use crate::timeout::LoadTimeout;

/// How many functions [`warm`] runs at once.
const WARMING: usize = 16;

/// A look-up that found nothing: the right to load. Owns its key, so that the arguments can move into the body.
pub struct Miss<Kd: Kind, O> {
    pub(super) region: Arc<RegionInner<O, Kd::Value>>,
    pub(super) key: O,
    pub(super) hash: u64,
    pub(super) force: bool,
    /// What is there, and is to be loaded anew.
    pub(super) renew: Option<Kd::Value>,
    /// Neither take what is there nor store anything.
    pub(super) bypass: bool,
    pub(super) timed_out: Option<fn(LoadTimeout) -> Kd::Error>,
    pub(super) kind: PhantomData<Kd>,
}

impl<Kd, O> Miss<Kd, O>
where
    Kd: Kind,
    Kd::Value: CacheValue,
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
{
    /// `timeout`: what a load that is dropped at it ends with.
    #[must_use]
    pub fn timing_out(mut self: Box<Self>, error: fn(LoadTimeout) -> Kd::Error) -> Box<Self> {
        self.timed_out = Some(error);
        self
    }

    /// Whether there is a value to be served while it is loaded anew.
    #[must_use]
    pub fn is_renewal(&self) -> bool {
        self.renew.is_some()
    }

    /// A load that may go on without its caller: in the background if there is a value to be served meanwhile, else in
    /// a task of its own.
    pub async fn load_detached<T, L, F, Fut>(mut self, share: Share<Kd::Error>, tags: T, late: L, body: F) -> Kd::Ret
    where
        T: IntoIterator<Item = TagText> + 'static,
        L: FnOnce(&Kd::Value, &mut FromValue<'_>) + Send + 'static,
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Kd::Ret> + Send,
        Kd::Error: Send,
    {
        let plan = self.plan(share, tags, late);
        let look = Look { hash: self.hash, key: &self.key };
        let body = move || returned::<Kd, Fut>(body);
        let outcome = match self.renew.take() {
            _ if self.bypass => self.region.bypass(&plan, body).await,
            Some(value) => Arc::clone(&self.region).serve_and_renew(look, value, plan, body).await,
            None => self.region.load_detached(look, plan, body).await,
        };
        Kd::join(Split(outcome))
    }

    pub async fn load<T, L, F, Fut>(mut self, share: Share<Kd::Error>, tags: T, late: L, body: F) -> Kd::Ret
    where
        T: IntoIterator<Item = TagText>,
        L: FnOnce(&Kd::Value, &mut FromValue<'_>),
        F: FnOnce() -> Fut,
        Fut: Future<Output = Kd::Ret>,
    {
        let plan = self.plan(share, tags, late);
        let look = Look { hash: self.hash, key: &self.key };
        let body = || returned::<Kd, Fut>(body);
        let outcome = match self.renew.take() {
            _ if self.bypass => self.region.bypass(&plan, body).await,
            Some(value) => self.region.renew(look, value, plan, body).await,
            None => self.region.load(look, plan, body).await,
        };
        Kd::join(Split(outcome))
    }

    #[cold]
    #[inline(never)]
    pub fn load_blocking<T, L, F>(mut self, share: Share<Kd::Error>, tags: T, late: L, body: F) -> Kd::Ret
    where
        T: IntoIterator<Item = TagText>,
        L: FnOnce(&Kd::Value, &mut FromValue<'_>),
        F: FnOnce() -> Kd::Ret,
    {
        let plan = self.plan(share, tags, late);
        let look = Look { hash: self.hash, key: &self.key };
        let body = || Kd::split(body()).0;
        let outcome = match self.renew.take() {
            _ if self.bypass => body(),
            Some(value) => self.region.renew_blocking(look, value, plan, body),
            None => self.region.load_blocking(look, plan, body),
        };
        Kd::join(Split(outcome))
    }

    fn plan<T, L>(
        &self,
        share: Share<Kd::Error>,
        tags: T,
        late: L,
    ) -> Plan<Kd::Error, impl FnOnce(&Kd::Value, &mut Late) + use<T, L, Kd, O>>
    where
        T: IntoIterator<Item = TagText>,
        L: FnOnce(&Kd::Value, &mut FromValue<'_>),
    {
        let (timeout, soft_timeout) = self.region.timeouts();
        Plan {
            share,
            tags: collect(tags),
            late: move |value: &Kd::Value, known: &mut Late| late(value, &mut FromValue(known)),
            ttl: None,
            force: self.force,
            absences: Kd::ABSENCES,
            timeout: timeout.zip(self.timed_out).map(|(after, error)| Timeout { after, error }),
            soft_timeout,
        }
    }
}

async fn returned<Kd: Kind, Fut: Future<Output = Kd::Ret>>(
    body: impl FnOnce() -> Fut,
) -> Outcome<Kd::Value, Kd::Error> {
    Kd::split(body().await).0
}

/// A load's future in a box of its own type, so that the wrapper's future stays small and `Send` is inferred.
///
/// Everything about it is out of line: the wrapper's own `poll` is then small enough to be inlined into its caller,
/// and a hit's arguments stay in registers.
pub struct Boxed<Fut>(Pin<Box<Fut>>);

#[cold]
#[inline(never)]
pub fn boxed<Fut: Future>(begin: impl FnOnce() -> Fut) -> Boxed<Fut> {
    Boxed(Box::pin(begin()))
}

impl<Fut: Future> Future for Boxed<Fut> {
    type Output = Fut::Output;

    #[cold]
    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Fut::Output> {
        self.0.as_mut().poll(cx)
    }
}

/// Runs cached functions so that their values are there; returns how many it ran. A few at a time: warming must not
/// be the stampede it prevents.
pub async fn warm<F: Future>(calls: impl IntoIterator<Item = F>) -> usize {
    stream::iter(calls).buffer_unordered(WARMING).count().await
}
