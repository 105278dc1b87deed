//! What is never shown.

use std::fmt;

/// A password or a key. Shows itself as `***`, so that whatever holds one can derive `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret<T>(T);

impl<T> Secret<T> {
    pub(super) fn new(secret: T) -> Self {
        Self(secret)
    }

    /// The secret itself, for the one place that sends it.
    pub(super) fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
