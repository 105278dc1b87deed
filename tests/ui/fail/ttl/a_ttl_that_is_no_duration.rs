const SECONDS: u64 = 60;

#[cache_core::cached(ttl = SECONDS)]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
