//! The cached functions, and the mutators that know what to drop.

use std::cell::Cell;
use std::time::Duration;

use cache_core::{cache_invalidate, cache_put, cached};
use serde::{Deserialize, Serialize};

use super::source::{Committed, SourceError};
use super::world;
use crate::entries::{Kind, entry, owner, partner};
use crate::history::Record;
use crate::moment::now;

tokio::task_local! {
    /// Whether the call that this task makes has asked the source.
    pub(super) static LOADED: Cell<bool>;
}

/// What is cached of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Value {
    pub(super) row: u32,
    pub(super) version: u32,
    owner: u32,
    text: String,
}

/// What is cached of two.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Pair {
    pub(super) plain: Value,
    pub(super) tagged: Value,
}

impl Value {
    pub(super) fn of(row: u32, version: u32) -> Self {
        Self { row, version, owner: owner(row), text: format!("row {row}, version {version}").repeat(4) }
    }
}

#[cached(ttl = "10m", name = "plain")]
pub(super) async fn plain(row: u32) -> Result<Value, SourceError> {
    load(Kind::Plain, row).await
}

#[cached(ttl = "10m", name = "tagged", tags = ["row:{row}", "owner:{ret.owner}"])]
pub(super) async fn tagged(row: u32) -> Result<Value, SourceError> {
    load(Kind::Tagged, row).await
}

#[cached(ttl = "10m", name = "outer")]
pub(super) async fn outer(row: u32) -> Result<Pair, SourceError> {
    world().history.note(&Record::Load { entry: entry(Kind::Outer, row), at: now() });
    LOADED.try_with(|loaded| loaded.set(true)).ok();
    Ok(Pair { plain: plain(row).await?, tagged: tagged(partner(row)).await? })
}

#[cached(ttl = "3s", stale_while_revalidate = "10m", name = "stale")]
pub(super) async fn stale(row: u32) -> Result<Value, SourceError> {
    load(Kind::Stale, row).await
}

#[cached(ttl = "10m", consistency = "strong", name = "strong")]
pub(super) async fn strong(row: u32) -> Result<Value, SourceError> {
    load(Kind::Strong, row).await
}

/// A load takes a moment, in which everything may change.
async fn load(kind: Kind, row: u32) -> Result<Value, SourceError> {
    world().history.note(&Record::Load { entry: entry(kind, row), at: now() });
    LOADED.try_with(|loaded| loaded.set(true)).ok();
    let version = world().source.version(row).await?;
    tokio::time::sleep(Duration::from_micros(500 + u64::from(row * 37 % 16) * 100)).await;
    Ok(Value::of(row, version))
}

/// Commits, and notes it down before anybody can invalidate.
pub(super) async fn commit(rows: &[u32]) -> Result<Vec<Committed>, SourceError> {
    let committed = world().source.commit(rows).await?;
    for Committed { row, version, after } in committed.iter().copied() {
        world().history.note(&Record::Commit { row, version, after });
    }
    Ok(committed)
}

async fn commit_one(row: u32) -> Result<Committed, SourceError> {
    commit(&[row]).await.map(|all| all[0])
}

#[cache_invalidate(plain(row), stale(row), strong(row), tags = ["row:{row}"])]
pub(super) async fn write_and_drop(row: u32) -> Result<Committed, SourceError> {
    commit_one(row).await
}

#[cache_invalidate(plain(row), stale(row), strong(row), tags = ["row:{row}"], on = "around")]
pub(super) async fn write_around(row: u32) -> Result<Committed, SourceError> {
    commit_one(row).await
}

#[cache_put(plain(row))]
#[cache_invalidate(stale(row), strong(row), tags = ["row:{row}"])]
pub(super) async fn write_through(row: u32) -> Result<Value, SourceError> {
    commit_one(row).await.map(|committed| Value::of(row, committed.version))
}
