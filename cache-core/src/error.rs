//! What can go wrong inside the framework itself.
//!
//! A loader's own error is never wrapped in these types: it reaches the caller as it is. A failing cache is not an
//! error of the call either (promise P1); it becomes an [`Event`](crate::Event). What is left are mistakes in set-up.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// A failure of the caching framework. Cheap to clone, so that one failure can be handed to many.
///
/// # Example
///
/// ```
/// use cache_core::{Cache, ErrorKind, Policy};
///
/// let cache = Cache::new();
/// let _users = cache.region::<u64, String>("users").build()?;
/// let second = cache.region::<u64, String>("users").build().unwrap_err();
/// assert_eq!(second.kind(), ErrorKind::DuplicateRegion);
/// # Ok::<(), cache_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Error {
    inner: Arc<Inner>,
}

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
}

/// The class of an [`Error`], for code that wants to react to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting cannot mean anything, such as a time-to-live below the clock's resolution.
    Configuration,
    /// Two regions of one cache have the same name.
    DuplicateRegion,
    /// The process-wide cache was already in use when another one was to be installed.
    AlreadyInstalled,
    /// A text is not a usable tag.
    InvalidTag,
    /// An invalidation is done in this process and still on its way to the others.
    NotConfirmed,
    /// Work was still running when the deadline of a shutdown passed.
    DeadlineElapsed,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { inner: Arc::new(Inner { kind, message: message.into() }) }
    }

    /// The class of this error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("kind", &self.inner.kind).field("message", &self.inner.message).finish()
    }
}

impl StdError for Error {}
