//! Two shops on one Redis: one load for both, and how soon the second drops what the first updates.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::timeout;

use super::claim;
use super::client::Client;
use super::table::Table;
use crate::catalogue::Product;
use crate::error::Failure;
use crate::format::{duration, price, thousands};
use crate::say;
use crate::stats::FunctionStats;

const PATH: &str = "/products/1";

const UPDATES: u32 = 50;

/// Longer than any update may go unseen.
const PATIENCE: Duration = Duration::from_secs(10);

/// One update by the first shop, seen from the second.
struct Seen {
    /// How long its answer took.
    put: Duration,
    /// From the answer until a read was sent that shows the new price, in microseconds; negative: before the answer. By
    /// then, or while that read was on its way, the second shop has dropped what it had.
    dropped: i64,
    /// The same until that read was answered.
    shown: i64,
    reads: u64,
}

pub(super) async fn show(redis: &str, first: SocketAddr, second: SocketAddr) -> Result<(), Failure> {
    let (mut first, mut second) = (Client::connect(first).await?, Client::connect(second).await?);
    let before: Product = first.read(PATH).await?;
    let shown = compare(redis, &mut first, &mut second, &before).await;
    let restored = first.put(PATH, &json!({ "price_cents": before.price_cents })).await?.expect(200);
    shown.and(restored.map(drop))
}

async fn compare(redis: &str, first: &mut Client, second: &mut Client, before: &Product) -> Result<(), Failure> {
    // What a first load teaches, it is not to be measured with.
    first.read::<Product>("/products/2").await?;
    update(first, second, before.price_cents + 1).await?;
    first.put(PATH, &json!({ "price_cents": before.price_cents })).await?.expect(200)?;

    say!("two shops, each a process of its own, on {redis}:");
    let table = Table::new([27, 12, 24, 14], [&format!("GET {PATH}"), "price", "answered by", "took"]);
    let loaded = read(&table, "from the first", first).await?;
    let shared = read(&table, "from the second", second).await?;
    read(&table, "from the second again", second).await?;
    claim(loaded == shared, || format!("one shop showed {loaded} cents, the other {shared}"))?;

    let change = json!({ "price_cents": before.price_cents + 1 });
    let seen = update(first, second, before.price_cents + 1).await?;
    say!("PUT {PATH} {change} to the first, answered after {}:", duration(seen.put));
    say!("  the second dropped its entry {} the answer,", apart(seen.dropped));
    say!("  and showed the new price {} it", apart(seen.shown));

    let (mut dropped, mut reads) = (Vec::new(), 0);
    for more in 2..=UPDATES + 1 {
        let seen = update(first, second, before.price_cents + more).await?;
        dropped.push(seen.dropped);
        reads += seen.reads;
    }
    dropped.sort_unstable();
    let (median, last) = (dropped[dropped.len() / 2], dropped[dropped.len() - 1]);
    say!("{UPDATES} such updates, while the second is read {} times without a pause:", thousands(reads));
    say!("  dropped {} the answer (median), {} it at the latest\n", apart(median), apart(last));
    Ok(())
}

/// Reads once, and shows who has answered.
async fn read(table: &Table<4>, whom: &str, client: &mut Client) -> Result<u32, Failure> {
    let before = client.stats().await?.of("product");
    let answer = client.get(PATH).await?.expect(200)?;
    let after = client.stats().await?.of("product");
    let more = |count: fn(&FunctionStats) -> u64| count(&after) > count(&before);
    let by = if more(|it| it.loads) {
        "the database"
    } else if more(|it| it.shared_hits) {
        "Redis"
    } else {
        "its own memory"
    };
    let shown: Product = answer.json()?;
    table.row([whom, &price(shown.price_cents.into()), by, &duration(answer.took)]);
    Ok(shown.price_cents)
}

/// Sets a price in the first shop, and reads from the second until that shows it.
async fn update(first: &mut Client, second: &mut Client, price_cents: u32) -> Result<Seen, Failure> {
    // It has the old one.
    second.read::<Product>(PATH).await?;
    let change = json!({ "price_cents": price_cents });
    let put = async {
        let answer = first.put(PATH, &change).await?.expect(200)?;
        Ok::<_, Failure>((Instant::now(), answer.took))
    };
    let mut reads = 0;
    let watch = async {
        loop {
            let sent = Instant::now();
            reads += 1;
            if second.read::<Product>(PATH).await?.price_cents == price_cents {
                return Ok::<_, Failure>((sent, Instant::now()));
            }
        }
    };
    let (put, watched) = tokio::join!(put, timeout(PATIENCE, watch));
    let ((answered, put), watched) = (put?, watched.ok().transpose()?);
    claim(watched.is_some(), || format!("{} after an update the old price is shown", duration(PATIENCE)))?;
    let (sent, shown) = watched.unwrap_or((answered, answered));
    Ok(Seen { put, dropped: micros(answered, sent), shown: micros(answered, shown), reads })
}

fn micros(from: Instant, to: Instant) -> i64 {
    let later = to.saturating_duration_since(from).as_micros() as i64;
    later - from.saturating_duration_since(to).as_micros() as i64
}

/// `43 µs before`, `1.2 ms after`.
fn apart(micros: i64) -> String {
    let side = if micros < 0 { "before" } else { "after" };
    format!("{} {side}", duration(Duration::from_micros(micros.unsigned_abs())))
}
