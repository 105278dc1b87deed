//! HTTP response caching for [tower] and [axum] services: **not there yet**.
//!
//! This crate reserves the place and the name. It has no items, depends on nothing and caches nothing; adding it to a
//! project changes nothing. What it is going to hold is a tower `Layer` that acts as a shared HTTP cache in front of a
//! router, keeps its responses in a `cache_core::Cache`, and lets a cached page depend on the cached functions that
//! its handler called, so that invalidating a function's value also drops the pages that showed it.
//!
//! What works today is the function cache: see `cache-core` and its attribute `#[cached]`. A handler that calls
//! cached functions is fast already; only the rendering of the response runs on every request.
//!
//! [tower]: https://docs.rs/tower
//! [axum]: https://docs.rs/axum
