#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", tier = "l2", capacity = 100)]
async fn load(id: u64) -> u64 {
    1
}

fn main() {}
