#![allow(unused_variables)]

#[cache_core::cached(ttl = |value: &u64| *value)]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
