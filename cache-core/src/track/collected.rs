//! What a load has read from the cache.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::entry::Ties;
use crate::event::NotStored;
use crate::foundation::{Known, merge as merge_known};
use crate::touch::Stamp;

/// So many ingredients are kept without an allocation.
const INLINE: usize = 8;
/// Beyond so many the entry is not going to be stored anyway: no load can make this list grow without bound.
const MOST: usize = 1_024;

/// The ingredients of one load.
#[derive(Debug, Default, Clone)]
pub(crate) struct Collected {
    ingredients: SmallVec<[Arc<Ties>; INLINE]>,
    doubtful: bool,
    stale: bool,
    too_many: bool,
}

impl Collected {
    pub(crate) fn add(&mut self, ties: &Arc<Ties>) {
        if self.ingredients.last().is_some_and(|last| Arc::ptr_eq(last, ties)) {
            return;
        }
        if self.ingredients.len() == MOST {
            self.too_many = true;
        } else {
            self.ingredients.push(Arc::clone(ties));
        }
    }

    pub(crate) fn doubt(&mut self) {
        self.doubtful = true;
    }

    pub(crate) fn be_stale(&mut self) {
        self.stale = true;
    }

    /// Whether an ingredient's ttl was over.
    pub(crate) fn is_stale(&self) -> bool {
        self.stale
    }

    /// What an entry built from all this is founded on in the fleet; `None` if that cannot be said, or not yet.
    pub(crate) fn foundations(&self) -> Option<Vec<Known>> {
        let mut all = Vec::new();
        // Asked of each, so that each begins to be something to build on.
        let known: Vec<_> =
            self.ingredients.iter().map(|ties| ties.foundation().and_then(|foundation| foundation.names())).collect();
        for names in known {
            if !merge_known(&mut all, names?) {
                return None;
            }
        }
        Some(all)
    }

    /// All names of all ingredients, each with its oldest stamp.
    pub(crate) fn inherit(&self, most: usize) -> Result<Vec<Stamp>, NotStored> {
        if self.doubtful {
            return Err(NotStored::DoubtfulIngredient);
        }
        let mut stamps = Vec::new();
        for ties in &self.ingredients {
            ties.stamps().for_each(|stamp| merge(&mut stamps, stamp));
            if stamps.len() > most {
                return Err(NotStored::TooManyDependencies);
            }
        }
        if self.too_many { Err(NotStored::TooManyDependencies) } else { Ok(stamps) }
    }
}

/// Adds a stamp. A name that is there already keeps the older of both readings: the entry is as old as its oldest
/// ingredient.
fn merge(stamps: &mut Vec<Stamp>, stamp: Stamp) {
    match stamps.iter_mut().find(|known| Arc::ptr_eq(&known.name, &stamp.name)) {
        Some(known) => known.since = known.since.min(stamp.since),
        None => stamps.push(stamp),
    }
}
