#[cache_core::cached(ttl = "99999999999999999999h")]
async fn load(id: u64) -> u64 {
    id
}

fn main() {}
