//! MessagePack with the names of fields.

use rmp_serde::Deserializer;
use rmp_serde::decode::Error;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::TRAILING;
use super::bounded::Bounds;

pub(super) fn encode<V: Serialize + ?Sized>(value: &V) -> Result<Vec<u8>, String> {
    rmp_serde::to_vec_named(value).map_err(|error| error.to_string())
}

pub(super) fn decode<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, String> {
    // Not `from_slice`, which ignores what follows the value.
    let mut deserializer = Deserializer::from_read_ref(bytes);
    let bounds = Bounds::of(bytes);
    let value = V::deserialize(bounds.guard(&mut deserializer)).map_err(|error| error.to_string())?;
    // The reader does not say where it stands. Whatever comes next begins with a marker: there must be none.
    match bool::deserialize(&mut deserializer) {
        Err(Error::InvalidMarkerRead(_)) => Ok(value),
        _ => Err(TRAILING.to_owned()),
    }
}
