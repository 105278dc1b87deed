//! Why an envelope was not opened, or not sealed.

use std::error::Error as StdError;
use std::fmt;

/// Why an envelope was not opened (a miss), or not sealed (not stored).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "some can only happen with the features that compress or encrypt")]
pub(crate) enum EnvelopeError {
    /// It ends before it should.
    Truncated,
    /// It is not an envelope of this framework.
    NotOurs,
    /// Its format is one that this build does not know.
    Version(u8),
    /// What was read is not what was written.
    Checksum,
    /// The payload has more bytes than a value may have.
    TooLarge { bytes: u64, max: usize },
    /// More names, or longer ones, than an envelope can hold.
    TooManyNames,
    /// This build does not have the codec.
    UnknownCodec(u8),
    /// This build does not have the compression.
    UnknownCompression(u8),
    /// The payload does not decompress to what it should.
    Undecompressable,
    /// The keyring does not have the key, or there is none.
    UnknownKey(u32),
    /// The payload was not encrypted with the key it names, or not for this place.
    Undecryptable,
    /// It is not encrypted, and the keyring does not [accept](super::Keyring) that.
    Plain,
    /// The operating system had no randomness for a nonce, or the cipher refused.
    Unencryptable,
    /// It was compressed, and could not be.
    Uncompressable,
    /// It contradicts itself.
    Malformed(&'static str),
}

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the envelope is cut off"),
            Self::NotOurs => f.write_str("not an envelope"),
            Self::Version(version) => write!(f, "an envelope of format {version}, which this build does not know"),
            Self::Checksum => f.write_str("the checksum of the envelope does not match"),
            Self::TooLarge { bytes, max } => write!(f, "a value of {bytes} bytes, where {max} are allowed"),
            Self::TooManyNames => f.write_str("more names than an envelope can hold"),
            Self::UnknownCodec(id) => write!(f, "written by codec {id}, which this build does not have"),
            Self::UnknownCompression(id) => write!(f, "compressed by {id}, which this build does not have"),
            Self::Undecompressable => f.write_str("the value does not decompress"),
            Self::UnknownKey(id) => write!(f, "encrypted with key {id}, which is not there"),
            Self::Undecryptable => f.write_str("the value does not decrypt, or was moved here from another key"),
            Self::Plain => f.write_str("the value is not encrypted, and has to be"),
            Self::Unencryptable => f.write_str("the value could not be encrypted"),
            Self::Uncompressable => f.write_str("the value could not be compressed"),
            Self::Malformed(what) => write!(f, "the envelope contradicts itself: {what}"),
        }
    }
}

impl StdError for EnvelopeError {}
