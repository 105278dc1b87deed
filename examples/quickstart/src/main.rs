//! A cached function, two calls, an invalidation. Run with `cargo run -p quickstart`.

use std::sync::atomic::{AtomicU32, Ordering};

use cache_core::cached;

static RUNS: AtomicU32 = AtomicU32::new(0);

/// Stands for a query that takes a while.
#[cached(ttl = "5m", key = "{id}")]
async fn user_name(id: u64) -> String {
    RUNS.fetch_add(1, Ordering::Relaxed);
    format!("user {id}")
}

#[tokio::main]
async fn main() {
    println!("{}: loaded", user_name(42).await);
    println!("{}: from the cache", user_name(42).await);
    user_name::invalidate(42).await;
    println!("{}: loaded again, after an invalidation", user_name(42).await);
    println!("3 calls, the body ran {} times", RUNS.load(Ordering::Relaxed));
}
