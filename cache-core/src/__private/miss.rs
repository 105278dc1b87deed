//! The load of a generated function.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::stream::{self, StreamExt};

use super::kind::{Kind, Split};
use super::tags::{LateTags, TagText, collect};
use crate::flight::Outcome;
use crate::key::{CacheKey, Look};
use crate::region::{CacheValue, Plan, RegionInner, Share, TagList};

/// How many functions [`warm`] runs at once.
const WARMING: usize = 16;

/// A look-up that found nothing: the right to load. Owns its key, so that the arguments can move into the body.
pub struct Miss<Kd: Kind, O> {
    pub(super) region: Arc<RegionInner<O, Kd::Value>>,
    pub(super) key: O,
    pub(super) hash: u64,
    pub(super) force: bool,
    pub(super) kind: PhantomData<Kd>,
}

impl<Kd, O> Miss<Kd, O>
where
    Kd: Kind,
    Kd::Value: CacheValue,
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
{
    pub async fn load<T, L, F, Fut>(self, share: Share<Kd::Error>, tags: T, late: L, body: F) -> Kd::Ret
    where
        T: IntoIterator<Item = TagText>,
        L: FnOnce(&Kd::Value, &mut LateTags<'_>),
        F: FnOnce() -> Fut,
        Fut: Future<Output = Kd::Ret>,
    {
        let plan = self.plan(share, tags, late);
        let look = Look { hash: self.hash, key: &self.key };
        Kd::join(Split(self.region.load(look, plan, || returned::<Kd, Fut>(body)).await))
    }

    #[cold]
    #[inline(never)]
    pub fn load_blocking<T, L, F>(self, share: Share<Kd::Error>, tags: T, late: L, body: F) -> Kd::Ret
    where
        T: IntoIterator<Item = TagText>,
        L: FnOnce(&Kd::Value, &mut LateTags<'_>),
        F: FnOnce() -> Kd::Ret,
    {
        let plan = self.plan(share, tags, late);
        let look = Look { hash: self.hash, key: &self.key };
        Kd::join(Split(self.region.load_blocking(look, plan, || Kd::split(body()).0)))
    }

    fn plan<T, L>(
        &self,
        share: Share<Kd::Error>,
        tags: T,
        late: L,
    ) -> Plan<Kd::Error, impl FnOnce(&Kd::Value, &mut TagList) + use<T, L, Kd, O>>
    where
        T: IntoIterator<Item = TagText>,
        L: FnOnce(&Kd::Value, &mut LateTags<'_>),
    {
        Plan {
            share,
            tags: collect(tags),
            late: move |value: &Kd::Value, list: &mut TagList| late(value, &mut LateTags(list)),
            force: self.force,
            absences: Kd::ABSENCES,
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
