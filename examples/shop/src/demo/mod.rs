//! The shop measures itself over HTTP and prints what it found.
//!
//! Nothing here knows how the cache works: it compares answers, and reads `/stats` before and after. A claim that does
//! not hold stops the demo with a sentence.

mod client;
mod latency;
mod order;
mod race;
mod storm;
mod table;
mod update;

use std::net::SocketAddr;

use crate::catalogue::{Category, Product};
use crate::demo::client::Client;
use crate::error::Failure;

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

async fn restore(client: &mut Client, product: &Product) -> Result<(), Failure> {
    let change = serde_json::json!({ "price_cents": product.price_cents, "stock": product.stock });
    client.put(&format!("/products/{}", product.id), &change).await?.expect(200)?;
    Ok(())
}

/// Stops the demo unless the claim holds.
fn claim(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(format!("the demo saw a promise broken: {}", otherwise()))) }
}
