#[cache_core::cached(ttl = "5m")]
async fn load<K>(key: K) -> u64 {
    drop(key);
    1
}

fn main() {}
