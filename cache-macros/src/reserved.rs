//! The characters that part texts in keys and tags.

/// Mirrors `RESERVED` of cache-core's `key/text.rs`, which percent-encodes these in every string of a key or tag
/// (and white space and control characters): a separator with one of them cannot be part of a value.
pub(crate) const RESERVED: &str = ":,;/|()[]{}*?%~#\\\"=&@+!";

/// Written by the encoding itself, `%` before an escaped byte and `~` for an absence: reserved, and no separators.
pub(crate) const WRITTEN: &str = "%~";
