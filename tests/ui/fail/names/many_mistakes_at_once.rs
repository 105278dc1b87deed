#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", jitter = 200, colour = 1, key = "{idd}")]
async fn load(id: u64) -> u64 {
    1
}

fn main() {}
