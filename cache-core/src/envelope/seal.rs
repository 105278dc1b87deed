//! Sealing: from a value's bytes and what belongs to them to an envelope.

use std::borrow::Cow;
use std::time::Duration;

use super::header::Header;
use super::keyring::{Nonce, OVERHEAD};
use super::{EnvelopeError, Sealing, names};
use crate::codec::Codec;
use crate::fleet_name::FleetName;
use crate::version::Version;

/// What is to be sealed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draft<'a> {
    /// What the codec wrote; `None` is an absence.
    pub(crate) payload: Option<&'a [u8]>,
    /// The codec that wrote it.
    pub(crate) codec: Codec,
    /// The shape of the value's type; see [`Carrier::fingerprint`](crate::codec::Carrier::fingerprint).
    pub(crate) fingerprint: u64,
    /// How long the value is fresh from now on; `None` is for ever. Counted in whole milliseconds.
    pub(crate) fresh_for: Option<Duration>,
    /// How long it is kept, fresh or stale; `None` is for ever.
    pub(crate) kept_for: Option<Duration>,
    /// What loading it took.
    pub(crate) load_cost: Duration,
    /// The version of the key's own identity, if its region has any.
    pub(crate) identity: Option<Version>,
    /// What it depends on.
    pub(crate) names: &'a [(FleetName, Version)],
}

/// Seals `draft` into an envelope that is valid under `wire_key`.
pub(crate) fn seal(draft: &Draft<'_>, sealing: &Sealing, wire_key: &str) -> Result<Vec<u8>, EnvelopeError> {
    seal_with(draft, sealing, wire_key, Nonce::random)
}

/// The same with a nonce of the caller's choice. A nonce must never be used twice with one key.
pub(super) fn seal_with(
    draft: &Draft<'_>,
    sealing: &Sealing,
    wire_key: &str,
    nonce: impl FnOnce() -> Result<Nonce, EnvelopeError>,
) -> Result<Vec<u8>, EnvelopeError> {
    let plain = draft.payload.unwrap_or_default();
    let too_large = || EnvelopeError::TooLarge { bytes: plain.len() as u64, max: sealing.max_value_bytes };
    if plain.len() > sealing.max_value_bytes {
        return Err(too_large());
    }
    let (payload, compression) = compress(plain, sealing)?;
    let keyring = sealing.keyring.as_deref();
    let stored = payload.len() + if keyring.is_some() { OVERHEAD } else { 0 };
    let mut listed = Vec::with_capacity(draft.names.len() * 48);
    for (name, version) in draft.names {
        names::write(name, *version, &mut listed)?;
    }
    let header = Header {
        absent: draft.payload.is_none(),
        codec: draft.codec.id(),
        compression,
        key_id: keyring.map(super::Keyring::current_id),
        cost_micros: u32::try_from(draft.load_cost.as_micros()).unwrap_or(u32::MAX),
        fingerprint: draft.fingerprint,
        fresh_for: draft.fresh_for,
        kept_for: draft.kept_for,
        identity: draft.identity,
        names_bytes: u32::try_from(listed.len()).map_err(|_| EnvelopeError::TooManyNames)?,
        names: u32::try_from(draft.names.len()).map_err(|_| EnvelopeError::TooManyNames)?,
        stored: u32::try_from(stored).map_err(|_| too_large())?,
        plain: u32::try_from(plain.len()).map_err(|_| too_large())?,
    };
    if header.identity.is_some_and(Version::is_mark) {
        return Err(EnvelopeError::Malformed("a mark as identity"));
    }
    let mut sealed = Vec::with_capacity(Header::LEN + listed.len() + stored + 4);
    header.write(&mut sealed);
    sealed.extend(listed);
    match keyring {
        Some(keyring) => keyring.encrypt(nonce()?, &payload, wire_key, &mut sealed)?,
        None => sealed.extend_from_slice(&payload),
    }
    let checksum = crc32fast::hash(&sealed);
    sealed.extend(checksum.to_le_bytes());
    Ok(sealed)
}

/// The payload as it is stored, and the id of its compression: none unless it makes it smaller.
fn compress<'a>(plain: &'a [u8], sealing: &Sealing) -> Result<(Cow<'a, [u8]>, u8), EnvelopeError> {
    if let Some(compression) = sealing.compression
        && plain.len() >= sealing.threshold
    {
        let compressed = compression.compress(plain)?;
        if compressed.len() < plain.len() {
            return Ok((Cow::Owned(compressed), compression.id()));
        }
    }
    Ok((Cow::Borrowed(plain), 0))
}
