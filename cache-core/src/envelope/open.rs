//! Opening: from bytes of whatever origin to what was sealed, or to an error.

use std::borrow::Cow;
use std::time::Duration;

use super::compression::Compression;
use super::header::Header;
use super::keyring::OVERHEAD;
use super::{EnvelopeError, Names, Sealing};
use crate::codec::Codec;
use crate::version::Version;

/// What was sealed. Everything in it was checked.
#[derive(Debug, Clone)]
pub(crate) struct Envelope<'a> {
    header: Header,
    names: Names<'a>,
    payload: Cow<'a, [u8]>,
}

impl<'a> Envelope<'a> {
    /// Whether it says that there is no value.
    pub(crate) fn is_absent(&self) -> bool {
        self.header.absent
    }

    /// The value's bytes: borrowed unless they were compressed or encrypted; none of an absence.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The id of the codec that wrote them.
    pub(crate) fn codec(&self) -> u8 {
        self.header.codec
    }

    /// The shape of the type that was written.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.header.fingerprint
    }

    /// How long the value was fresh when it was sealed; `None` is for ever.
    pub(crate) fn fresh_for(&self) -> Option<Duration> {
        self.header.fresh_for
    }

    /// How long it was to be kept when it was sealed; `None` is for ever.
    pub(crate) fn kept_for(&self) -> Option<Duration> {
        self.header.kept_for
    }

    /// What loading it took, at most 71 minutes.
    pub(crate) fn load_cost(&self) -> Duration {
        Duration::from_micros(self.header.cost_micros.into())
    }

    /// The version of the key's own identity, if its region had any.
    pub(crate) fn identity(&self) -> Option<Version> {
        self.header.identity
    }

    /// What it depends on.
    pub(crate) fn names(&self) -> Names<'a> {
        self.names
    }
}

/// Opens an envelope that was found under `wire_key`.
pub(crate) fn open<'a>(bytes: &'a [u8], sealing: &Sealing, wire_key: &str) -> Result<Envelope<'a>, EnvelopeError> {
    let (header, loose) = Header::read(bytes)?;
    let payload_start = Header::LEN as u64 + u64::from(header.names_bytes);
    let end = payload_start + u64::from(header.stored);
    match (bytes.len() as u64).checked_sub(end) {
        Some(4) => {}
        Some(5..) => return Err(EnvelopeError::Malformed("bytes after the checksum")),
        _ => return Err(EnvelopeError::Truncated),
    }
    // All lengths are within `bytes` now.
    let (body, checksum) = bytes.split_last_chunk().ok_or(EnvelopeError::Truncated)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err(EnvelopeError::Checksum);
    }
    header.check(loose)?;
    let max = sealing.max_value_bytes;
    let plain = usize::try_from(header.plain).ok().filter(|plain| *plain <= max);
    let plain = plain.ok_or(EnvelopeError::TooLarge { bytes: header.plain.into(), max })?;
    if !header.absent && Codec::from_id(header.codec).is_none() {
        return Err(EnvelopeError::UnknownCodec(header.codec));
    }
    let compression = match header.compression {
        0 => None,
        id => Some(Compression::from_id(id).ok_or(EnvelopeError::UnknownCompression(id))?),
    };
    let (head, stored) = body.split_at(body.len() - header.stored as usize);
    let names = Names::parse(&head[Header::LEN..], header.names)?;

    let overhead = if header.key_id.is_some() { OVERHEAD } else { 0 };
    let compressed = stored.len().checked_sub(overhead).ok_or(EnvelopeError::Malformed("a payload without its tag"))?;
    // Compression is kept only where it makes smaller; so what is decrypted is within the limit, too.
    if (compression.is_none() && compressed != plain) || (compression.is_some() && compressed >= plain) {
        return Err(EnvelopeError::Malformed("lengths that do not belong together"));
    }
    let payload = match (header.key_id, sealing.keyring.as_deref()) {
        (Some(id), Some(keyring)) => Cow::Owned(keyring.decrypt(id, stored, head, wire_key)?),
        (Some(id), None) => return Err(EnvelopeError::UnknownKey(id)),
        (None, Some(keyring)) if !keyring.accepts_plain() => return Err(EnvelopeError::Plain),
        (None, _) => Cow::Borrowed(stored),
    };
    let payload = match compression {
        Some(compression) => Cow::Owned(compression.decompress(&payload, plain)?),
        None => payload,
    };
    Ok(Envelope { header, names, payload })
}
