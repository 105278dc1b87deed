#[cache_core::cached(ttl = "5m")]
async fn load(price: f64) -> u64 {
    price as u64
}

fn main() {}
