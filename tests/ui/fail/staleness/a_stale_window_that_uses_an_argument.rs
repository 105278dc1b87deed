#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", stale_while_revalidate = std::time::Duration::from_secs(id))]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
