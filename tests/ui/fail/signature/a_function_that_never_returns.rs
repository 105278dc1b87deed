#[cache_core::cached(ttl = "5m")]
async fn load(id: u64) -> ! {
    panic!("{id}")
}

fn main() {}
