//! Invalidations that are collected first and fired later.

use std::fmt;

use crate::cache::Cache;
use crate::invalidated::Invalidating;
use crate::tag::Tag;
use crate::target::Target;

/// What a transaction has changed: collected while it runs, [fired](Self::fire) once it is committed.
///
/// An entry that is dropped before the commit can be loaded again from what was there before. So the entries are named
/// while the transaction runs and dropped after it. Rolled back means not fired: an `Invalidation` that is dropped, by
/// an early return, a `?`, a panic or a cancelled future, invalidates nothing.
///
/// For a function whose success is the commit, [`#[cache_invalidate]`](macro@crate::cache_invalidate) does the same in
/// one line.
///
/// # Example
///
/// ```
/// use cache_core::{Cache, Invalidation, cached};
///
/// # #[derive(Debug)] pub struct DbError;
/// # pub struct Db;
/// # pub struct Transaction;
/// # impl Db { async fn begin(&self) -> Result<Transaction, DbError> { Ok(Transaction) } }
/// # impl Transaction {
/// #     async fn execute(&mut self, sql: &str, _id: u64) -> Result<(), DbError> {
/// #         if sql.contains('?') { Ok(()) } else { Err(DbError) }
/// #     }
/// #     async fn commit(self) -> Result<(), DbError> { Ok(()) }
/// # }
/// #[cached(ttl = "5m", tags = ["users"])]
/// async fn balance(user: u64) -> u64 { 100 * user }
///
/// async fn take(tx: &mut Transaction, changed: &mut Invalidation, user: u64) -> Result<(), DbError> {
///     tx.execute("UPDATE account SET balance = balance - 1 WHERE user = ?", user).await?;
///     changed.add(balance::target(user));
///     Ok(())
/// }
///
/// async fn transfer(db: &Db, cache: &Cache, from: u64, to: u64) -> Result<(), DbError> {
///     let mut tx = db.begin().await?;
///     let mut changed = Invalidation::new(cache);
///     take(&mut tx, &mut changed, from).await?; // An error rolls back: nothing is invalidated.
///     tx.execute("UPDATE account SET balance = balance + 1 WHERE user = ?", to).await?;
///     changed.add(balance::target(to)).tag("rich-list");
///     tx.commit().await?;
///     changed.fire().await;
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let cache = Cache::global();
/// balance(1).await;
/// transfer(&Db, cache, 1, 2).await.unwrap();
/// assert_eq!(balance::peek(1), None);
/// # }
/// ```
#[must_use = "what is collected is invalidated by `fire` only, after the commit"]
pub struct Invalidation {
    cache: Cache,
    targets: Vec<Target>,
}

impl Invalidation {
    /// An empty collection. Tags and regions are those of `cache`; a [`Target`] brings its own.
    pub fn new(cache: &Cache) -> Self {
        Self { cache: cache.clone(), targets: Vec::new() }
    }

    /// Adds one entry: `get_user::target(42)`, `repo.target_get_user(42)` or [`region.target(&42)`](crate::Region::target).
    pub fn add(&mut self, target: Target) -> &mut Self {
        self.targets.push(target);
        self
    }

    /// Adds every entry that carries `tag`. As in [`Cache::invalidate_tag`], an empty tag is carried by nothing.
    pub fn tag(&mut self, tag: impl TryInto<Tag>) -> &mut Self {
        if let Ok(tag) = tag.try_into() {
            let cache = self.cache.clone();
            self.add(Target::by(move || cache.invalidate_tag(&tag)));
        }
        self
    }

    /// [`tag`](Self::tag) for many tags.
    pub fn tags<T: TryInto<Tag>>(&mut self, tags: impl IntoIterator<Item = T>) -> &mut Self {
        for tag in tags {
            self.tag(tag);
        }
        self
    }

    /// Adds everything in the region called `name`, as [`Cache::invalidate_region`] names it.
    pub fn region(&mut self, name: impl Into<String>) -> &mut Self {
        let (cache, name) = (self.cache.clone(), name.into());
        self.add(Target::by(move || cache.invalidate_region(&name)))
    }

    /// Adds what another one has collected, whatever its cache: for work that is done in parts and committed as one.
    pub fn merge(&mut self, mut other: Self) -> &mut Self {
        self.targets.append(&mut other.targets);
        self
    }

    /// Whether nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Invalidates everything that was added. Call it after the commit.
    ///
    /// # Cancel safety
    ///
    /// This process is done before the future is first polled; dropping it loses nothing.
    pub fn fire(self) -> Invalidating {
        self.targets.iter().fold(Invalidating::done(), |all, target| all.and(target.invalidate()))
    }
}

impl fmt::Debug for Invalidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invalidation").field("added", &self.targets.len()).finish_non_exhaustive()
    }
}
