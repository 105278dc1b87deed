//! Where everybody wants to load from.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How long a load takes, as far as the runtime's timer can tell.
const LOAD: Duration = Duration::from_millis(10);

/// What a source answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A value.
    Value,
    /// An error.
    Error,
    /// A panic the first time, then values.
    FirstPanic,
}

/// The source's error.
#[derive(Debug, Clone)]
pub struct Refused;

/// A source that takes 10 ms and keeps books.
#[derive(Debug)]
pub struct Source {
    answer: Answer,
    loads: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl Source {
    /// A source that was never asked.
    #[must_use]
    pub fn new(answer: Answer) -> Self {
        Self { answer, loads: AtomicUsize::new(0), running: AtomicUsize::new(0), most: AtomicUsize::new(0) }
    }

    /// Loads.
    ///
    /// # Errors
    ///
    /// If that is the source's answer.
    ///
    /// # Panics
    ///
    /// If that is the source's answer.
    pub async fn load(&self) -> Result<u64, Refused> {
        let load = self.loads.fetch_add(1, Ordering::SeqCst);
        let _running = Running::enter(self);
        tokio::time::sleep(LOAD).await;
        match self.answer {
            Answer::Value => Ok(1),
            Answer::Error => Err(Refused),
            // A panic without the message that a `panic!` would print each round.
            Answer::FirstPanic if load == 0 => resume_unwind(Box::new("the first load panics")),
            Answer::FirstPanic => Ok(1),
        }
    }

    /// How often it was asked.
    #[must_use]
    pub fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }

    /// How many loads ran at the same time, at most.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// A load that runs, until it ends in whatever way.
struct Running<'a>(&'a Source);

impl<'a> Running<'a> {
    fn enter(source: &'a Source) -> Self {
        let running = source.running.fetch_add(1, Ordering::SeqCst) + 1;
        source.most.fetch_max(running, Ordering::SeqCst);
        Self(source)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
