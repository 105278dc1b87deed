//! bincode 2.0.1, whose format is settled by what is written here: the standard configuration (little-endian, integers
//! of variable length).

use bincode::config::{self, Config};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::TRAILING;
use super::bounded::Bounds;

/// No value of the shared tier is anywhere near: what claims to be larger is refused before it is looked at.
const LIMIT: usize = 1 << 30;

fn config() -> impl Config {
    config::standard().with_little_endian().with_variable_int_encoding().with_limit::<LIMIT>()
}

pub(super) fn encode<V: Serialize + ?Sized>(value: &V) -> Result<Vec<u8>, String> {
    bincode::serde::encode_to_vec(value, config()).map_err(|error| error.to_string())
}

pub(super) fn decode<V: DeserializeOwned>(bytes: &[u8]) -> Result<V, String> {
    let bounds = Bounds::of(bytes);
    let (value, read) = bincode::serde::seed_decode_from_slice(bounds.seed::<V>(), bytes, config())
        .map_err(|error| error.to_string())?;
    if read == bytes.len() { Ok(value) } else { Err(TRAILING.to_owned()) }
}
