#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", key = "{first}%3A{second}")]
async fn load(first: &str, second: &str) -> u64 {
    1
}

fn main() {}
