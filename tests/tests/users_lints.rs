//! A user's crate may deny every lint: what the macros generate is never what a lint complains about.
//!
//! Clippy checks this file with the others. What is allowed below is what the code here does as its author.
#![forbid(unsafe_code)]
#![deny(
    warnings,
    future_incompatible,
    keyword_idents,
    let_underscore,
    let_underscore_drop,
    nonstandard_style,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility,
    unused,
    absolute_paths_not_starting_with_crate,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unused_extern_crates,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
#![deny(
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::absolute_paths,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::clone_on_ref_ptr,
    clippy::default_numeric_fallback,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::expect_used,
    clippy::impl_trait_in_params,
    clippy::indexing_slicing,
    clippy::let_underscore_must_use,
    clippy::let_underscore_untyped,
    clippy::min_ident_chars,
    clippy::missing_docs_in_private_items,
    clippy::missing_inline_in_public_items,
    clippy::missing_trait_methods,
    clippy::multiple_inherent_impl,
    clippy::panic,
    clippy::panic_in_result_fn,
    clippy::pattern_type_mismatch,
    clippy::redundant_type_annotations,
    clippy::ref_patterns,
    clippy::renamed_function_params,
    clippy::same_name_method,
    clippy::shadow_reuse,
    clippy::shadow_same,
    clippy::shadow_unrelated,
    clippy::single_call_fn,
    clippy::std_instead_of_core,
    clippy::try_err,
    clippy::unreachable,
    clippy::unused_trait_names,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm
)]

use core::fmt::Display;
use core::future::ready;
use core::time::Duration;
use std::sync::Arc;

use cache_core::{CacheKey, LoadTimeout, cache_invalidate, cache_put, cached, cached_impl};

/// A connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Db;

/// A failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure;

impl From<LoadTimeout> for Failure {
    #[inline]
    fn from(_: LoadTimeout) -> Self {
        Self
    }
}

/// What is loaded.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct User {
    /// Whose.
    pub org: u64,
    /// How long.
    pub life: Duration,
}

impl Db {
    /// Reads.
    async fn user(&self, id: u64) -> Result<User, Failure> {
        ready(if id == 0 { Err(Failure) } else { Ok(User { org: id, life: Duration::from_secs(id) }) }).await
    }
}

/// A free function.
///
/// # Errors
///
/// When there is none.
#[inline]
#[cached(ttl = "5m", skip(db), tags = ["users", "user:{id}", "org:{ret.org}:{id}"], negative_ttl = "1s", jitter = 5)]
pub async fn user(db: &Db, id: u64) -> Result<User, Failure> {
    let found = db.user(id).await?;
    Ok(found)
}

/// Every policy that goes with a ttl.
///
/// # Errors
///
/// When there is none.
#[inline]
#[cached(
    ttl = "5m",
    skip(db, preview),
    stale_while_revalidate = "1m",
    stale_if_error = "1h",
    refresh_ahead = 0.8,
    timeout = "2s",
    soft_timeout = "100ms",
    tti = "1m",
    capacity = 64 << 10,
    weigh = |found: &User| found.org,
    cache_if = |found: &User| found.org > 0,
    condition = !preview,
    share_err = |error: &Failure| *error,
    version = 2,
    name = "lints-policies",
    track = false
)]
pub async fn policies(db: &Db, id: u64, preview: bool) -> Result<User, Failure> {
    if preview && id == 0 {
        return Err(Failure);
    }
    db.user(id).await
}

/// Stale values.
///
/// # Errors
///
/// When there is none.
#[inline]
#[cached(ttl = "5m", skip(db), stale_while_revalidate = "1m")]
pub async fn stale(db: &Db, name: &str) -> Result<User, Failure> {
    db.user(u64::from(name.is_empty())).await
}

/// Early values with lives of their own.
///
/// # Errors
///
/// When there is none.
#[inline]
#[cached(ttl = |found: &User| found.life, skip(db), early = 1.0)]
pub async fn early(db: Db, id: u64) -> Result<User, Failure> {
    db.user(id).await
}

/// Absences.
#[inline]
#[cached(ttl = Duration::from_secs(300), negative_ttl = Duration::from_secs(3), returns = "option")]
pub async fn maybe(id: u64) -> Option<u64> {
    let found = ready(id.checked_sub(1)).await?;
    Some(found)
}

/// Not `async`.
#[inline]
#[must_use]
#[cached(ttl = "never", capacity = 100)]
pub fn length(word: &str) -> usize {
    word.len()
}

/// A name of its own.
#[inline]
#[must_use]
#[cached(ttl = "default", helpers = false)]
pub fn alone(word: &str) -> usize {
    if word.is_empty() {
        return 0;
    }
    word.len()
}

/// Generic, with everything borrowed.
#[inline]
#[cached(ttl = "5m", returns = "value", skip(label, _shown), key = "{item}:{parts}")]
pub async fn generic<'item, Item, const COUNT: usize>(
    item: &'item Item,
    parts: &[u64],
    label: Option<&'item str>,
    _shown: &(dyn Display + Sync),
) -> u64
where
    Item: CacheKey + Clone + Send + Sync + 'static,
{
    let copied = ready(item.clone()).await;
    drop(copied);
    u64::from(parts.is_empty()) | u64::from(label.is_some()) | u64::from(COUNT > 1)
}

/// A mutator.
///
/// # Errors
///
/// When there is none.
#[inline]
#[cache_invalidate(user(id), length(word), maybe(ret.org), tags = ["user:{id}", "org:{ret.org}:{id}"])]
pub async fn change(db: &Db, id: u64, word: &str) -> Result<User, Failure> {
    if word.is_empty() {
        return Err(Failure);
    }
    let found = db.user(id).await?;
    Ok(found)
}

/// Writes through.
///
/// # Errors
///
/// When there is none.
#[inline]
#[cache_put(user(id))]
#[cache_invalidate(length(word), tags = ["org:{ret.org}"], on = "always")]
pub async fn write_through(db: &Db, id: u64, word: &str) -> Result<User, Failure> {
    if word.is_empty() {
        return Err(Failure);
    }
    let found = db.user(id).await?;
    Ok(found)
}

/// Creates, and writes through.
#[inline]
#[must_use]
#[cache_put(length(word))]
#[cache_invalidate(tags = ["words"], on = "around")]
pub fn create(word: &str) -> usize {
    word.len()
}

/// A mutator that is not `async`.
#[inline]
#[must_use]
#[cache_invalidate(length(word))]
pub fn lengthen(word: &str) -> usize {
    if word.is_empty() {
        return 0;
    }
    word.len()
}

/// What a mutator may say of nothing.
#[inline]
#[cache_invalidate(length(word))]
pub fn forget(word: &str) {
    drop(word.to_owned());
}

/// Rows.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rows<Item> {
    /// Where.
    pub db: Db,
    /// Whose.
    pub tenant: u32,
    /// Of what.
    pub item: Item,
}

#[cached_impl]
impl<Item: Clone + Send + Sync + 'static> Rows<Item> {
    /// A method.
    ///
    /// # Errors
    ///
    /// When there is none.
    #[inline]
    #[cached(ttl = "5m", key = "{self.tenant}:{id}", tags = ["rows", "org:{ret.org}"])]
    pub async fn row(&self, id: u64) -> Result<User, Failure> {
        self.db.user(id).await
    }

    /// In the background.
    ///
    /// # Errors
    ///
    /// When there is none.
    #[inline]
    #[cached(ttl = "5m", key = "{self.tenant}:{id}", stale_while_revalidate = "1m", stale_if_error = "1h")]
    pub async fn renewed(&self, id: u64) -> Result<User, Failure> {
        self.db.user(id).await
    }

    /// Of a shared pointer.
    ///
    /// # Errors
    ///
    /// When there is none.
    #[inline]
    #[cached(ttl = "5m", skip(self), soft_timeout = "1s", stale_if_error = "1h")]
    pub async fn shared<const COUNT: u64>(self: Arc<Self>, id: u64) -> Result<User, Failure> {
        self.db.user(id | COUNT).await
    }

    /// Not `async`.
    #[inline]
    #[must_use]
    #[cached(ttl = "5m", key = "{self.tenant}:{word}")]
    pub fn sized(&self, word: &str) -> usize {
        word.len().max(usize::from(self.tenant > 0))
    }

    /// Without a receiver.
    #[inline]
    #[must_use]
    #[cached(ttl = "5m", tags = ["made:{made}"])]
    pub fn made(made: u64) -> Option<u64> {
        (made > 0).then_some(made)
    }

    /// A pattern.
    #[inline]
    #[cached(ttl = "5m", skip(self, left))]
    pub async fn pattern(&self, (left, right): (u64, u64), _unused: u8) -> u64 {
        ready(left | right).await
    }

    /// A mutator.
    ///
    /// # Errors
    ///
    /// When there is none.
    #[inline]
    #[cache_invalidate(self.row(id), self.sized(word), tags = ["rows"])]
    pub async fn set(&mut self, id: u64, word: &str) -> Result<(), Failure> {
        self.tenant = ready(u32::from(word.is_empty())).await;
        if id == 0 { Err(Failure) } else { Ok(()) }
    }
}

/// What can be loaded.
#[expect(
    async_fn_in_trait,
    clippy::option_option,
    clippy::ptr_arg,
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "nobody else implements it"
)]
pub trait Load {
    /// Loads.
    async fn load(&self, id: u64) -> Result<User, Failure>;
    /// Loads again.
    async fn load_in_place(&self, id: u64) -> Result<User, Failure>;
    /// Doubles.
    fn twice(&self, id: u64) -> u64;
    /// What an implementer would write otherwise.
    fn clumsy(self: Box<Self>, words: &Vec<String>, found: &Option<u64>, by: &u8) -> Option<Option<u64>>;
}

#[cached_impl]
impl Load for Db {
    #[inline]
    #[cached(ttl = "5m", skip(self), refresh_ahead = 0.5)]
    async fn load(&self, id: u64) -> Result<User, Failure> {
        self.user(id).await
    }

    #[inline]
    #[cached(ttl = "5m", skip(self), helpers = false)]
    async fn load_in_place(&self, id: u64) -> Result<User, Failure> {
        if id == 0 {
            return Err(Failure);
        }
        self.user(id).await
    }

    #[inline]
    #[cached(ttl = "5m", skip(self))]
    fn twice(&self, id: u64) -> u64 {
        id.saturating_mul(2)
    }

    #[inline]
    #[cached(ttl = "5m", skip(self))]
    fn clumsy(self: Box<Self>, words: &Vec<String>, found: &Option<u64>, by: &u8) -> Option<Option<u64>> {
        Some(found.filter(|_| words.is_empty() && *by > 0))
    }
}

/// What can be loaded through a pointer.
#[async_trait::async_trait]
pub trait LoadBoxed {
    /// Loads.
    async fn load_boxed(&self, id: u64) -> Result<User, Failure>;
}

#[cached_impl]
#[async_trait::async_trait]
impl LoadBoxed for Db {
    #[inline]
    #[cached(ttl = "5m", skip(self))]
    async fn load_boxed(&self, id: u64) -> Result<User, Failure> {
        self.user(id).await
    }
}

/// Functions that a macro of the user's writes, with visibilities of its own.
macro_rules! written {
    ($($module:ident: $type:ty),*) => {
        $(
            #[expect(clippy::redundant_pub_crate, reason = "`unreachable_pub` wants the opposite")]
            mod $module {
                use cache_core::{cache_invalidate, cached};

                /// Loads.
                #[cached(ttl = "1h", key = "{id}", skip(other), stale_while_revalidate = "1m")]
                pub(crate) async fn load(id: &$type, other: $type) -> $type {
                    *id | super::ready(other).await
                }

                /// Changes.
                #[cache_invalidate(load(&id))]
                pub(super) async fn change(id: $type, value: $type) -> $type {
                    super::ready(id | value).await
                }
            }
        )*
    };
}

written!(wide: u64, narrow: u8);

/// Uses what is written: a function nobody calls is reported, as it should be.
#[inline]
pub async fn calls_what_is_written() -> u64 {
    let wide = wide::load(&1, 1).await | wide::change(1, 1).await | wide::change(1, 2).await;
    wide | u64::from(narrow::load(&1, 1).await | narrow::change(1, 1).await | narrow::change(1, 2).await)
}

/// Compiles, which is all: nothing here runs.
#[test]
fn the_lints_are_quiet() {
    assert_eq!(length("a"), 1, "it is cached, and works");
}
