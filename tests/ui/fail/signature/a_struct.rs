#[cache_core::cached(ttl = "5m")]
struct Load;

fn main() {}
