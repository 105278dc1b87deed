struct Failure;

#[cache_core::cached(ttl = "5m", negative_ttl = "30s")]
async fn load(id: u64) -> Result<u64, Failure> {
    if id == 0 { Err(Failure) } else { Ok(id) }
}

fn main() {}
