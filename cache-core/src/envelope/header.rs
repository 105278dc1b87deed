//! The fixed part of an envelope.

use std::time::Duration;

use super::EnvelopeError;
use crate::version::Version;

/// Not text, and not a valid beginning of UTF-8.
const MAGIC: [u8; 2] = [0xC5, 0x0C];
/// What this build writes, and reads.
const FORMAT: u8 = 1;

const ENCRYPTED: u8 = 1;
const IDENTITY: u8 = 2;
const FOR_EVER: u64 = u64::MAX;

/// The fixed part of an envelope, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) absent: bool,
    pub(super) codec: u8,
    pub(super) compression: u8,
    pub(super) key_id: Option<u32>,
    pub(super) cost_micros: u32,
    pub(super) fingerprint: u64,
    pub(super) fresh_for: Option<Duration>,
    pub(super) kept_for: Option<Duration>,
    pub(super) identity: Option<Version>,
    pub(super) names_bytes: u32,
    pub(super) names: u32,
    pub(super) stored: u32,
    pub(super) plain: u32,
}

impl Header {
    pub(super) const LEN: usize = 72;

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let flags = u8::from(self.key_id.is_some()) * ENCRYPTED + u8::from(self.identity.is_some()) * IDENTITY;
        out.extend(MAGIC);
        out.extend([FORMAT, u8::from(self.absent), self.codec, self.compression, flags, 0]);
        out.extend(self.key_id.unwrap_or_default().to_le_bytes());
        out.extend(self.cost_micros.to_le_bytes());
        out.extend(self.fingerprint.to_le_bytes());
        out.extend(millis(self.fresh_for).to_le_bytes());
        out.extend(millis(self.kept_for).to_le_bytes());
        out.extend(self.identity.map_or([0; Version::LEN], |identity| *identity.as_bytes()));
        for length in [self.names_bytes, self.names, self.stored, self.plain] {
            out.extend(length.to_le_bytes());
        }
    }

    /// Reads the header, its own contradictions left to [`check`](Self::check): nothing was verified yet.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, Loose), EnvelopeError> {
        match bytes {
            [first, ..] if *first != MAGIC[0] => return Err(EnvelopeError::NotOurs),
            [_, second, ..] if *second != MAGIC[1] => return Err(EnvelopeError::NotOurs),
            [_, _, format, ..] if *format != FORMAT => return Err(EnvelopeError::Version(*format)),
            _ => {}
        }
        let bytes: &[u8; Self::LEN] = bytes.first_chunk().ok_or(EnvelopeError::Truncated)?;
        let [_, _, _, content, codec, compression, flags, zero] = at::<8>(bytes, 0);
        let key_id = u32::from_le_bytes(at(bytes, 8));
        let identity = at::<{ Version::LEN }>(bytes, 40);
        let header = Self {
            absent: content == 1,
            codec,
            compression,
            key_id: (flags & ENCRYPTED != 0).then_some(key_id),
            cost_micros: u32::from_le_bytes(at(bytes, 12)),
            fingerprint: u64::from_le_bytes(at(bytes, 16)),
            fresh_for: duration(u64::from_le_bytes(at(bytes, 24))),
            kept_for: duration(u64::from_le_bytes(at(bytes, 32))),
            identity: if flags & IDENTITY == 0 { None } else { Version::parse(&identity) },
            names_bytes: u32::from_le_bytes(at(bytes, 56)),
            names: u32::from_le_bytes(at(bytes, 60)),
            stored: u32::from_le_bytes(at(bytes, 64)),
            plain: u32::from_le_bytes(at(bytes, 68)),
        };
        let loose = content > 1
            || flags > ENCRYPTED + IDENTITY
            || zero != 0
            || (header.key_id.is_none() && key_id != 0)
            || (header.identity.is_none() && identity != [0; Version::LEN]);
        Ok((header, Loose(loose)))
    }

    /// Whether what it says fits together.
    pub(super) fn check(&self, loose: Loose) -> Result<(), EnvelopeError> {
        if loose.0 {
            return Err(EnvelopeError::Malformed("unknown flags, or something where nothing should be"));
        }
        if self.identity.is_some_and(Version::is_mark) {
            return Err(EnvelopeError::Malformed("a mark as identity"));
        }
        if self.absent && (self.plain != 0 || self.compression != 0) {
            return Err(EnvelopeError::Malformed("an absence with a payload"));
        }
        Ok(())
    }
}

/// Whether there was something in the header that no field has room for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loose(bool);

fn at<const N: usize>(bytes: &[u8; Header::LEN], start: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[start..start + N]);
    part
}

fn millis(duration: Option<Duration>) -> u64 {
    duration.map_or(FOR_EVER, |duration| u64::try_from(duration.as_millis()).unwrap_or(FOR_EVER))
}

fn duration(millis: u64) -> Option<Duration> {
    (millis != FOR_EVER).then(|| Duration::from_millis(millis))
}
