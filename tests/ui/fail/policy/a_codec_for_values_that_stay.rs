#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", tier = "l1", codec = cache_core::Codec::MessagePack)]
async fn load(id: u64) -> u64 {
    1
}

fn main() {}
