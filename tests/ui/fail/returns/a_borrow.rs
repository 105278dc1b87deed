#[cache_core::cached(ttl = "5m")]
fn load(id: &str) -> &str {
    id
}

fn main() {}
