//! Asks a [`Backend`] and a [`Backplane`](crate::backplane::Backplane) for all that their
//! contracts say.
//!
//! Each check is one sentence of a contract, and its message is that sentence. What is stored goes under names of the
//! suite's own, so that a backend may be shared by tests that run at once.
//!
//! # Example
//!
//! ```
//! use cache_core::test_util::{MemoryBackend, conformance};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let backend = MemoryBackend::new();
//! conformance::backend(&backend, "suite-1").await;
//! conformance::backplane(&backend, &backend, "suite-1").await;
//! # }
//! ```

mod change;
mod lease;
mod listen;
mod number;
mod read;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::backend::{Answer, Backend, BackendError, BackendListener, Read};

pub use listen::backplane;

/// Long enough not to end while the suite runs.
const LONG: Duration = Duration::from_secs(60);

/// Runs all checks of the contract of [`Backend`] on names that begin with `prefix`, which nobody else may use.
///
/// Starts the backend with a listener of its own, unless somebody has done so before.
///
/// # Panics
///
/// If the backend breaks a sentence of the contract, with that sentence.
///
/// # Cancel safety
///
/// Leaves names behind, which end within a minute.
pub async fn backend(backend: &impl Backend, prefix: &str) {
    let suite = Suite { backend, prefix };
    suite.starts().await;
    suite.probes().await;
    read::all(&suite).await;
    lease::all(&suite).await;
    change::all(&suite).await;
    number::all(&suite).await;
}

/// A backend under test.
struct Suite<'a> {
    backend: &'a dyn Backend,
    prefix: &'a str,
}

impl Suite<'_> {
    /// A name that lies where all with the same `tag` lie.
    fn name(&self, kind: &str, tag: &str) -> String {
        format!("{}:{kind}:{{{tag}}}", self.prefix)
    }

    /// Waits for an answer that must be none but a good one.
    async fn ask<T>(&self, what: &str, answer: Answer<'_, T>) -> T {
        match answer.await {
            Ok(answer) => answer,
            Err(error) => panic!("{what} fails on a healthy backend: {error}"),
        }
    }

    /// Sets a name, by the plainest means there is.
    async fn set(&self, name: &str, bytes: &[u8]) {
        self.ask("take", self.backend.take(name, bytes, LONG)).await;
    }

    /// What a name holds.
    async fn get(&self, name: &str) -> Option<Vec<u8>> {
        let read = Read { value: Some(name), ..Read::default() };
        self.ask("read", self.backend.read(read)).await.value
    }

    /// What a name holds, as text, for what is compared with text.
    async fn text(&self, name: &str) -> Option<String> {
        self.get(name).await.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn remaining(&self, name: &str) -> Option<Duration> {
        let read = Read { value: Some(name), remaining: true, ..Read::default() };
        self.ask("read", self.backend.read(read)).await.remaining
    }

    async fn starts(&self) {
        let heard = Arc::new(Heard::default());
        self.backend.start(Arc::clone(&heard) as Arc<dyn BackendListener>);
        let lost = heard.0.lock().iter().any(|each| matches!(each, Some(true)));
        assert!(!lost, "start: a connection is told to be forgetful though there was none before");
    }

    async fn probes(&self) {
        self.ask("probe", self.backend.probe()).await;
    }
}

/// What a listener was told: `None` is lost, else back, and whether it forgets.
#[derive(Default)]
struct Heard(Mutex<Vec<Option<bool>>>);

impl BackendListener for Heard {
    fn lost(&self, _: &BackendError) {
        self.0.lock().push(None);
    }

    fn back(&self, forgetful: bool) {
        self.0.lock().push(Some(forgetful));
    }
}

/// Asserts that what a sentence says is so.
macro_rules! holds {
    ($found:expr, $expected:expr, $sentence:literal) => {
        match ($found, $expected) {
            (found, expected) => {
                assert!(found == expected, "{}\n   found: {found:?}\nexpected: {expected:?}", $sentence);
            }
        }
    };
}
use holds;
