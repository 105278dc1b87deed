//! Which cache a generated function uses.

use crate::ambient;
use crate::cache::Cache;

/// Leads to a cache without cloning it.
pub trait Source {
    #[doc(hidden)]
    fn with<R>(&self, work: impl FnOnce(&Cache) -> R) -> R;

    /// Whether this is the global cache, as far as can be told without looking.
    #[doc(hidden)]
    fn is_home(&self) -> bool {
        false
    }
}

/// The cache of the current scope, or the global one.
#[derive(Debug, Clone, Copy)]
pub struct Ambient;

impl Source for Ambient {
    #[inline]
    fn with<R>(&self, work: impl FnOnce(&Cache) -> R) -> R {
        ambient::with(work)
    }

    #[inline]
    fn is_home(&self) -> bool {
        !ambient::is_overridden()
    }
}

impl Ambient {
    /// For a use after the body, which may end elsewhere.
    #[must_use]
    pub fn owned(self) -> OwnedSource {
        OwnedSource(ambient::with(Cache::clone))
    }
}

/// `cache = expr`.
#[derive(Debug, Clone, Copy)]
pub struct Explicit<'c>(&'c Cache);

#[must_use]
pub fn explicit(cache: &Cache) -> Explicit<'_> {
    Explicit(cache)
}

impl Explicit<'_> {
    /// For a use after the body, which may move what the expression borrows.
    #[must_use]
    pub fn owned(self) -> OwnedSource {
        OwnedSource(self.0.clone())
    }
}

impl Source for Explicit<'_> {
    #[inline]
    fn with<R>(&self, work: impl FnOnce(&Cache) -> R) -> R {
        work(self.0)
    }
}

/// A cache of one's own.
#[derive(Debug, Clone)]
pub struct OwnedSource(Cache);

impl Source for OwnedSource {
    fn with<R>(&self, work: impl FnOnce(&Cache) -> R) -> R {
        work(&self.0)
    }
}

/// Evaluates a target in the cache that the attribute names.
pub fn within<R>(source: &OwnedSource, target: impl FnOnce() -> R) -> R {
    source.0.scope_sync(target)
}
