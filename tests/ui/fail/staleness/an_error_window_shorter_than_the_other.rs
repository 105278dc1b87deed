#![allow(unused_variables)]

#[derive(Clone)]
struct Down;

#[cache_core::cached(ttl = "5m", stale_while_revalidate = "1h", stale_if_error = "1m")]
async fn load(id: u64) -> Result<u64, Down> {
    Ok(id)
}

fn main() {}
