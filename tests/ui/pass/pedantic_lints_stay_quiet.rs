//! A crate that denies every warning keeps compiling.
#![deny(warnings, missing_docs, unreachable_pub, rust_2018_idioms, unused_qualifications, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use cache_core::{cache_invalidate, cache_put, cached, cached_impl};

/// A connection.
#[derive(Debug)]
pub struct Db;

/// A failure.
#[derive(Debug, Clone)]
pub struct Failure;

impl Db {
    async fn name(&self, id: u64) -> Result<String, Failure> {
        std::future::ready(if id == 0 { Err(Failure) } else { Ok(id.to_string()) }).await
    }
}

/// The name of a user.
///
/// # Errors
///
/// When there is none.
#[cached(ttl = "5m", skip(db), tags = ["users", "user:{id}", "name:{ret}"], negative_ttl = "1s", jitter = 5)]
pub async fn name(db: &Db, id: u64) -> Result<String, Failure> {
    let name = db.name(id).await?;
    Ok(name)
}

/// Renames a user; [`name`] reads it.
///
/// # Errors
///
/// When there is none.
#[cache_invalidate(name(id), tags = ["user:{id}", "name:{ret}"])]
pub async fn rename(db: &Db, id: u64) -> Result<String, Failure> {
    let name = db.name(id).await?;
    Ok(name)
}

/// Renames a user at every moment there is.
///
/// # Errors
///
/// When there is none.
#[cache_invalidate(name(id), tags = ["name:{ret}"], on = "always")]
#[cache_invalidate(name(id), on = "before")]
#[cache_invalidate(name(id), tags = ["name:{ret}"], on = "around")]
#[cache_put(name(id))]
pub async fn rename_for_sure(db: &Db, id: u64) -> Result<String, Failure> {
    let name = db.name(id).await?;
    Ok(name)
}

/// The length of a word.
#[must_use]
#[cached(ttl = "never", capacity = 100)]
pub fn length(word: &str) -> usize {
    word.len()
}

/// Replaces a word.
#[must_use]
#[cache_invalidate(length(word), on = "before")]
#[cache_invalidate(length(word), on = "always")]
#[cache_put(length(word), length(&ret.to_string()))]
pub fn replace(word: &str) -> usize {
    if word.is_empty() {
        return 0;
    }
    word.len()
}

/// Changes a word.
#[must_use]
#[cache_invalidate(length(word))]
pub fn change(word: &str) -> usize {
    if word.is_empty() {
        return 0;
    }
    word.len()
}

/// Users.
#[derive(Debug)]
pub struct Users {
    /// Whose.
    pub tenant: u32,
}

#[cached_impl]
impl Users {
    /// The name of a user.
    #[cached(ttl = "5m", key = "{self.tenant}:{id}")]
    pub async fn get(&self, id: u64) -> String {
        std::future::ready(id.to_string()).await
    }

    /// Sets it.
    #[cache_invalidate(self.get(id))]
    pub async fn set(&mut self, id: u64) {
        self.tenant = std::future::ready(self.tenant).await + u32::from(id > 0);
    }

    /// Gives one.
    #[cache_put(self.get(id))]
    #[cache_invalidate(self.get(0), on = "around")]
    pub async fn give(&mut self, id: u64) -> String {
        std::future::ready(id.to_string()).await
    }

    /// A pattern stays in the body.
    #[cached(ttl = "5m", skip(self, a))]
    pub async fn pattern(&self, (a, b): (u64, u64), _unused: u8) -> u64 {
        std::future::ready(a + b).await
    }
}

fn main() {
    let _ = length("a");
    let _ = change("a");
    let _ = replace("a");
}
