//! Several processes that share a tier (in memory): what one loads the others find, what one invalidates the others drop.

mod basics;
mod breaker;
mod counters;
mod dependencies;
mod failover;
mod gated;
mod hostile;
mod late_tags;
mod leases;
mod link;
mod many;
mod mirror;
mod outbox;
mod p1_failures_of_the_tier;
mod p4_bounded_staleness;
mod patterns;
mod promotion;
mod puts;
mod relay;
mod schemas;
mod status;
mod strong;
mod tags;
mod updates;
mod world;
mod writers;
