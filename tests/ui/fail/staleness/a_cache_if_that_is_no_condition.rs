#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", cache_if = |value: &u64| value + 1)]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
