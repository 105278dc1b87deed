#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", key = "{idd}:{name}")]
async fn load(id: u64, name: String) -> u64 {
    1
}

fn main() {}
