#[cache_core::cached(ttl = "0s")]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
