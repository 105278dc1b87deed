#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m")]
async fn load(id: u64) -> u64 {
    id
}

#[cache_core::cache_invalidate(load(id), on = "error")]
async fn store(id: u64) -> u64 {
    1
}

fn main() {}
