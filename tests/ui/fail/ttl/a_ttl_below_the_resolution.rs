#[cache_core::cached(ttl = "1ms")]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
