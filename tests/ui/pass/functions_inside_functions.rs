//! Two nested functions of one name are two caches.
use cache_core::cached;

fn outer() -> u32 {
    #[cached(ttl = "5m")]
    fn load(n: u32) -> u32 {
        n
    }
    drop(load::invalidate(1));
    load(1)
}

fn other() -> u32 {
    #[cached(ttl = "5m")]
    fn load(n: u32) -> u32 {
        n + 1
    }
    load(1)
}

fn main() {
    assert_eq!((outer(), other()), (1, 2));
}
