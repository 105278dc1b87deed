use cache_core::cached;

#[cached(ttl = "5m")]
async fn user(id: u64, #[cfg(debug_assertions)] tenant: u64) -> String {
    format!("user {id}")
}

fn main() {}
