type Loaded = Result<u64, String>;

#[cache_core::cached(ttl = "5m")]
async fn load(id: u64) -> Loaded {
    Ok(id)
}

fn main() {}
