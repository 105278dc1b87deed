#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", tags = ["user:{first}{ret}"])]
async fn load(first: u64) -> u64 {
    1
}

fn main() {}
