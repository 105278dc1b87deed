//! Why a value could not be written or read.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::Codec;

/// So much of a message is kept: serde quotes what it found.
const LONGEST_MESSAGE: usize = 300;

/// Why a value could not be written or read. On the read side every one of them is a miss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CodecError {
    /// The bytes were written by a codec that this build does not have.
    Unknown(u8),
    /// The codec did not write the value.
    Encode { codec: Codec, message: Arc<str> },
    /// The bytes are not such a value.
    Decode { codec: Codec, message: Arc<str> },
    /// The codec wrote the value and does not read the same one back. `message` says which codec does.
    Unsuitable { codec: Codec, message: Arc<str> },
}

impl CodecError {
    pub(super) fn encode(codec: Codec, message: &str) -> Self {
        Self::Encode { codec, message: cut(message) }
    }

    pub(super) fn decode(codec: Codec, message: &str) -> Self {
        Self::Decode { codec, message: cut(message) }
    }

    pub(super) fn unsuitable(codec: Codec, message: &str) -> Self {
        Self::Unsuitable { codec, message: cut(message) }
    }
}

fn cut(message: &str) -> Arc<str> {
    let end = (0..=LONGEST_MESSAGE.min(message.len())).rev().find(|&end| message.is_char_boundary(end));
    message[..end.unwrap_or_default()].into()
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(id) => write!(f, "written by codec {id}, which this build does not have"),
            Self::Encode { codec, message } => write!(f, "{codec} cannot write the value: {message}"),
            Self::Decode { codec, message } => write!(f, "{codec} cannot read the value: {message}"),
            Self::Unsuitable { codec, message } => write!(f, "{codec} does not suit the value: {message}"),
        }
    }
}

impl StdError for CodecError {}
