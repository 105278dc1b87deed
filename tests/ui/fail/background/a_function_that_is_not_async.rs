#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", stale_while_revalidate = "1m")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
