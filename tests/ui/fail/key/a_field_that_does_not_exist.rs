#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", key = "{pair.2}")]
async fn load(pair: (u64, u64)) -> u64 {
    1
}

fn main() {}
