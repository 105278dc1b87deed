//! A fleet of caches in one thread, and an oracle that knows what may be served.
//!
//! A [run](run()) is one seed. From it follows a [`Plan`]: who reads, writes and invalidates what and when, and which faults
//! happen. The processes are real caches of `cache-core`; simulated are the [clocks](clock), which are wrong, the
//! [tier], which does each request in its smallest steps and loses, delays and repeats what goes over the network,
//! and the source. Every read is held against what the promises allow ([`audit`]).
//!
//! A seed always goes the same way. One that finds something is [shrunk](shrink()) to a short history.

pub mod args;
pub mod audit;
pub mod batch;
pub mod client;
pub mod clock;
pub mod dice;
pub mod executor;
#[cfg(mutants)]
pub mod mutants;
pub mod plan;
mod prices;
pub mod process;
pub mod run;
pub mod schema;
mod shrink;
pub mod tier;
pub mod timeline;
pub mod world;

pub use plan::Plan;
pub use run::{Outcome, run};
pub use shrink::{Shrunk, shrink};
