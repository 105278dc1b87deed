#[cache_core::cached(ttl = "5m")]
fn get(id: u64) -> u64 {
    id
}

#[cache_core::cache_invalidate(get(id))]
fn set(id: u64) -> std::pin::Pin<Box<dyn Future<Output = Result<u64, String>> + Send>> {
    Box::pin(async move { Ok(id) })
}

fn main() {}
