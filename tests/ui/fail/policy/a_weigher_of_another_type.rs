#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", capacity = 10, weigh = |value: &String| value.len() as u64)]
async fn load(id: u64) -> u64 {
    1
}

fn main() {}
