#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", key = "{name.get(1)}")]
async fn load(name: String) -> u64 {
    1
}

fn main() {}
