//! What holds of a region at any moment, whatever runs.

use std::sync::Arc;

use super::inner::RegionInner;
use crate::key::CacheKey;
use crate::tier::Tier;
use crate::touch::Name;

impl<O, V> RegionInner<O, V>
where
    O: CacheKey<Owned = O> + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(super) fn check(&self) {
        // Few, while the tier has tens of thousands of states: those are looked up here, not the other way round.
        let mut used: Vec<_> = self.store.check(&self.hasher, &self.shared.touches).iter().map(Arc::as_ptr).collect();
        used.sort_unstable();
        used.dedup();
        if used.is_empty() {
            return;
        }
        let mut known = vec![false; used.len()];
        let mut note = |name: &Arc<Name>| {
            if let Ok(place) = used.binary_search(&Arc::as_ptr(name)) {
                known[place] = true;
            }
        };
        // After the entries: what they hold is not forgotten meanwhile.
        self.shared.tags.states().iter().for_each(&mut note);
        // Or under a state that keys share, or everything, for what other processes invalidate.
        self.shared.tier().into_iter().flat_map(Tier::states).for_each(note);
        assert!(
            known.iter().all(|known| *known),
            "an entry of region `{}` carries a tag under a name that invalidating the tag does not touch",
            self.name
        );
    }
}
