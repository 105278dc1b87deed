#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", cache_if = |_: &u64| id > 0)]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
