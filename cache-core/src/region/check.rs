//! What holds of a region at any moment, whatever runs.

use std::collections::HashSet;
use std::sync::Arc;

use super::inner::RegionInner;
use crate::key::CacheKey;
use crate::touch::Name;

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(super) fn check(&self) {
        let used = self.store.check(&self.hasher, &self.shared.touches);
        // After the entries: what they hold is not forgotten meanwhile.
        let live: HashSet<_> = self.shared.tags.states().iter().map(Arc::as_ptr).collect();
        // Or under a state that keys share, or everything, for what other processes invalidate.
        let in_fleet = |name: &Arc<Name>| self.shared.tier().is_some_and(|tier| tier.has_state(name));
        assert!(
            used.iter().all(|tag| live.contains(&Arc::as_ptr(tag)) || in_fleet(tag)),
            "an entry of region `{}` carries a tag under a name that invalidating the tag does not touch",
            self.name
        );
    }
}
