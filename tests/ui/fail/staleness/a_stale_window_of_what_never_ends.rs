#![allow(unused_variables)]

#[cache_core::cached(ttl = "never", stale_while_revalidate = "1m")]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
