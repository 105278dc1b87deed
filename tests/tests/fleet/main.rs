//! Several processes that share a tier (in memory): what one loads the others find, what one invalidates the others drop.

mod basics;
mod breaker;
mod dependencies;
mod failover;
mod gated;
mod hostile;
mod late_tags;
mod leases;
mod link;
mod mirror;
mod outbox;
mod patterns;
mod puts;
mod relay;
mod schemas;
mod tags;
mod world;
