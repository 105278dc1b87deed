#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", consistency = "eventual")]
async fn load(id: u64) -> u64 {
    1
}

fn main() {}
