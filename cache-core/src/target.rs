//! An entry that is named now and invalidated later.

use std::fmt;
use std::sync::Arc;

use crate::invalidated::Invalidating;
use crate::key::CacheKey;
use crate::region::RegionInner;
use crate::shared::Shared;
use crate::tier::Item;

/// One entry of one function or region, named by its key, to be invalidated later. What
/// [`Invalidation`](crate::Invalidation) collects.
///
/// `#[cached]` functions have a helper that makes it, `get_user::target(42)` (for a method `repo.target_get_user(42)`),
/// and [`Region::target`](crate::Region::target) does the same for a region. It belongs to the cache in which it was
/// made. There need be no such entry, now or later.
///
/// # Example
///
/// ```
/// use cache_core::cached;
///
/// #[cached(ttl = "5m")]
/// fn square(n: u64) -> u64 { n * n }
///
/// square(3);
/// let target = square::target(3);
/// assert_eq!(square::peek(3), Some(9));
/// target.invalidate().detach();
/// assert_eq!(square::peek(3), None);
/// ```
#[must_use = "it names an entry and drops nothing: add it to an `Invalidation`, or call `invalidate`"]
pub struct Target {
    invalidate: Box<dyn Fn() -> Invalidating + Send + Sync>,
    place: Option<Place>,
}

/// What a target is in the fleet.
struct Place {
    shared: Arc<Shared>,
    item: Item,
}

impl Target {
    pub(crate) fn of<O, V>(region: Arc<RegionInner<O, V>>, key: O) -> Self
    where
        O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
        V: Clone + Send + Sync + 'static,
    {
        let shared = region.shared();
        let place = shared.tier().map(|_| Place { shared: Arc::clone(shared), item: region.item(&key) });
        Self { place, ..Self::by(move || region.invalidate(&region.by(&key))) }
    }

    /// Whatever `invalidate` invalidates.
    pub(crate) fn by(invalidate: impl Fn() -> Invalidating + Send + Sync + 'static) -> Self {
        Self { invalidate: Box::new(invalidate), place: None }
    }

    /// The cache and what it is called there, if other processes have to know of it.
    pub(crate) fn place(&self) -> Option<(&Arc<Shared>, &Item)> {
        self.place.as_ref().map(|place| (&place.shared, &place.item))
    }

    /// Drops the entry, as the function's own `invalidate` does.
    ///
    /// # Cancel safety
    ///
    /// This process is done before the future is first polled; dropping it loses nothing.
    pub fn invalidate(&self) -> Invalidating {
        (self.invalidate)()
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Target")
    }
}
