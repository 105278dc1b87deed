//! Updates one after the other, while others read: nobody may see a price older than the last finished update.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use tokio::task::JoinSet;

use super::claim;
use super::client::Client;
use crate::catalogue::Product;
use crate::error::Failure;
use crate::format::thousands;
use crate::say;

const UPDATES: u32 = 200;
const READERS: usize = 8;

/// Says to the readers that there are no more updates.
const OVER: u32 = u32::MAX;

pub(super) async fn show(address: SocketAddr, client: &mut Client, product: &Product) -> Result<(), Failure> {
    let path = format!("/products/{}", product.id);
    client.put(&path, &json!({ "price_cents": 0 })).await?.expect(200)?;
    // The lowest price a read that begins now may see.
    let finished = Arc::new(AtomicU32::new(0));
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let reader = Client::connect(address).await?;
        readers.spawn(read(reader, path.clone(), finished.clone()));
    }
    let written = write(client, &path, &finished).await;
    finished.store(OVER, Ordering::SeqCst);
    let mut reads = 0;
    while let Some(reader) = readers.join_next().await {
        reads += reader.map_err(|error| Failure::new(format!("a reader broke: {error}")))??;
    }
    written?;
    say!("\n{UPDATES} updates of one product while {READERS} clients read it {} times:", thousands(reads));
    say!("  no read was older than the last update finished before it");
    Ok(())
}

/// Raises the price cent by cent, and reads each back.
async fn write(client: &mut Client, path: &str, finished: &AtomicU32) -> Result<(), Failure> {
    for price in 1..=UPDATES {
        client.put(path, &json!({ "price_cents": price })).await?.expect(200)?;
        finished.store(price, Ordering::SeqCst);
        let seen = client.read::<Product>(path).await?.price_cents;
        claim(seen == price, || format!("the read after an update to {price} cents saw {seen}"))?;
    }
    Ok(())
}

async fn read(mut client: Client, path: String, finished: Arc<AtomicU32>) -> Result<u64, Failure> {
    let mut reads = 0;
    loop {
        let lowest = finished.load(Ordering::SeqCst);
        if lowest == OVER {
            return Ok(reads);
        }
        let seen = client.read::<Product>(&path).await?.price_cents;
        claim(seen >= lowest, || format!("a read saw {seen} cents after an update to {lowest} had finished"))?;
        reads += 1;
    }
}
