//! Helpers take the parameters that tell instances apart, and only those.
use cache_core::{Cache, CacheKey, cache_invalidate, cached};

trait Database {
    fn value(&self) -> u64;
}

trait Table {
    const ID: u64;
}

struct Users;
impl Table for Users {
    const ID: u64 = 1;
}

struct Memory;
impl Database for Memory {
    fn value(&self) -> u64 {
        7
    }
}

#[cached(ttl = "5m", skip(db))]
async fn count<D, T: Table, const N: u8>(db: &D, id: u64) -> u64
where
    D: Database + Sync + 'static,
{
    db.value() + T::ID + id + u64::from(N)
}

#[cached(ttl = "5m", skip(db))]
async fn by_database<D>(db: &D, id: u64) -> u64
where
    D: Database + ?Sized + Sync,
{
    db.value() + id
}

#[cached(ttl = "5m", returns = "value")]
async fn any<K>(key: K) -> K
where
    K: CacheKey + Clone + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static,
{
    key
}

#[cached(ttl = "5m", skip(db))]
async fn anonymous(db: &(impl Database + Sync), id: u64) -> u64 {
    db.value() + id
}

#[cache_invalidate(count::<Users, 3>(id), by_database(id))]
async fn change<T: Table>(id: u64) -> u64 {
    T::ID + id
}

#[cache_core::cache_put(count::<Users, 3>(id))]
async fn fill<T: Table>(id: u64) -> Result<u64, &'static str> {
    if id == 0 { Err("zero") } else { Ok(T::ID + id) }
}

#[cache_core::cache_invalidate(count::<T, 3>(id), on = "always")]
async fn change_for_sure<T: Table>(id: u64) -> u64 {
    T::ID + id
}

#[allow(dead_code)]
async fn calls(cache: &Cache) {
    let _ = cache;
    let _ = count::<Memory, Users, 3>(&Memory, 1).await;
    let _ = count::invalidate::<Users, 3>(1).await;
    let _ = by_database(&Memory, 1).await;
    let _ = by_database::invalidate(1).await;
    let _ = any("a".to_owned()).await;
    let _ = any::peek("a".to_owned());
    let _ = anonymous(&Memory, 1).await;
    let _ = anonymous::invalidate(1).await;
    let _ = anonymous::refresh(&Memory, 1).await;
    let _ = change::<Users>(1).await;
    let _ = change_for_sure::<Users>(1).await;
    let _ = fill::<Users>(1).await;
    let _ = count::target::<Users, 3>(1);
}

fn main() {}
