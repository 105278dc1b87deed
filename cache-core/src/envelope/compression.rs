//! Compression of payloads.

use super::EnvelopeError;

/// How values are compressed in the shared tier.
///
/// Small values, and those that do not get smaller, are stored as they are. What was written with a compression is read
/// by every build that has its feature, whatever the settings say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// LZ4: fast.
    #[cfg(feature = "lz4")]
    #[cfg_attr(docsrs, doc(cfg(feature = "lz4")))]
    Lz4,
    /// Zstandard at its default level: small.
    #[cfg(feature = "zstd")]
    #[cfg_attr(docsrs, doc(cfg(feature = "zstd")))]
    Zstd,
}

impl Compression {
    /// The compressions of this build.
    pub(super) const ALL: &[Self] = &[
        #[cfg(feature = "lz4")]
        Self::Lz4,
        #[cfg(feature = "zstd")]
        Self::Zstd,
    ];

    /// What is written in the header, where 0 is none. Ids are never given twice.
    pub(super) fn id(self) -> u8 {
        match self {
            #[cfg(feature = "lz4")]
            Self::Lz4 => 1,
            #[cfg(feature = "zstd")]
            Self::Zstd => 2,
        }
    }

    pub(super) fn from_id(id: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|compression| compression.id() == id)
    }

    /// What `plain` compresses to.
    #[cfg_attr(not(any(feature = "lz4", feature = "zstd")), expect(unused_variables, reason = "there is none"))]
    pub(super) fn compress(self, plain: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        match self {
            #[cfg(feature = "lz4")]
            Self::Lz4 => Ok(lz4_flex::block::compress(plain)),
            #[cfg(feature = "zstd")]
            Self::Zstd => {
                zstd::bulk::compress(plain, zstd::DEFAULT_COMPRESSION_LEVEL).map_err(|_| EnvelopeError::Uncompressable)
            }
        }
    }

    /// The `len` bytes that `compressed` was made from. `len` is within the limits; no more than that is made room for.
    #[cfg_attr(not(any(feature = "lz4", feature = "zstd")), expect(unused_variables, reason = "there is none"))]
    pub(super) fn decompress(self, compressed: &[u8], len: usize) -> Result<Vec<u8>, EnvelopeError> {
        match self {
            #[cfg(feature = "lz4")]
            Self::Lz4 => {
                let mut plain = vec![0; len];
                match lz4_flex::block::decompress_into(compressed, &mut plain) {
                    Ok(written) if written == len => Ok(plain),
                    _ => Err(EnvelopeError::Undecompressable),
                }
            }
            #[cfg(feature = "zstd")]
            Self::Zstd => {
                let mut plain = vec![0; len];
                match zstd::bulk::decompress_to_buffer(compressed, plain.as_mut_slice()) {
                    Ok(written) if written == len => Ok(plain),
                    _ => Err(EnvelopeError::Undecompressable),
                }
            }
        }
    }
}
