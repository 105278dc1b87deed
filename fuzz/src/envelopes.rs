//! Doors to envelopes and codecs.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::codec::Codec;
use crate::codec::{Carrier, CodecError};
use crate::envelope::{self, Compression, Draft, Keyring, Sealing};
use crate::fleet_name::FleetName;
use crate::random::SeededRandom;
use crate::version::Version;

/// Where all envelopes lie.
const WIRE_KEY: &str = "ns:v:{region:key}@0";

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
    pub names: usize,
    pub fresh_for: Option<Duration>,
}

/// All codecs of this build.
pub fn codecs() -> &'static [Codec] {
    Codec::ALL
}

fn sealing(how: u8) -> Sealing {
    let keyring = (how & 4 != 0).then(|| Arc::new(Keyring::new(1, &[1; 32])));
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
    let envelope = envelope::open(bytes, &sealing(how), WIRE_KEY).map_err(|error| error.to_string())?;
    let names = envelope.names().count();
    let payload = (!envelope.is_absent()).then(|| envelope.payload().to_vec());
    Ok(Opened { payload, names, fresh_for: envelope.fresh_for() })
}

/// Reads a value and, if there is one, writes it, verified.
pub fn read_and_write<V: Serialize + DeserializeOwned>(codec: Codec, bytes: &[u8]) -> Option<Result<Vec<u8>, String>> {
    let carrier = Carrier::<V>::of();
    let value = carrier.decode(codec.id(), bytes).ok()?;
    Some(carrier.encode_verified(codec, &value).map_err(|error: CodecError| error.to_string()))
}
