trait Load {
    #[cache_core::cached(ttl = "5m")]
    fn load(id: u64) -> u64;
}

fn main() {}
