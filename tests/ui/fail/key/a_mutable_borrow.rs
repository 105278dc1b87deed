#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", version = 1)]
async fn load(id: &mut u64) -> u64 {
    1
}

fn main() {}
