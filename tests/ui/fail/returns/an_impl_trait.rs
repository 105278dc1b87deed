#[cache_core::cached(ttl = "5m")]
fn load(id: u64) -> impl Iterator<Item = u64> {
    0..id
}

fn main() {}
