#[cache_core::cached(ttl = |value: &u64| DAY)]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
