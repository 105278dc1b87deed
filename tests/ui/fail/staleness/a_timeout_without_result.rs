#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", timeout = "1s")]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
