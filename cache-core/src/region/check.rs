//! What holds of a region at any moment, whatever runs.

use std::collections::HashSet;
use std::sync::Arc;

use super::inner::RegionInner;
use crate::key::CacheKey;
use crate::tier::Tier;

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(super) fn check(&self) {
        let used = self.store.check(&self.hasher, &self.shared.touches);
        // After the entries: what they hold is not forgotten meanwhile.
        let mut live: HashSet<_> = self.shared.tags.states().iter().map(Arc::as_ptr).collect();
        // Or under a state that keys share, or everything, for what other processes invalidate.
        live.extend(self.shared.tier().into_iter().flat_map(Tier::states).map(Arc::as_ptr));
        assert!(
            used.iter().all(|tag| live.contains(&Arc::as_ptr(tag))),
            "an entry of region `{}` carries a tag under a name that invalidating the tag does not touch",
            self.name
        );
    }
}
