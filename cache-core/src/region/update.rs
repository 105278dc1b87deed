//! Changing a value in one step: compare and set.

use std::sync::Arc;

use super::inner::{Found, RegionInner};
use super::shelf::{Change, Changed};
use super::tags::Late;
use super::{CacheValue, Region};
use crate::backend::{BackendError, BackendErrorKind};
use crate::key::{CacheKey, Look};
use crate::region::change::Made;

/// So often another one may come between.
const ATTEMPTS: usize = 64;

impl<K: CacheKey, V: CacheValue> Region<K, V> {
    /// Replaces the value under `key` by what `change` makes of it, in one step: if anybody in the fleet changes or drops
    /// it meanwhile, `change` is applied anew to what is there then. `change` gets `None` where there is no value, and
    /// removes it by returning `None`. Returns the new value.
    ///
    /// For what lives in the cache only, such as a session or a basket. What comes from a source is changed there, and
    /// invalidated here.
    ///
    /// # Errors
    ///
    /// If the cache has a shared tier and that does not answer: nothing is changed then, or it is not known whether it was.
    /// In a process alone never, unless others come between 64 times in a row.
    ///
    /// # Cancel safety
    ///
    /// Whether the change is done is not known if the future is dropped early; it is done whole or not at all.
    ///
    /// # Example
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let baskets = cache_core::Cache::new().region::<u64, Vec<String>>("baskets").build().unwrap();
    /// let id = 7_u64;
    /// let add = |basket: Option<Vec<String>>| {
    ///     let mut basket = basket.unwrap_or_default();
    ///     basket.push("apple".to_owned());
    ///     Some(basket)
    /// };
    /// baskets.update(&id, add).await.unwrap();
    /// assert_eq!(baskets.update(&id, add).await.unwrap().unwrap().len(), 2);
    /// # }
    /// ```
    pub async fn update<Q: CacheKey<Owned = K::Owned>>(
        &self,
        key: &Q,
        mut change: impl FnMut(Option<V>) -> Option<V> + Send,
    ) -> Result<Option<V>, BackendError> {
        let look = self.inner.by(key);
        if self.inner.shelf.is_some() {
            return self.inner.update_in_fleet(look, &mut change).await;
        }
        for _ in 0..ATTEMPTS {
            if let Some(new) = self.inner.try_update(&look, &mut change) {
                return Ok(new);
            }
        }
        Err(contended())
    }
}

fn contended() -> BackendError {
    BackendError::new(BackendErrorKind::Refused, "the value was changed by others each time it was to be changed")
}

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// One attempt in this process; `None` if somebody came between.
    fn try_update<Q: CacheKey<Owned = O> + ?Sized>(
        self: &Arc<Self>,
        look: &Look<'_, Q>,
        change: &mut impl FnMut(Option<V>) -> Option<V>,
    ) -> Option<Option<V>> {
        let made = Made { since: self.watch(look), own: Vec::new(), yields: true };
        let current = match self.peek(look) {
            Found::Value(value) | Found::Due(value) => Some(value),
            _ => None,
        };
        let Some(new) = change(current) else {
            self.invalidate(look).detach();
            return Some(None);
        };
        let (touch, told) = self.put_made(look, Some(new.clone()), Late::default(), made);
        told.detach();
        touch.map(|_| Some(new))
    }

    async fn update_in_fleet<Q: CacheKey<Owned = O> + ?Sized>(
        self: &Arc<Self>,
        look: Look<'_, Q>,
        change: &mut (impl FnMut(Option<V>) -> Option<V> + Send),
    ) -> Result<Option<V>, BackendError> {
        let Some((shelf, tier)) = self.shelf() else { return Err(contended()) };
        let (key, owned) = (self.fleet_text(look.key), look.key.to_owned_key());
        for _ in 0..ATTEMPTS {
            let errand = self.errand_for(shelf.value_name(tier, |text| text.push_str(&key)));
            let wrap = |new: Option<V>| {
                let Some(value) = new else { return (None, None) };
                let goods = self.goods(&owned, Some(&value), &Late::default());
                (Some(value), goods)
            };
            let step = Change { errand, change: &mut *change, wrap: &wrap };
            match shelf.change(&self.shared, tier, step).await? {
                Changed::Stored(value) => {
                    // The others were told; what this process has is as old.
                    self.drop_key(&self.by(&owned));
                    tier.touch_key(&self.shared, &key, self.shared.touches.advance());
                    return Ok(Some(value));
                }
                Changed::Removed => {
                    self.invalidate(&self.by(&owned)).await;
                    return Ok(None);
                }
                Changed::Overtaken => {}
                Changed::ByHalves(error) => {
                    // What cannot be told now is told later: by then the source is right for all.
                    self.invalidate(&self.by(&owned)).await;
                    return Err(error);
                }
            }
        }
        Err(contended())
    }
}
