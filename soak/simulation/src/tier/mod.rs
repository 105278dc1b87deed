//! The simulated shared tier: one server that does requests step by step, and each process's line to it.

mod answer;
mod job;
mod line;
mod server;
mod wire;

pub use line::Line;
pub(crate) use server::matches;
pub use server::{Output, Server, Step};
pub use wire::{Tier, Weather};
