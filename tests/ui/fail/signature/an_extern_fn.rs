#[cache_core::cached(ttl = "5m")]
extern "C" fn load(id: u64) -> u64 {
    id
}

fn main() {}
