//! How values become bytes: the codecs, what they refuse, and what tells two shapes of a type apart.
//!
//! Reading is by the id that was written beside the bytes, so that a cache whose codec was changed still reads what it
//! wrote before. All reading goes through [`bounded`]: bytes from outside can neither exhaust the stack nor the memory.

#[cfg(feature = "bincode")]
mod bincode;
mod bounded;
mod carrier;
mod error;
mod fingerprint;
#[cfg(feature = "json")]
mod json;
mod message_pack;
mod picture;
#[cfg(feature = "postcard")]
mod postcard;
#[cfg(test)]
mod tests;
mod trace;
mod verification;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use carrier::Carrier;
pub(crate) use error::CodecError;
pub(crate) use verification::Verification;

/// How values are written to the shared tier.
///
/// | | carries | bytes | a field was added, renamed, moved |
/// |---|---|---|---|
/// | [`MessagePack`](Self::MessagePack) | nearly every serde type | few | what serde says: `default`, `alias` |
/// | `Json` (feature `json`) | as above; map keys must be texts, floats finite | many | the same |
/// | `Bincode`, `Postcard` (features of these names) | no untagged or internally tagged enums, `flatten`, `skip_serializing_if` | fewest | old values are misses |
///
/// MessagePack and JSON write `Some(None)` as they write `None`, and `Some(())` too. Such a value is refused when it is
/// [verified](#what-is-refused); `Bincode` and `Postcard` carry it.
///
/// # What is refused
///
/// The first writes of a region, then one in 1024 (in debug builds: every one) are read back before they are stored. A
/// value that comes back as another one, or not at all, is not stored, and the event says which codec would carry it.
/// A value that is nested more than 256 levels deep cannot be read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Codec {
    /// MessagePack with the names of fields. The default.
    #[default]
    MessagePack,
    /// JSON, for those who want to read what is stored.
    #[cfg(feature = "json")]
    #[cfg_attr(docsrs, doc(cfg(feature = "json")))]
    Json,
    /// bincode 2 in its standard configuration: variable-length integers, little-endian.
    #[cfg(feature = "bincode")]
    #[cfg_attr(docsrs, doc(cfg(feature = "bincode")))]
    Bincode,
    /// postcard 1.
    #[cfg(feature = "postcard")]
    #[cfg_attr(docsrs, doc(cfg(feature = "postcard")))]
    Postcard,
}

impl Codec {
    /// The codecs of this build.
    pub(crate) const ALL: &[Self] = &[
        Self::MessagePack,
        #[cfg(feature = "json")]
        Self::Json,
        #[cfg(feature = "bincode")]
        Self::Bincode,
        #[cfg(feature = "postcard")]
        Self::Postcard,
    ];

    /// What is written beside the bytes. Ids are never given twice.
    pub(crate) fn id(self) -> u8 {
        match self {
            Self::MessagePack => 1,
            #[cfg(feature = "json")]
            Self::Json => 2,
            #[cfg(feature = "bincode")]
            Self::Bincode => 3,
            #[cfg(feature = "postcard")]
            Self::Postcard => 4,
        }
    }

    /// The codec with this id, if this build has it.
    pub(crate) fn from_id(id: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|codec| codec.id() == id)
    }

    /// Whether values are recognised by their position only, so that another shape of the type reads them silently
    /// wrong.
    pub(crate) fn is_positional(self) -> bool {
        match self {
            Self::MessagePack => false,
            #[cfg(feature = "json")]
            Self::Json => false,
            #[cfg(feature = "bincode")]
            Self::Bincode => true,
            #[cfg(feature = "postcard")]
            Self::Postcard => true,
        }
    }

    /// Whether types that have a form for people are written in it.
    pub(crate) fn is_human_readable(self) -> bool {
        match self {
            #[cfg(feature = "json")]
            Self::Json => true,
            _ => false,
        }
    }

    fn encode<V: Serialize + ?Sized>(self, value: &V) -> Result<Vec<u8>, CodecError> {
        match self {
            Self::MessagePack => message_pack::encode(value),
            #[cfg(feature = "json")]
            Self::Json => json::encode(value),
            #[cfg(feature = "bincode")]
            Self::Bincode => bincode::encode(value),
            #[cfg(feature = "postcard")]
            Self::Postcard => postcard::encode(value),
        }
        .map_err(|message| CodecError::encode(self, &message))
    }

    /// Reads a value that is exactly `bytes`.
    fn decode<V: DeserializeOwned>(self, bytes: &[u8]) -> Result<V, CodecError> {
        match self {
            Self::MessagePack => message_pack::decode(bytes),
            #[cfg(feature = "json")]
            Self::Json => json::decode(bytes),
            #[cfg(feature = "bincode")]
            Self::Bincode => bincode::decode(bytes),
            #[cfg(feature = "postcard")]
            Self::Postcard => postcard::decode(bytes),
        }
        .map_err(|message| CodecError::decode(self, &message))
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Reads a value that was written by the codec with this id.
pub(crate) fn decode<V: DeserializeOwned>(id: u8, bytes: &[u8]) -> Result<V, CodecError> {
    Codec::from_id(id).ok_or(CodecError::Unknown(id))?.decode(bytes)
}

/// What a codec says of bytes that go on after the value.
const TRAILING: &str = "bytes follow the value";
