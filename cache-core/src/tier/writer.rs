//! Writers that announce themselves: marks in the place of leases and versions, for as long as a write may happen.
//!
//! A process that dies between its commit and the invalidation leaves the old value behind. Under a mark nothing is
//! stored, so there is none; the mark ends by itself (protocol-review item 19).

use std::sync::{Arc, Weak};

use futures_util::future::join_all;

use super::versions::fence_of;
use super::{Item, Tier};
use crate::backend::{Bump, MARK};
use crate::shared::Shared;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::version::Version;

/// One writer's marks in one cache.
#[derive(Debug)]
pub(crate) struct Writer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    mark: Version,
    places: Vec<Place>,
    /// Its marks are not wanted any more.
    withdrawn: AtomicBool,
}

#[derive(Debug)]
struct Place {
    item: Item,
    /// Where the mark lies.
    name: String,
    /// Another writer had its mark there: that one may still be at work, so nobody removes this one either.
    shared: AtomicBool,
}

impl Writer {
    /// A writer of these; what cannot be marked (a pattern) is left out.
    pub(crate) fn new(shared: &Shared, tier: &Tier, items: Vec<Item>) -> Self {
        let place = |item: Item| {
            let name = match &item {
                Item::Key { key, .. } => tier.names.lease(key),
                item => item.name()?.wire_key(tier.names.namespace()),
            };
            Some(Place { item, name, shared: AtomicBool::new(false) })
        };
        let places = items.into_iter().filter_map(place).collect();
        Self {
            inner: Arc::new(Inner { mark: Version::mark(&*shared.random), places, withdrawn: AtomicBool::new(false) }),
        }
    }

    /// Sets the marks, and keeps them until the writer is gone.
    pub(crate) fn announce(&self, shared: &Arc<Shared>) -> impl Future<Output = ()> + Send + use<> {
        let (inner, shared) = (Arc::clone(&self.inner), Arc::clone(shared));
        async move {
            let Some(tier) = shared.tier() else { return };
            // The fences of tags first: a load that knows its tags only after it is to find them changed.
            inner.change_fences(&shared, tier).await;
            join_all(inner.places.iter().map(|place| inner.take(&shared, tier, place))).await;
            let renew = inner.renew(Arc::downgrade(&inner), Arc::clone(&shared));
            drop(shared.background.detached(Box::pin(renew)));
        }
    }

    /// Removes the marks that are this writer's alone.
    pub(crate) fn withdraw(self, shared: &Arc<Shared>) -> impl Future<Output = ()> + Send + use<> {
        let (inner, shared) = (self.inner, Arc::clone(shared));
        async move {
            let Some(tier) = shared.tier() else { return };
            inner.withdrawn.store(true, Ordering::Release);
            join_all(inner.places.iter().map(|place| inner.free(&shared, tier, place))).await;
        }
    }
}

impl Inner {
    async fn change_fences(&self, shared: &Shared, tier: &Tier) {
        let tags = self.places.iter().filter_map(|place| match &place.item {
            Item::Tag(tag) => Some(fence_of(tier, shared, tag)),
            _ => None,
        });
        let fences: Vec<_> = tags.collect();
        if fences.is_empty() {
            return;
        }
        let bump = Bump { fences: &fences, names: &[], ttl: super::LONGEST_LIFE * 2, publish: None, confirm: None };
        drop(tier.ask(shared, "announce a write", || tier.backend.bump(bump)).await);
    }

    async fn take(&self, shared: &Shared, tier: &Tier, place: &Place) {
        let take = || tier.backend.take(&place.name, self.mark.as_bytes(), tier.settings.lease);
        let before = tier.ask(shared, "announce a write", take).await;
        if before.is_ok_and(|before| before.is_some_and(|before| before.first() == Some(&MARK))) {
            place.shared.store(true, Ordering::Release);
        }
    }

    async fn free(&self, shared: &Shared, tier: &Tier, place: &Place) {
        if place.shared.load(Ordering::Acquire) {
            // It ends by itself, after the other writer's last renewal of its own.
            return;
        }
        let mark = self.mark.as_bytes();
        // Of a tag: a new version, in one step; of a key: the lease is free again.
        let fresh = Version::from_random(&*shared.random);
        let to = match &place.item {
            Item::Key { .. } => None,
            _ => Some((fresh.as_bytes().as_slice(), super::LONGEST_LIFE * 2)),
        };
        drop(tier.ask(shared, "end a write", || tier.backend.swap(&place.name, mark, to)).await);
    }

    /// Keeps the marks alive while the writer is.
    fn renew(&self, writer: Weak<Self>, shared: Arc<Shared>) -> impl Future<Output = ()> + Send + use<> {
        async move {
            loop {
                let Some(tier) = shared.tier() else { return };
                shared.clock.sleep(tier.settings.lease / 3).await;
                let Some(inner) = writer.upgrade() else { return };
                for place in &inner.places {
                    let mark = inner.mark.as_bytes();
                    let to = Some((mark.as_slice(), tier.settings.lease));
                    let renew = || tier.backend.swap(&place.name, mark, to);
                    let renewed = tier.ask(&shared, "go on with a write", renew).await;
                    // Another writer's lies there, which ends with that one, or nothing does: it was evicted.
                    if matches!(renewed, Ok(false)) && !inner.withdrawn.load(Ordering::Acquire) {
                        inner.take(&shared, tier, place).await;
                    }
                }
            }
        }
    }
}
