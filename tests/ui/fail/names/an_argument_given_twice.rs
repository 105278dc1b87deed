#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", version = 1, version = 2)]
async fn load(id: u64) -> u64 {
    1
}

fn main() {}
