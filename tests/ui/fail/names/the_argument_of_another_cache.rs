#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", time_to_live = 60)]
async fn load(id: u64) -> u64 {
    1
}

fn main() {}
