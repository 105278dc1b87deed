//! Several processes that share a tier (in memory): what one loads the others find, what one invalidates the others drop.

mod basics;
mod counters;
mod many;
mod status;
mod strong;
mod updates;
mod world;
mod writers;
