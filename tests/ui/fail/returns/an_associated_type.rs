#[cache_core::cached(ttl = "5m")]
fn load<T: Iterator>(id: u64) -> T::Item {
    panic!("{id}")
}

fn main() {}
