//! What the shared tier on Redis costs, against the raw commands it is made of; what a fleet makes of one cold key; and
//! what is left of all that when Redis fails. Run it with `cargo x bench redis`.
//!
//! It starts its servers itself, and itself again as the other processes of a fleet.

#[cfg(unix)]
mod suite;

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    suite::run()
}

#[cfg(not(unix))]
fn main() {
    eprintln!("the servers are unix programs");
}
