//! Each argument, in a form that compiles.
use std::time::Duration;

use cache_core::{Cache, cached};

const TTL: Duration = Duration::from_secs(60);

#[derive(Debug)]
struct Failure(u32);

#[cached(
    ttl = TTL,
    key = "user:{id}",
    skip(db, cache),
    tags = ["users", "user:{id}", "db:{db}"],
    jitter = 10,
    negative_ttl = "3s",
    capacity = 64 << 20,
    weigh = |value: &String| value.len() as u64,
    tier = "both",
    version = 3,
    name = "users",
    cache = cache,
    track = false,
    returns = "result",
    share_err = |error: &Failure| Failure(error.0),
    helpers = "users_cache",
    crate = ::cache_core,
)]
async fn user(db: &str, cache: &Cache, id: u64) -> Result<String, Failure> {
    if db.is_empty() || !format!("{cache:p}").starts_with('0') {
        return Err(Failure(1));
    }
    Ok(id.to_string())
}

#[cached(ttl = "default", negative_ttl = Duration::from_secs(3), tier = "l1", returns = "option")]
async fn option(id: u64) -> Option<std::sync::Arc<u64>> {
    Some(std::sync::Arc::new(id))
}

#[cached(ttl = "250ms", returns = "value", name = "errors-too")]
async fn value(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[cached(ttl = "1h30m", key = "all {{}}")]
async fn no_parts() -> u64 {
    1
}

#[cached(ttl = "7d", key = "{r#type}:{pair.0}:{pair.1.len()}")]
async fn raw(r#type: u8, pair: (u8, String)) -> u64 {
    u64::from(r#type) + u64::from(pair.0)
}

#[cached(ttl = "5m")]
async fn r#match(id: u64) -> u64 {
    id
}

#[allow(dead_code)]
async fn calls(cache: &Cache) {
    let _ = user("a", cache, 1).await;
    let _ = users_cache::invalidate(cache, 1).await;
    let _ = users_cache::put("a", cache, 1, String::new()).await;
    let _ = users_cache::region(cache);
    let _ = option(1).await;
    let _ = option::put(1, std::sync::Arc::new(1)).await;
    let _ = value(1).await;
    let _ = value::put(1, Err(String::new())).await;
    let _ = no_parts().await;
    let _ = no_parts::invalidate().await;
    let _ = raw(1, (1, String::new())).await;
    let _ = r#match::invalidate(1).await;
}

fn main() {}
