#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m")]
async fn load(id: u64) -> String {
    id.to_string()
}

#[cache_core::cache_invalidate(load(id), load(ret + 1), on = "before")]
async fn store(id: u64) -> u64 {
    1
}

fn main() {}
