//! What a region needs to write and read its values, without saying that their type can be.

use std::any::type_name;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fingerprint::Fingerprint;
use super::picture::Picture;
use super::trace::shape;
use super::{Codec, CodecError, decode};

/// How the values of one type are written and read: a table of functions, made where the type is known to be
/// [`Serialize`] and [`DeserializeOwned`], and used where it is not.
pub struct Carrier<V> {
    encode: fn(Codec, &V) -> Result<Vec<u8>, CodecError>,
    encode_verified: fn(Codec, &V) -> Result<Vec<u8>, CodecError>,
    decode: fn(u8, &[u8]) -> Result<V, CodecError>,
    fingerprint: fn(Codec, &str) -> u64,
}

impl<V: Serialize + DeserializeOwned> Carrier<V> {
    /// The functions of `V`.
    pub(crate) fn of() -> Self {
        Self {
            encode: |codec, value| codec.encode(value),
            encode_verified: encode_verified::<V>,
            decode: decode::<V>,
            fingerprint: fingerprint::<V>,
        }
    }
}

impl<V> Carrier<V> {
    /// Writes a value.
    pub(crate) fn encode(&self, codec: Codec, value: &V) -> Result<Vec<u8>, CodecError> {
        (self.encode)(codec, value)
    }

    /// Writes a value and makes sure that the same one is read back: see [`Picture`] for what is the same.
    ///
    /// Fails with [`CodecError::Unsuitable`] if not; the message names the codecs of this build that carry the value.
    pub(crate) fn encode_verified(&self, codec: Codec, value: &V) -> Result<Vec<u8>, CodecError> {
        (self.encode_verified)(codec, value)
    }

    /// Reads a value that was written by the codec with this id.
    pub(crate) fn decode(&self, id: u8, bytes: &[u8]) -> Result<V, CodecError> {
        (self.decode)(id, bytes)
    }

    /// The shape of the type as far as the codec depends on it, the same in every process of the fleet.
    ///
    /// It walks the type: to be called once per region. `version` is the user's.
    pub(crate) fn fingerprint(&self, codec: Codec, version: &str) -> u64 {
        (self.fingerprint)(codec, version)
    }
}

impl<V> Clone for Carrier<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Carrier<V> {}

impl<V> fmt::Debug for Carrier<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Carrier<{}>", type_name::<V>())
    }
}

fn encode_verified<V: Serialize + DeserializeOwned>(codec: Codec, value: &V) -> Result<Vec<u8>, CodecError> {
    check(codec, value).map_err(|problem| {
        let others = Codec::ALL.iter().copied().filter(|&other| other != codec && check(other, value).is_ok());
        let others: Vec<String> = others.map(|other| other.to_string()).collect();
        let advice = match others.as_slice() {
            [] => "no other codec of this build carries it".to_owned(),
            others => format!("carried by: {}", others.join(", ")),
        };
        CodecError::unsuitable(codec, &format!("{advice}; {problem}"))
    })
}

/// The bytes of a value, if the same value comes back from them.
fn check<V: Serialize + DeserializeOwned>(codec: Codec, value: &V) -> Result<Vec<u8>, String> {
    let bytes = codec.encode(value).map_err(|error| error.to_string())?;
    let back: V = codec.decode(&bytes).map_err(|error| error.to_string())?;
    if Picture::of(codec, value) == Picture::of(codec, &back) {
        return Ok(bytes);
    }
    Err(format!("{} comes back as another value", type_name::<V>()))
}

fn fingerprint<V: DeserializeOwned>(codec: Codec, version: &str) -> u64 {
    fingerprint_as::<V>(type_name::<V>(), codec, version)
}

/// The fingerprint of `V`, were this its name.
pub(super) fn fingerprint_as<V: DeserializeOwned>(name: &str, codec: Codec, version: &str) -> u64 {
    let shape = if codec.is_positional() { shape::<V>() } else { String::new() };
    [version, name, &shape]
        .iter()
        .fold(Fingerprint::new().with(&[codec.id()]), |all, part| all.with(part.as_bytes()))
        .finish()
}
