#![allow(unused_variables)]

struct Down;

impl From<cache_core::LoadTimeout> for Down {
    fn from(_: cache_core::LoadTimeout) -> Self {
        Down
    }
}

#[cache_core::cached(ttl = "5m", stale_if_error = "1h", timeout = "1s", soft_timeout = "2s")]
async fn load(id: u64) -> Result<u64, Down> {
    Ok(id)
}

fn main() {}
