//! Inherent methods, with and without `#[cached_impl]`, in generic types too.
use std::marker::PhantomData;
use std::sync::Arc;

use cache_core::{cache_invalidate, cached, cached_impl};

trait Table: Send + Sync + 'static {
    const ID: u64;
}

struct Repo<'a, T> {
    tenant: &'a str,
    table: PhantomData<T>,
}

impl<'a, T: Table> Repo<'a, T> {
    #[cached(ttl = "5m", key = "{self.tenant}:{id}", tags = ["tenant:{self.tenant}", "row:{ret}"])]
    async fn get(&self, id: u64) -> Option<u64> {
        if id == 0 {
            return None;
        }
        Some(self.add(id))
    }

    #[cached(ttl = "5m", skip(self))]
    fn add(&self, id: u64) -> u64 {
        id + T::ID
    }

    #[cached(ttl = "5m")]
    async fn without_receiver(id: u64) -> u64 {
        id + Self::ID
    }

    const ID: u64 = T::ID;

    #[cached(ttl = "5m", skip(self), helpers = false)]
    async fn in_place<U: Table>(&self, mut id: u64) -> Result<u64, u8> {
        id += U::ID;
        if id == 0 {
            return Err(1);
        }
        Ok(Err::<u64, u8>(0)? + self.add(id))
    }

    #[cached(ttl = "5m", skip(self), helpers = "sum")]
    async fn generic<U: Table, const N: u64>(&self, id: u64) -> u64 {
        id + U::ID + N
    }

    #[cache_invalidate(self.get(id), self.add(id), self.sum::<T, 1>(id))]
    async fn set(&mut self, id: u64) -> Result<(), u8> {
        if id == 0 {
            return Err(0);
        }
        self.tenant = "other";
        Ok(())
    }
}

struct Service {
    users: Arc<Plain>,
}

struct Plain;

#[cached_impl]
impl Plain {
    #[cached(ttl = "5m")]
    async fn make(id: u64) -> u64 {
        id
    }

    #[cached(ttl = "5m", skip(self))]
    async fn shared(self: Arc<Self>, id: u64) -> u64 {
        id
    }

    #[cached(ttl = "5m", skip(self))]
    async fn owned(mut self, id: u64) -> u64 {
        self = Plain;
        let _ = &mut self;
        id
    }
}

#[cached_impl]
impl Service {
    #[cache_invalidate(self.users.shared(id), tags = ["user:{id}"])]
    async fn change(&self, id: u64) -> Result<u64, String> {
        let id = Ok::<_, &str>(id)?;
        Ok(id)
    }

    #[cache_invalidate(self.users.shared(*ret))]
    fn blocking(&self) -> Option<u64> {
        let _ = &self.users;
        Some(1)
    }
}

struct Users;
impl Table for Users {
    const ID: u64 = 1;
}

#[allow(dead_code)]
async fn calls(service: Service) {
    let mut repo = Repo::<Users> { tenant: "a", table: PhantomData };
    let _ = repo.get(1).await;
    let _ = repo.invalidate_get(1).await;
    let _: Option<u64> = repo.peek_get(1);
    let _ = repo.put_get(1, 2).await;
    let _ = repo.refresh_get(1).await;
    let _ = repo.uncached_get(1).await;
    let _ = repo.key_get(1);
    let _ = repo.invalidate_all_get().await;
    let _ = repo.add(1);
    let _ = repo.in_place::<Users>(1).await;
    let _ = repo.generic::<Users, 2>(1).await;
    let _ = repo.invalidate_sum::<Users, 2>(1).await;
    let _ = Repo::<Users>::without_receiver(1).await;
    let _ = Repo::<Users>::invalidate_without_receiver(1).await;
    let _ = repo.set(1).await;
    let _ = Plain::make(1).await;
    let _ = Plain::invalidate_make(1).await;
    let _ = Arc::clone(&service.users).shared(1).await;
    let _ = service.users.invalidate_shared(1).await;
    let _ = Plain.owned(1).await;
    let _ = service.change(1).await;
    let _ = service.blocking();
}

fn main() {}
