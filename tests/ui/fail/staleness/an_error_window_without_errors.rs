#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", stale_if_error = "1h")]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
