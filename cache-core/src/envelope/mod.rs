//! The frame of what lies in the shared tier: binary, versioned, checked, and read without allocating.
//!
//! ```text
//!  0  magic         C5 0C
//!  2  format        1
//!  3  content       0 = a value, 1 = an absence
//!  4  codec         id of the codec
//!  5  compression   0 = none, 1 = lz4, 2 = zstd
//!  6  flags         1 = encrypted, 2 = has an identity
//!  7  zero
//!  8  key id        u32; 0 when not encrypted
//! 12  load cost     u32, µs
//! 16  fingerprint   u64, of the value's type
//! 24  fresh for     u64, ms; all ones = for ever
//! 32  kept for      u64, ms; all ones = for ever
//! 40  identity      16 bytes; 0 when there is none
//! 56  names         u32, bytes
//! 60  names         u32, how many
//! 64  stored        u32, bytes of the payload as it lies here
//! 68  plain         u32, bytes of the payload as it was before it was compressed
//! 72  names: for each its kind (0 everything, 1 region, 2 tag, 3 key), u16 length, text, 16 bytes of version
//!     payload: compressed, then encrypted: nonce (12 bytes), ciphertext, tag (16 bytes)
//!     checksum      u32, CRC-32 of all before it
//! ```
//!
//! All numbers are little-endian, and each envelope has one form: what is not needed is zero. Encryption
//! authenticates header, names and the key under which the envelope lies, and so keeps an envelope from being served
//! under another key.
//!
//! # Another format version
//!
//! Readers refuse versions they do not know, which makes them misses: a fleet in which both run works, slowly. What
//! was written once stays in `golden/`; see `golden.rs` for how to add to it.

mod compression;
mod error;
#[cfg(test)]
mod golden;
mod header;
#[cfg_attr(not(feature = "encrypt"), path = "keyring_off.rs")]
mod keyring;
mod names;
mod open;
mod seal;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use compression::Compression;
pub(crate) use error::EnvelopeError;
#[cfg(not(feature = "encrypt"))]
pub(crate) use keyring::Keyring;
#[cfg(feature = "encrypt")]
pub use keyring::Keyring;
pub(crate) use names::Names;
pub(crate) use open::{Envelope, open};
pub(crate) use seal::{Draft, seal};

/// How envelopes are sealed and opened; the same for all of one cache.
#[derive(Debug, Clone)]
pub(crate) struct Sealing {
    /// How payloads are compressed. Reading knows every compression of this build.
    pub(crate) compression: Option<Compression>,
    /// Payloads below so many bytes are not compressed.
    pub(crate) threshold: usize,
    /// What payloads are encrypted with.
    pub(crate) keyring: Option<Arc<Keyring>>,
    /// The most bytes of a payload, before it is compressed.
    pub(crate) max_value_bytes: usize,
}

impl Default for Sealing {
    fn default() -> Self {
        Self { compression: None, threshold: 1024, keyring: None, max_value_bytes: 8 << 20 }
    }
}
