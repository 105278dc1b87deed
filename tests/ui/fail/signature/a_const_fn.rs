#[cache_core::cached(ttl = "5m")]
const fn load(id: u64) -> u64 {
    id
}

fn main() {}
