//! Bytes of unknown origin, read by each codec as values of many shapes. What can be read can be written and is the same
//! when it is read again.

use std::collections::{BTreeMap, HashMap};

use bolero::check;
use cache_fuzz::{Codec, codecs, read_and_write};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(crate) enum Tree {
    Leaf,
    One(Box<Tree>),
    Many(Vec<Tree>),
    Named { left: Option<Box<Tree>>, right: BTreeMap<String, Tree> },
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) flags: (bool, char, i128),
    pub(crate) ratio: f64,
    pub(crate) bytes: Vec<u8>,
}

fn read_as<V: Serialize + DeserializeOwned>(codec: Codec, bytes: &[u8]) {
    if let Some(Err(error)) = read_and_write::<V>(codec, bytes) {
        panic!("{error}");
    }
}

#[test]
fn codecs_read_anything() {
    check!().with_iterations(3_000).with_max_len(64).for_each(|bytes: &[u8]| {
        for &codec in codecs() {
            read_as::<Tree>(codec, bytes);
            read_as::<Vec<Tree>>(codec, bytes);
            read_as::<Record>(codec, bytes);
            read_as::<HashMap<String, Option<f32>>>(codec, bytes);
            read_as::<HashMap<u16, (u8, i64)>>(codec, bytes);
            read_as::<Vec<Vec<u32>>>(codec, bytes);
            // How many of them there may be depends on how long the input is.
            let _ = read_and_write::<Vec<()>>(codec, bytes);
        }
    });
}
