#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m")]
async fn load(id: u64) -> String {
    id.to_string()
}

#[cache_core::cache_put(load(id))]
async fn store(id: u64) {}

fn main() {}
