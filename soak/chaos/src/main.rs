//! What a fleet of caches serves while everything around its Redis fails.
//!
//! ```text
//! cargo run --release -p cache-chaos -- --topology standalone --reads 1000000
//! ```

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    cache_chaos::run()
}

#[cfg(not(unix))]
fn main() {
    eprintln!("the servers are unix programs");
}
