#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", skip(dbb))]
async fn load(db: &str, id: u64) -> u64 {
    1
}

fn main() {}
