#[cache_core::cached(ttl = "5 minutes ago")]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
