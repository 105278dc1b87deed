#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", refresh_ahead = 80)]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
