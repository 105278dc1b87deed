#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", skip(org), tags = ["org:{org}"])]
async fn load(id: u64, org: u64) -> String {
    id.to_string()
}

#[cache_core::cache_put(load(id))]
async fn store(id: u64) -> String {
    id.to_string()
}

fn main() {}
