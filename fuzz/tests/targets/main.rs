//! Fuzz targets. Under `cargo test` each tries a bounded number of random inputs, under `cargo bolero test <name>` it runs
//! until something is found, guided by what the code does with an input.

mod addresses;
mod codecs;
mod corpora;
mod durations;
mod envelopes;
mod generators;
mod keys;
mod messages;
mod names;
mod patterns;
mod templates;
