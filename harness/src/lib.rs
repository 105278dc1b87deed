//! Real Redis servers as values, for tests, benches, soak runs and the example's demo.
//!
//! [`Server`] is one server, [`Cluster`] three masters with a replica each, [`Sentinel`] a master with two replicas and
//! three sentinels, [`Proxy`] a bad network in front of any of them. What is started is ready when `start` returns, and
//! gone when its value is dropped or the process that started it dies. Everything is blocking: call it from a thread
//! that may wait, or through the runtime's `spawn_blocking`.
//!
//! The program is the `redis-server` of the path, 7.0 or newer, or what `CACHE_REDIS_SERVER` names.

// The servers are unix programs: elsewhere this package compiles to nothing.
#![cfg(unix)]
#![forbid(unsafe_code)]

mod certificates;
mod cluster;
mod connection;
mod lease;
mod process;
mod proxy;
mod reply;
mod sentinel;
mod server;
mod until;

pub use certificates::{Certificates, Pem};
pub use cluster::{Cluster, Migration, slot};
pub use connection::Connection;
pub use proxy::Proxy;
pub use reply::Reply;
pub use sentinel::Sentinel;
pub use server::{Builder, Server};
pub use until::until;
