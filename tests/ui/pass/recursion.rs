//! A cached function that calls itself: the miss is boxed.
use cache_core::cached;

#[cached(ttl = "5m")]
async fn fibonacci(n: u64) -> u64 {
    if n < 2 { n } else { fibonacci(n - 1).await + fibonacci(n - 2).await }
}

fn main() {
    drop(fibonacci(3));
}
