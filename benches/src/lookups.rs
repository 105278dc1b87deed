//! The loops that are timed.

use std::future::Future;
use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use crate::block_on::block_on;
use crate::stopwatch::Stopwatch;
use crate::user::User;
use crate::zipf::STREAM;

/// Times the stream of keys is run through per round.
const PASSES: usize = 16;

/// Lookups per thread, contender and round.
pub const LOOKUPS: usize = PASSES * STREAM;

/// Lookups before the clock starts: whoever ran before has left the caches of the CPU full of its own data.
const WARM_UP: usize = STREAM;

/// Looks all keys up, one after the other.
pub fn pass<K: Copy>(keys: &[K], mut get: impl FnMut(K) -> Arc<User>) {
    let mut sum = 0_u64;
    for &key in keys {
        sum = sum.wrapping_add(get(key).id);
    }
    black_box(sum);
}

/// The same for a function that returns a future, all of it within one `block_on`.
pub fn pass_async<K: Copy, F: Future<Output = Arc<User>>>(keys: &[K], get: impl Fn(K) -> F) {
    block_on(async {
        let mut sum = 0_u64;
        for &key in keys {
            sum = sum.wrapping_add(get(key).await.id);
        }
        black_box(sum);
    });
}

/// Times `LOOKUPS` lookups on this thread, by its processor time; `pass` looks up the keys it is given.
pub fn one_thread<K>(keys: &[K], pass: impl Fn(&[K])) -> Duration {
    pass(&keys[..WARM_UP.min(keys.len())]);
    let start = Stopwatch::start();
    (0..PASSES).for_each(|_| pass(keys));
    start.elapsed()
}

/// The same on two threads at once, which start together at different places. The time is that of
/// the slower one on the wall: waiting for each other counts.
pub fn two_threads<K: Sync>(keys: &[K], pass: impl Fn(&[K]) + Sync) -> Duration {
    let barrier = Barrier::new(2);
    let (front, back) = keys.split_at(keys.len() / 2);
    let thread = |first: &[K], second: &[K]| {
        pass(&first[..WARM_UP.min(first.len())]);
        barrier.wait();
        let start = Instant::now();
        for _ in 0..PASSES {
            pass(first);
            pass(second);
        }
        start.elapsed()
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| thread(back, front));
        let mine = thread(front, back);
        mine.max(other.join().expect("the other thread looks keys up like this one"))
    })
}
