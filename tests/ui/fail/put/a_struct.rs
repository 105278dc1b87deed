#[cache_core::cache_put(load(id))]
struct Store;

fn main() {}
