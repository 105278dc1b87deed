#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", early = 0.0)]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
