//! The waves: many tasks at once, and what befalls the one that loads.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::source::{Answer, Source};
use super::{Answered, Get};

/// How many tasks want the one key.
pub const TASKS: usize = 1_000;

/// How many keys the wave of distinct keys wants, each once.
pub const KEYS: usize = 100;

/// When the leader is cancelled: in the middle of its load.
const CANCEL_AFTER: Duration = Duration::from_millis(5);

/// What a wave came to.
pub(super) struct Wave {
    /// From the first task's start to the last one's end.
    pub(super) time: Duration,
    pub(super) loads: usize,
    pub(super) most_at_once: usize,
}

/// What one bare load takes on this runtime: its timer is coarser than the sleep is long.
pub(super) async fn bare_load() -> Duration {
    let (source, start) = (Source::new(Answer::Value), Instant::now());
    let _ = source.load().await;
    start.elapsed()
}

/// All tasks want one key. With [`Answer::FirstPanic`] one of them gets a panic, all others a value.
pub(super) async fn one_key(get: &Get, answer: Answer) -> Wave {
    wave(get, answer, TASKS, |_| 0).await
}

/// Each task wants a key of its own.
pub(super) async fn distinct_keys(get: &Get) -> Wave {
    wave(get, Answer::Value, KEYS, |task| task as u64).await
}

/// All tasks want one key; the one that loads is aborted half-way.
pub(super) async fn cancelled_leader(get: &Get) -> Wave {
    let (source, start) = (Arc::new(Source::new(Answer::Value)), Instant::now());
    let leader = tokio::spawn(get(0, Arc::clone(&source)));
    while source.loads() == 0 {
        tokio::task::yield_now().await;
    }
    let began = Instant::now();
    let others: Vec<_> = (1..TASKS).map(|_| tokio::spawn(get(0, Arc::clone(&source)))).collect();
    tokio::time::sleep(CANCEL_AFTER.saturating_sub(began.elapsed())).await;
    leader.abort();
    assert!(leader.await.is_err_and(|error| error.is_cancelled()), "the leader was cancelled before its load ended");
    for task in others {
        assert_eq!(task.await.ok(), Some(Ok(1)), "everybody else gets the value");
    }
    Wave { time: start.elapsed(), loads: source.loads(), most_at_once: source.most_at_once() }
}

async fn wave(get: &Get, answer: Answer, tasks: usize, key: impl Fn(usize) -> u64) -> Wave {
    let source = Arc::new(Source::new(answer));
    let start = Instant::now();
    let running: Vec<_> = (0..tasks).map(|task| tokio::spawn(get(key(task), Arc::clone(&source)))).collect();
    let mut ends: Vec<Option<Answered>> = Vec::with_capacity(tasks);
    for task in running {
        ends.push(task.await.ok());
    }
    let time = start.elapsed();
    let (expected, panics) = match answer {
        Answer::Value => (Ok(1), 0),
        Answer::Error => (Err(()), 0),
        Answer::FirstPanic => (Ok(1), 1),
    };
    assert_eq!(ends.iter().filter(|end| end.is_none()).count(), panics, "only a panicking load panics");
    assert!(ends.iter().flatten().all(|end| *end == expected), "everybody gets what the source says");
    Wave { time, loads: source.loads(), most_at_once: source.most_at_once() }
}
