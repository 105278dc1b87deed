#[cache_core::cached(ttl = "5m")]
fn load<T: Default>(id: u64) -> T {
    drop(id);
    T::default()
}

fn main() {}
