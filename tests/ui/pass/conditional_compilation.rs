//! What is configured out takes its helpers with it.
use cache_core::{cached, cached_impl};

#[cfg(any())]
#[cached(ttl = "5m")]
async fn gone(id: u64) -> Missing {
    id
}

#[cached(ttl = "5m")]
#[cfg(any())]
async fn gone_too(id: u64) -> Missing {
    id
}

#[cached(ttl = "5m")]
#[cfg(not(any()))]
#[cfg_attr(not(any()), allow(unused_variables))]
async fn here(id: u64) -> u64 {
    1
}

struct Repo;

#[cached_impl]
impl Repo {
    #[cfg(any())]
    #[cached(ttl = "5m", skip(self))]
    async fn gone(&self, id: u64) -> Missing {
        id
    }

    #[cached(ttl = "5m", skip(self))]
    #[cfg(not(any()))]
    async fn here(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    drop((here(1), Repo.here(1)));
    drop((here::invalidate(1), Repo.invalidate_here(1)));
}
