//! postcard 1, whose format is stable.

use postcard::Deserializer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::TRAILING;
use super::bounded::Bounds;

pub(super) fn encode<V: Serialize + ?Sized>(value: &V) -> Result<Vec<u8>, String> {
    postcard::to_allocvec(value).map_err(|error| error.to_string())
}

pub(super) fn decode<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, String> {
    let mut deserializer = Deserializer::from_bytes(bytes);
    let bounds = Bounds::of(bytes);
    let value = V::deserialize(bounds.guard(&mut deserializer)).map_err(|error| error.to_string())?;
    let rest = deserializer.finalize().map_err(|error| error.to_string())?;
    if rest.is_empty() { Ok(value) } else { Err(TRAILING.to_owned()) }
}
