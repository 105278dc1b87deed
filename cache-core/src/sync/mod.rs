//! Locks and atomics of what is told apart by time: shards, flights, the touch clock, tags, scopes of loads.
//!
//! They are those of parking_lot and std. Unit tests under `--cfg shuttle` replace them by ones whose order a scheduler
//! decides (`interleavings`). What no promise hangs on (counters, events) uses the originals everywhere, and so does
//! what lives as long as the process.

#[cfg(all(test, shuttle))]
mod scheduled;

#[cfg(not(all(test, shuttle)))]
pub(crate) use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
#[cfg(all(test, shuttle))]
pub(crate) use scheduled::{LocalCell, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
#[cfg(all(test, shuttle))]
pub(crate) use shuttle::{sync::atomic, thread_local};
#[cfg(not(all(test, shuttle)))]
pub(crate) use std::{sync::atomic, thread_local};
