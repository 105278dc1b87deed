#[cache_core::cached(ttl = "5m")]
fn load(id: u64) -> impl Future<Output = u64> {
    async move { id }
}

fn main() {}
