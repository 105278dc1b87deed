//! What the benchmarks share: seeded keys, interleaved rounds, the bare cache that everything is measured against, the
//! stampede that flights are measured with, and the reports.

pub mod alloc;
pub mod block_on;
pub mod figures;
pub mod footprint;
pub mod lookups;
pub mod options;
pub mod patterns;
pub mod raw;
pub mod report;
pub mod rounds;
pub mod stampede;
pub mod stopwatch;
pub mod user;
pub mod zipf;
