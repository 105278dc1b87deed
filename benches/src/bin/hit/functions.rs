//! The functions that are measured, written as a user would write them.

use std::sync::Arc;

use cache_benches::user::{self, User};
use cache_core::cached;

#[cached(ttl = "1h", key = "{id}", capacity = 20_000)]
pub(crate) async fn by_id(id: u64) -> Arc<User> {
    user::load(id)
}

#[cached(ttl = "1h", key = "{id}", capacity = 20_000, tags = ["users", "user:{id}"])]
pub(crate) async fn by_id_tagged(id: u64) -> Arc<User> {
    user::load(id)
}

#[cached(ttl = "1h", capacity = 20_000)]
pub(crate) async fn by_region_and_id(region: &str, id: u64) -> Arc<User> {
    debug_assert!(!region.is_empty());
    user::load(id)
}

#[cached(ttl = "1h", key = "{id}", capacity = 20_000)]
pub(crate) fn by_id_blocking(id: u64) -> Arc<User> {
    user::load(id)
}
