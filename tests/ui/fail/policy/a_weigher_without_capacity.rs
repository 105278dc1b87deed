#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", weigh = |value: &u64| *value)]
async fn load(id: u64) -> u64 {
    1
}

fn main() {}
