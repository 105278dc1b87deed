//! What is given back, measured by the bytes that are allocated.

mod expiry;
mod waiters;

use std::sync::{Mutex, MutexGuard, PoisonError};

use cache_tests::alloc::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The bytes are those of the whole process: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}
