#![allow(unused_variables)]

#[derive(Clone)]
struct Down;

#[cache_core::cached(ttl = "5m", timeout = "1s")]
async fn load(id: u64) -> Result<u64, Down> {
    Ok(id)
}

fn main() {}
