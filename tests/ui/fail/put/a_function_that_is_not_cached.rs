#[cache_core::cache_put(store(id))]
async fn store(id: u64) -> u64 {
    id
}

fn main() {}
