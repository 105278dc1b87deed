#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", consistency = "strong", stale_while_revalidate = "1m")]
async fn load(id: u64) -> u64 {
    1
}

fn main() {}
