//! What holds for any key and any pattern.
//!
//! The macros' parsers have tests of this kind in `cache-macros/src/tests/any_input.rs`, the matching of patterns beside
//! it in `cache-core/src/key/pattern/`.

mod keys;
mod patterns;
mod text;
