#[cache_core::cached(ttl = "5m")]
fn load(id: &str) -> std::borrow::Cow<'_, str> {
    id.into()
}

fn main() {}
