//! What an entry is founded on in the fleet: which versions of which names, for those who build on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::fleet_name::FleetName;
use crate::version::Version;

/// A name with the version under which something was loaded.
pub(crate) type Known = (FleetName, Version);

/// The versions of one entry.
#[derive(Debug)]
pub(crate) struct Foundation {
    /// What the entry itself depends on.
    pub(crate) names: Vec<Known>,
    /// The version of the entry's own key, if its region gives its keys one.
    pub(crate) identity: Option<Version>,
    pub(crate) key: Arc<str>,
    /// Set to make the region give its keys one from here on.
    pub(crate) identities: Arc<AtomicBool>,
}

impl Foundation {
    /// What an entry depends on that is built on this one. `None` if that cannot be said yet: the next time it can.
    pub(crate) fn names(&self) -> Option<impl Iterator<Item = Known>> {
        let Some(identity) = self.identity else {
            self.identities.store(true, Ordering::Relaxed);
            return None;
        };
        let own = (FleetName::Key(Arc::clone(&self.key)), identity);
        Some(self.names.iter().cloned().chain([own]))
    }
}

/// Adds names to a list. Says whether they go together: a name in two versions is old in one of them.
pub(crate) fn merge(all: &mut Vec<Known>, more: impl IntoIterator<Item = Known>) -> bool {
    for (name, version) in more {
        match all.iter().find(|(known, _)| *known == name) {
            Some((_, known)) if *known != version => return false,
            Some(_) => {}
            None => all.push((name, version)),
        }
    }
    true
}
