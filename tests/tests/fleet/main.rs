//! Several processes that share a tier (in memory): what one loads the others find, what one invalidates the others drop.

mod basics;
mod counters;
mod many;
mod p1_failures_of_the_tier;
mod p4_bounded_staleness;
mod promotion;
mod status;
mod strong;
mod updates;
mod world;
mod writers;
