//! Our cache, as the waves ask it: a fresh one each time.

use cache_benches::stampede::{Get, get};
use cache_core::{Cache, Region};

/// An error that nobody can copy.
struct Uncloneable;

/// Asked with an error that everybody gets a copy of.
pub(crate) fn shared() -> Get {
    let rows = rows();
    get(move |key, source| {
        let rows = rows.clone();
        async move { rows.get_or_load(&key, || source.load()).await.map_err(drop) }
    })
}

/// Asked with an error that stays with its caller.
pub(crate) fn unshared() -> Get {
    let rows = rows();
    get(move |key, source| {
        let rows = rows.clone();
        async move {
            let load = || async { source.load().await.map_err(|_| Uncloneable) };
            rows.get_or_load_unshared(&key, load).await.map_err(drop)
        }
    })
}

fn rows() -> Region<u64, u64> {
    Cache::new().region("rows").build().expect("a name of its own and no settings")
}
