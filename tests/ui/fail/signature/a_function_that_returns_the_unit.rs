#[cache_core::cached(ttl = "5m")]
async fn load(id: u64) -> () {
    drop(id)
}

fn main() {}
