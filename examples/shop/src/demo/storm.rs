//! Many at once for a page that nobody has asked for yet; and many for somebody who does not exist.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::claim;
use super::client::Client;
use crate::catalogue::Category;
use crate::error::Failure;
use crate::format::{duration, times};
use crate::say;

/// Requests at once.
const CROWD: usize = 200;

/// Fewer prove nothing.
const ENOUGH: usize = 20;

pub(super) async fn show(address: SocketAddr, client: &mut Client, categories: &[Category]) -> Result<(), Failure> {
    let Some(category) = categories.last() else { return Err(Failure::new("the shop has no categories")) };
    let page = format!("/best-sellers?category={}", category.slug);
    let before = client.stats().await?;
    let storm = storm(address, &page).await?;
    let after = client.stats().await?;
    let loads = |function| after.of(function).loads - before.of(function).loads;
    say!("\n{} requests at once for one cold page, GET {page}:", storm.requests);
    say!("  its queries ran {}, all had the answer after {}", times(loads("ranking")), duration(storm.took));
    claim(storm.same, || format!("GET {page} had different answers for requests made at once"))?;
    claim(loads("best_sellers") == 1 && loads("ranking") == 1, || {
        let (pages, rankings) = (times(loads("best_sellers")), times(loads("ranking")));
        format!("{} requests at once built the page {pages}, and ranked {rankings}", storm.requests)
    })?;

    let nobody = format!("/customers/{}", u32::MAX);
    let before = client.stats().await?.of("customer").loads;
    for _ in 0..CROWD {
        client.get(&nobody).await?.expect(404)?;
    }
    let loads = client.stats().await?.of("customer").loads - before;
    say!("{CROWD} requests for a customer who does not exist, GET {nobody}:");
    say!("  404 each time, its query ran {}", times(loads));
    claim(loads == 1, || format!("the query for a customer who does not exist ran {}", times(loads)))
}

struct Storm {
    requests: usize,
    took: Duration,
    same: bool,
}

async fn storm(address: SocketAddr, page: &str) -> Result<Storm, Failure> {
    let clients = crowd(address).await?;
    let requests = clients.len();
    let mut answers = JoinSet::new();
    let started = Instant::now();
    for mut client in clients {
        let page = page.to_owned();
        answers.spawn(async move { client.get(&page).await?.expect(200) });
    }
    let mut bodies = Vec::with_capacity(requests);
    while let Some(answer) = answers.join_next().await {
        let answer = answer.map_err(|error| Failure::new(format!("a request broke: {error}")))??;
        bodies.push(answer.body);
    }
    let took = started.elapsed();
    Ok(Storm { requests, took, same: bodies.windows(2).all(|pair| pair[0] == pair[1]) })
}

/// Connections, as many as the system lets a process open.
async fn crowd(address: SocketAddr) -> Result<Vec<Client>, Failure> {
    let mut clients = Vec::with_capacity(CROWD);
    while clients.len() < CROWD {
        match Client::connect(address).await {
            Ok(client) => clients.push(client),
            Err(_) if clients.len() >= ENOUGH => {
                // The server needs descriptors of its own.
                clients.truncate(clients.len() / 2);
                break;
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(clients)
}
