//! What a shared tier can fail with.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A failure of the shared tier. It never reaches the caller of a cached function (promise P1): it becomes an
/// [`Event`](crate::Event), and the call goes on without the tier. Cheap to clone. Holds no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct BackendError {
    kind: BackendErrorKind,
    message: Arc<str>,
}

/// The class of a [`BackendError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BackendErrorKind {
    /// There is no connection, and none could be made.
    Unavailable,
    /// There was no answer in time. Whether a write was done is not known.
    Timeout,
    /// The server answered with an error: missing rights, a type that is not ours, no memory left.
    Refused,
    /// It was not even asked: it failed often enough a moment ago.
    BreakerOpen,
    /// It is not what it has to be: the wrong kind of server, too old, a wrong password, a replica.
    Unsuitable,
}

impl BackendError {
    /// A failure of a kind, with what is to be told about it. Put no password, key or value into `message`.
    pub fn new(kind: BackendErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: Arc::from(&*message.into()) }
    }

    /// Its class.
    #[must_use]
    pub fn kind(&self) -> BackendErrorKind {
        self.kind
    }
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BackendError({:?}: {})", self.kind, self.message)
    }
}

impl std::error::Error for BackendError {}
