//! What the tests share: loaders that can be held and counted, futures polled by hand, allocations counted.

pub mod alloc;
pub mod gate;
pub mod step;

pub use gate::Gate;
pub use step::Step;
