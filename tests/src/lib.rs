//! What the tests share: loaders that can be held and counted, futures polled by hand, allocations counted, properties
//! tried.

pub mod alloc;
pub mod gate;
pub mod runs;
pub mod step;

pub use gate::Gate;
pub use runs::runs;
pub use step::Step;
