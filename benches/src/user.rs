//! The value that all caches hold, and the source it comes from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// A row as an application would cache it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// The primary key.
    pub id: u64,
    /// Two fields on the heap, so that copying the row instead of its `Arc` would show.
    pub name: String,
    /// See `name`.
    pub email: String,
}

static LOADS: AtomicU64 = AtomicU64::new(0);

/// The source: makes the row and counts.
#[must_use]
pub fn load(id: u64) -> Arc<User> {
    LOADS.fetch_add(1, Ordering::Relaxed);
    row(id)
}

/// The row itself, for what is put into a cache by hand.
#[must_use]
pub fn row(id: u64) -> Arc<User> {
    Arc::new(User { id, name: format!("user {id}"), email: format!("user{id}@example.org") })
}

/// How many rows the source has made so far.
#[must_use]
pub fn loads() -> u64 {
    LOADS.load(Ordering::Relaxed)
}
