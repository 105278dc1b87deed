//! The shared tier: with `REDIS_URL`, what one shop loads the others find, and what one updates the others drop.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use cache_core::backend::RedisBackend;
use cache_core::{Cache, CacheBuilder, Event, SharedTier};
use tokio::sync::watch;

use crate::error::Failure;
use crate::{format, say};

/// Set when the program stops: what happens to the tier from then on is nothing to tell.
static STOPS: AtomicBool = AtomicBool::new(false);

/// How long the first link to the other shops is waited for. Without it the shop starts all the same.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the shared tier is, if there is to be one.
///
/// # Errors
///
/// A [`Failure`] if `REDIS_URL` is not text.
pub fn url() -> Result<Option<String>, Failure> {
    match std::env::var("REDIS_URL") {
        Ok(url) => Ok(Some(url).filter(|url| !url.trim().is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(error) => Err(Failure::new(format!("REDIS_URL: {error}"))),
    }
}

/// Begins to connect, in the background: a Redis that is down keeps no shop from opening.
///
/// # Errors
///
/// A [`Failure`] if the address cannot be read. It does not quote it: there may be a password in it.
pub fn connect(url: &str) -> Result<RedisBackend, Failure> {
    let backend = RedisBackend::from_url(url).connect_lazily();
    backend.map_err(|error| Failure::new(format!("REDIS_URL cannot be used: {error}")))
}

/// Settings that every cache of the shop has.
pub fn settings() -> CacheBuilder {
    // A customer's page is made of up to 35 products, each with its category.
    Cache::builder().max_dependencies(128)
}

/// The cache that every `#[cached]` function of the process uses. Without this they would use one with default settings.
///
/// # Errors
///
/// A [`Failure`] if a setting makes no sense.
pub async fn install(redis: Option<RedisBackend>, db: &Path) -> Result<Cache, Failure> {
    let failed = |error: cache_core::Error| Failure::new(error.to_string());
    let Some(redis) = redis else { return settings().install().map_err(failed) };
    let namespace = namespace(db);
    let (builder, linked) = report(settings().shared_tier(SharedTier::new(redis).namespace(&namespace)));
    let cache = builder.install().map_err(failed)?;
    wait(linked, &namespace).await;
    Ok(cache)
}

/// Tells no more of what happens to the tier: the program stops.
pub fn part() {
    STOPS.store(true, Ordering::Relaxed);
}

/// Tells of what happens to the tier, as far as an operator wants to know; and says when this process is linked.
fn report(builder: CacheBuilder) -> (CacheBuilder, watch::Receiver<Option<Duration>>) {
    let (proven, linked) = watch::channel(None);
    let builder = builder.on_event(move |event: &Event| {
        let told = match event {
            Event::LinkProven { bound } => {
                // Who waits for the first one tells of it.
                let nobody_waits = proven.is_closed();
                proven.send_replace(Some(*bound));
                nobody_waits
            }
            Event::LinkLost | Event::BreakerOpened { .. } | Event::BreakerClosed => true,
            Event::InvalidationsQueued { .. } | Event::NotShared { .. } | Event::Unreadable { .. } => true,
            _ => false,
        };
        if told && !STOPS.load(Ordering::Relaxed) {
            eprintln!("shop: {event}");
        }
    });
    (builder, linked)
}

async fn wait(mut linked: watch::Receiver<Option<Duration>>, namespace: &str) {
    let proven = tokio::time::timeout(PATIENCE, linked.wait_for(Option::is_some)).await;
    match proven.ok().and_then(|proven| proven.ok().and_then(|bound| *bound)) {
        Some(bound) => {
            say!("shared tier: linked, under the names {namespace}:*");
            say!(
                "  an update of another shop is seen when its message comes, {} later at most",
                format::duration(bound)
            );
        }
        None => say!("shared tier: Redis does not answer; the shop goes on without, and keeps trying"),
    }
}

/// What the names in Redis begin with. Product 1 of another database is another product, so each database has names of
/// its own: by its path, and by when the file was made, since a new one in its place is another shop.
fn namespace(db: &Path) -> String {
    let path = fs::canonicalize(db).unwrap_or_else(|_| db.to_owned());
    let made = fs::metadata(&path).and_then(|file| file.created()).ok();
    let made = made.and_then(|made| made.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let text = format!("{} {}", path.display(), made.as_nanos());
    // FNV-1a: the same in every process, whatever it was built with.
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("shop-{hash:016x}")
}
