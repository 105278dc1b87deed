//! Each endpoint cold, then cached.

use std::time::Duration;

use hyper::body::Bytes;

use super::claim;
use super::client::Client;
use super::table::Table;
use crate::catalogue::Category;
use crate::error::Failure;
use crate::format::{duration, thousands};
use crate::say;

/// Cached requests per endpoint, spread over its paths.
const CACHED: usize = 1000;

struct Endpoint {
    name: &'static str,
    /// The cached function that answers it.
    function: &'static str,
    paths: Vec<String>,
}

struct Latency {
    cold: Duration,
    cached: Duration,
    requests: usize,
    loads: u64,
    hits: u64,
}

pub(super) async fn show(client: &mut Client, categories: &[Category]) -> Result<(), Failure> {
    let profile = if cfg!(debug_assertions) { " (dev profile)" } else { "" };
    say!("\neach endpoint over HTTP, first cold, then {} times cached{profile}:", thousands(CACHED as u64));
    let table = Table::new(
        [27, 9, 9, 11, 9, 6, 6],
        ["median latency", "cold", "cached", "speed-up", "requests", "loads", "hits"],
    );
    for endpoint in endpoints(categories) {
        let measured = measure(client, &endpoint).await?;
        table.row([
            endpoint.name,
            &duration(measured.cold),
            &duration(measured.cached),
            &speed_up(measured.cold, measured.cached),
            &thousands(measured.requests as u64),
            &thousands(measured.loads),
            &thousands(measured.hits),
        ]);
    }
    Ok(())
}

fn endpoints(categories: &[Category]) -> [Endpoint; 6] {
    let slugs = || categories.iter().take(6).map(|category| category.slug.as_str());
    let endpoint = |name, function, paths| Endpoint { name, function, paths };
    [
        endpoint(
            "GET /products/{id}",
            "product",
            // Not in the order in which they lie in the file. The smallest shop has a hundred.
            (0..50).map(|n| format!("/products/{}", 1 + n * 37 % 100)).collect(),
        ),
        endpoint(
            "GET /products?category=",
            "product_page",
            slugs().map(|slug| format!("/products?category={slug}&min_price=1500")).collect(),
        ),
        endpoint(
            "GET /search?q=",
            "search",
            ["oak", "steel", "bamboo", "linen", "walnut"].map(|word| format!("/search?q={word}%20lamp")).into(),
        ),
        endpoint("GET /customers/{id}", "customer", (1..=20).map(|id| format!("/customers/{id}")).collect()),
        endpoint(
            "GET /best-sellers?category=",
            "best_sellers",
            slugs().map(|slug| format!("/best-sellers?category={slug}")).collect(),
        ),
        endpoint("GET /best-sellers", "best_sellers", vec!["/best-sellers".to_owned()]),
    ]
}

async fn measure(client: &mut Client, endpoint: &Endpoint) -> Result<Latency, Failure> {
    let before = client.stats().await?.of(endpoint.function);
    let mut cold = Vec::new();
    let mut answers: Vec<Bytes> = Vec::new();
    for path in &endpoint.paths {
        let answer = client.get(path).await?.expect(200)?;
        cold.push(answer.took);
        answers.push(answer.body);
    }
    let mut cached = Vec::with_capacity(CACHED);
    for (path, expected) in endpoint.paths.iter().zip(&answers).cycle().take(CACHED) {
        let answer = client.get(path).await?.expect(200)?;
        claim(answer.body == *expected, || format!("GET {path} answered something else when cached"))?;
        cached.push(answer.took);
    }
    let after = client.stats().await?.of(endpoint.function);
    let measured = Latency {
        cold: median(cold),
        cached: median(cached),
        requests: endpoint.paths.len() + CACHED,
        loads: after.loads - before.loads,
        hits: after.hits - before.hits,
    };
    claim(measured.loads == endpoint.paths.len() as u64, || {
        format!("{} ran {} times for {} keys", endpoint.function, measured.loads, endpoint.paths.len())
    })?;
    claim(measured.hits == CACHED as u64, || {
        format!("{} of {CACHED} repeated calls of {} were hits", measured.hits, endpoint.function)
    })?;
    Ok(measured)
}

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}

fn speed_up(cold: Duration, cached: Duration) -> String {
    let factor = cold.as_secs_f64() / cached.as_secs_f64().max(1e-9);
    if factor < 10.0 { format!("{factor:.1} x") } else { format!("{} x", thousands(factor as u64)) }
}
