//! JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::bounded::Bounds;

pub(super) fn encode<V: Serialize + ?Sized>(value: &V) -> Result<Vec<u8>, String> {
    serde_json::to_vec(value).map_err(|error| error.to_string())
}

pub(super) fn decode<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let bounds = Bounds::of(bytes);
    let value = V::deserialize(bounds.guard(&mut deserializer)).map_err(|error| error.to_string())?;
    // White space may follow: it cannot be taken for anything.
    deserializer.end().map_err(|error| error.to_string())?;
    Ok(value)
}
