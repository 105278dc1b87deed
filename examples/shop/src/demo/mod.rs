//! The shop measures itself over HTTP and prints what it found.
//!
//! Nothing here knows how the cache works: it compares answers, and reads `/stats` before and after. A claim that does
//! not hold stops the demo with a sentence.

mod client;
mod coherence;
mod instance;
mod latency;
mod order;
mod race;
#[cfg(unix)]
mod redis;
mod storm;
mod table;
mod update;

use std::net::SocketAddr;
use std::path::Path;

use cache_core::TierStatus;

use crate::catalogue::{Category, Product};
use crate::demo::client::Client;
use crate::demo::instance::Instance;
use crate::error::Failure;
use crate::say;

/// Runs the demo against the shop at `address`, which MUST be this process's and fresh: nobody else may be asking.
///
/// # Errors
///
/// A [`Failure`] that says which claim did not hold.
pub async fn run(address: SocketAddr) -> Result<(), Failure> {
    let mut client = Client::connect(address).await?;
    let categories: Vec<Category> = client.read("/categories").await?;
    latency::show(&mut client, &categories).await?;
    storm::show(address, &mut client, &categories).await?;
    let product = update::pick(&mut client).await?;
    let shown = async {
        update::show(&mut client, &categories, &product).await?;
        race::show(address, &mut client, &product).await?;
        order::show(&mut client, &product).await
    };
    let shown = shown.await;
    // As it was, whatever happened: the next start finds the same shop.
    let restored = restore(&mut client, &product).await;
    shown.and(restored)
}

/// Shows two shops on one Redis, and that they agree. `tier` is that of the shop at `address`, if it has one; else the
/// demo starts a Redis and two shops for itself.
///
/// # Errors
///
/// A [`Failure`] that says which claim did not hold.
pub async fn fleet(address: SocketAddr, db: &Path, tier: Option<(&str, TierStatus)>) -> Result<(), Failure> {
    match tier {
        Some((_, status)) if !status.is_linked => {
            say!("two shops on one Redis: not shown, since that at REDIS_URL does not answer\n");
            Ok(())
        }
        Some((url, _)) => {
            let second = Instance::start(db, url).await?;
            let shown = coherence::show("the Redis at REDIS_URL", address, second.address).await;
            second.stop().await;
            shown
        }
        None => fleet_of_its_own(db).await,
    }
}

#[cfg(unix)]
async fn fleet_of_its_own(db: &Path) -> Result<(), Failure> {
    let redis = match redis::Redis::start().await {
        Ok(redis) => redis,
        Err(why) => {
            say!("to see two shops agree, install redis-server 7 or set REDIS_URL ({why})\n");
            return Ok(());
        }
    };
    let shown = async {
        let (first, second) = tokio::join!(Instance::start(db, &redis.url), Instance::start(db, &redis.url));
        let (first, second) = (first?, second?);
        let shown = coherence::show(&redis.name, first.address, second.address).await;
        tokio::join!(first.stop(), second.stop());
        shown
    };
    let shown = shown.await;
    redis.stop().await;
    shown
}

#[cfg(not(unix))]
async fn fleet_of_its_own(_: &Path) -> Result<(), Failure> {
    say!("to see two shops agree, set REDIS_URL\n");
    Ok(())
}

async fn restore(client: &mut Client, product: &Product) -> Result<(), Failure> {
    let change = serde_json::json!({ "price_cents": product.price_cents, "stock": product.stock });
    client.put(&format!("/products/{}", product.id), &change).await?.expect(200)?;
    Ok(())
}

/// Stops the demo unless the claim holds.
fn claim(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(format!("the demo saw a promise broken: {}", otherwise()))) }
}
