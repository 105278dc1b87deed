//! What the tests of the shared tier on Redis have in common.

// The servers are unix programs: elsewhere this package compiles to nothing.
#![cfg(unix)]

pub mod fleet;

use std::sync::Arc;
use std::time::{Duration, Instant};

use cache_core::backend::{
    Answer, Backend, BackendError, BackendErrorKind, BackendListener, Lease, Publish, RedisBackend, RedisBuilder,
};
use cache_core::backplane::{Backplane, BackplaneListener};
use cache_core::test_util::conformance;
use cache_harness::until;
use parking_lot::Mutex;
use tokio::runtime::Runtime;

/// Above what any wait should take; only a failing test takes so long.
pub const LONG: Duration = Duration::from_secs(20);

/// No answer may take longer: the response timeout of 250 ms, twice where a script is sent again, and what a machine adds
/// that is busy with other tests. A client that waits for a server takes several times that.
pub const LONGEST: Duration = Duration::from_millis(1500);

/// A runtime of the test's own.
#[must_use]
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A backend, connected.
#[track_caller]
pub fn connect(runtime: &Runtime, builder: RedisBuilder) -> RedisBackend {
    runtime.block_on(builder.connect()).unwrap_or_else(|error| panic!("{error}"))
}

/// Why a backend cannot be connected.
#[track_caller]
pub fn refusal(runtime: &Runtime, builder: RedisBuilder) -> BackendError {
    let before = Instant::now();
    let refused = runtime.block_on(builder.connect()).expect_err("this must not connect");
    assert!(before.elapsed() < Duration::from_secs(4), "a refusal takes {:?}", before.elapsed());
    refused
}

/// Asserts that it is refused as unsuitable, with a message that has these words and not the password of all tests.
#[track_caller]
pub fn assert_unsuitable(error: &BackendError, words: &[&str]) {
    assert_eq!(error.kind(), BackendErrorKind::Unsuitable, "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "`{word}` is not told: {error}");
    }
    assert!(!format!("{error:?} {error}").contains("hunter2"), "{error}");
}

/// Asks for all that the contracts say.
pub fn conforms(runtime: &Runtime, backend: &RedisBackend, prefix: &str) {
    runtime.block_on(async {
        conformance::backend(backend, prefix).await;
        conformance::backplane(backend, backend, prefix).await;
    });
    assert!(!format!("{backend:?}").contains("hunter2"));
}

/// Waits for an answer, which must come in time.
#[track_caller]
pub fn timed<T>(runtime: &Runtime, answer: Answer<'_, T>) -> Result<T, BackendError> {
    let before = Instant::now();
    let answer = runtime.block_on(answer);
    assert!(before.elapsed() < LONGEST, "an answer came after {:?}", before.elapsed());
    answer
}

/// Whether a write under `name` is done.
#[track_caller]
pub fn writes(runtime: &Runtime, backend: &RedisBackend, name: &str) -> bool {
    timed(runtime, backend.take(name, b"1", LONG)).is_ok()
}

/// How long it takes until writes under `name` are done again; none of those before hangs.
#[track_caller]
pub fn recovers(runtime: &Runtime, backend: &RedisBackend, name: &str) -> Duration {
    let before = Instant::now();
    until(LONG, || writes(runtime, backend, name).then_some(())).expect("it recovers");
    before.elapsed()
}

/// Asserts that writes fail, and soon do so at once.
#[track_caller]
pub fn assert_fails_fast(runtime: &Runtime, backend: &RedisBackend, name: &str) {
    let at_once = || {
        let before = Instant::now();
        let answer = timed(runtime, backend.take(name, b"1", LONG));
        let error = answer.err()?;
        (error.kind() == BackendErrorKind::Unavailable && before.elapsed() < Duration::from_millis(100)).then_some(())
    };
    until(LONG, at_once).expect("without a connection commands fail at once");
}

/// A lease that captures nothing.
#[must_use]
pub fn lease<'a>(name: &'a str, value: &'a str) -> Lease<'a> {
    Lease { lease: name, token: b"token", ttl: LONG, value, captures: &[] }
}

/// What was told, in its order.
#[derive(Default)]
pub struct Ear(Mutex<Vec<String>>);

impl Ear {
    /// Listens to a backend's connections.
    #[must_use]
    pub fn at_backend(backend: &RedisBackend) -> Arc<Self> {
        let ear = Arc::new(Self::default());
        backend.start(Arc::clone(&ear) as Arc<dyn BackendListener>);
        ear
    }

    /// Listens on a channel, and is connected.
    #[must_use]
    pub fn at_channel(backend: &RedisBackend, channel: &str) -> Arc<Self> {
        let ear = Arc::new(Self::default());
        backend.subscribe(channel, Arc::clone(&ear) as Arc<dyn BackplaneListener>);
        ear.hears("connected");
        ear
    }

    /// All of it.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.0.lock().clone()
    }

    /// Forgets what was told.
    pub fn clear(&self) {
        self.0.lock().clear();
    }

    /// Waits until this was told.
    #[track_caller]
    pub fn hears(&self, what: &str) {
        let heard = until(LONG, || self.0.lock().iter().any(|each| each == what).then_some(()));
        assert!(heard.is_some(), "`{what}` is not heard, but {:?}", self.all());
    }

    fn note(&self, what: impl Into<String>) {
        self.0.lock().push(what.into());
    }
}

/// Asserts that what is published is delivered (again).
#[track_caller]
pub fn assert_delivers(runtime: &Runtime, backend: &RedisBackend, channel: &str, ear: &Ear) {
    let delivered = || {
        let publish = Publish { channel, message: b"delivered" };
        _ = timed(runtime, Backend::publish(backend, publish));
        ear.all().iter().any(|each| each == "delivered").then_some(())
    };
    assert!(until(LONG, delivered).is_some(), "nothing is delivered, but {:?}", ear.all());
}

impl BackendListener for Ear {
    fn lost(&self, _: &BackendError) {
        self.note("lost");
    }

    fn back(&self, forgetful: bool) {
        self.note(if forgetful { "back, forgetful" } else { "back" });
    }
}

impl BackplaneListener for Ear {
    fn message(&self, message: &[u8]) {
        self.note(String::from_utf8_lossy(message));
    }

    fn written(&self, name: Option<&str>) {
        self.note(format!("written {}", name.unwrap_or("all")));
    }

    fn connected(&self) {
        self.note("connected");
    }

    fn disconnected(&self) {
        self.note("disconnected");
    }
}
