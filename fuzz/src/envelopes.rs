//! Doors to envelopes and codecs.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::codec::Codec;
use crate::codec::{Carrier, CodecError};
use crate::envelope::{self, Compression, Draft, Keyring, Sealing};
use crate::fleet_name::{FleetName, NameRef};
use crate::random::SeededRandom;
use crate::version::Version;

/// Where all envelopes lie, but for the golden ones.
const WIRE_KEY: &str = "ns:v:{region:key}@0";
/// Part of how an envelope is opened: where those in `cache-core/src/envelope/golden` lie, and with their key.
pub const GOLDEN: u8 = 8;
const GOLDEN_WIRE_KEY: &str = "app:v:{users:42}@0011223344556677";

/// What was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub payload: Option<Vec<u8>>,
    /// Tags with the seeds of their versions.
    pub tags: Vec<(String, u64)>,
    /// Milliseconds, but for the last.
    pub fresh_for: u32,
}

/// What was found in an envelope.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    pub payload: Option<Vec<u8>>,
    /// Their kinds, as they are written, and texts.
    pub names: Vec<(u8, String)>,
    pub fresh_for: Option<Duration>,
}

/// All codecs of this build.
pub fn codecs() -> &'static [Codec] {
    Codec::ALL
}

fn sealing(how: u8) -> Sealing {
    let keyring = if how & GOLDEN == 0 { Keyring::new(1, &[1; 32]) } else { Keyring::new(7, &[0x5A; 32]) };
    let keyring = (how & 4 != 0).then(|| Arc::new(keyring));
    let compression = match how & 3 {
        0 => None,
        1 => Some(Compression::Lz4),
        _ => Some(Compression::Zstd),
    };
    Sealing { compression, threshold: 8, keyring, max_value_bytes: 1 << 16 }
}

/// Seals an envelope, `how` saying which compression is used and whether it is encrypted.
pub fn seal(what: &Sealed, how: u8) -> Vec<u8> {
    let tag = |(tag, seed): &(String, u64)| {
        (FleetName::Tag(tag.as_str().into()), Version::from_random(&SeededRandom::new(*seed)))
    };
    let names: Vec<_> = what.tags.iter().map(tag).collect();
    let draft = Draft {
        payload: what.payload.as_deref(),
        codec: Codec::MessagePack,
        fingerprint: 1,
        fresh_for: Some(Duration::from_millis(what.fresh_for.into())),
        kept_for: None,
        load_cost: Duration::ZERO,
        identity: None,
        names: &names,
    };
    envelope::seal(&draft, &sealing(how), WIRE_KEY).expect("nothing is too large")
}

/// Opens an envelope. `correct` makes the checksum right before.
pub fn open(bytes: &mut [u8], how: u8, correct: bool) -> Result<Opened, String> {
    if let (true, Some((body, checksum))) = (correct, bytes.split_last_chunk_mut()) {
        *checksum = crc32fast::hash(body).to_le_bytes();
    }
    let wire_key = if how & GOLDEN == 0 { WIRE_KEY } else { GOLDEN_WIRE_KEY };
    let envelope = envelope::open(bytes, &sealing(how), wire_key).map_err(|error| error.to_string())?;
    let names = envelope.names().map(|(name, _)| kind_and_text(name)).collect();
    let payload = (!envelope.is_absent()).then(|| envelope.payload().to_vec());
    Ok(Opened { payload, names, fresh_for: envelope.fresh_for() })
}

fn kind_and_text(name: NameRef<'_>) -> (u8, String) {
    let (kind, text) = match name {
        NameRef::Everything => (0, ""),
        NameRef::Region(text) => (1, text),
        NameRef::Tag(text) => (2, text),
        NameRef::Key(text) => (3, text),
    };
    (kind, text.to_owned())
}

/// Writes a value.
pub fn write<V: Serialize + DeserializeOwned>(codec: Codec, value: &V) -> Result<Vec<u8>, String> {
    Carrier::<V>::of().encode_verified(codec, value).map_err(|error: CodecError| error.to_string())
}

/// Reads a value and, if there is one, writes it, verified.
pub fn read_and_write<V: Serialize + DeserializeOwned>(codec: Codec, bytes: &[u8]) -> Option<Result<Vec<u8>, String>> {
    let carrier = Carrier::<V>::of();
    let value = carrier.decode(codec.id(), bytes).ok()?;
    Some(carrier.encode_verified(codec, &value).map_err(|error: CodecError| error.to_string()))
}
