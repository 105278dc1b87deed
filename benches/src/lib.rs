//! What the benchmarks share: seeded keys, interleaved rounds, the bare cache that everything is measured against, and
//! the report.

pub mod block_on;
pub mod lookups;
pub mod options;
pub mod raw;
pub mod report;
pub mod rounds;
pub mod stopwatch;
pub mod user;
pub mod zipf;
