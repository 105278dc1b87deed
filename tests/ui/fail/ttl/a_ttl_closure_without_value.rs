#[cache_core::cached(ttl = || DAY)]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
