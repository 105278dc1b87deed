//! In a trait impl: `helpers = false`, or `#[cached_impl]` with helpers beside it.
use cache_core::{cache_invalidate, cached, cached_impl};

#[allow(async_fn_in_trait)]
trait Load {
    type Error;
    const BASE: u64;

    async fn load(&self, id: u64) -> Result<u64, Self::Error>;
    fn twice(&self, id: u64) -> u64;
    async fn change(&self, id: u64) -> Result<(), Self::Error>;
}

struct InPlace;

impl Load for InPlace {
    type Error = String;
    const BASE: u64 = 1;

    #[cached(ttl = "5m", skip(self), helpers = false)]
    async fn load(&self, id: u64) -> Result<u64, Self::Error> {
        if id == 0 {
            return Err("zero".into());
        }
        Ok(id + Self::BASE)
    }

    #[cached(ttl = "5m", skip(self), helpers = false)]
    fn twice(&self, id: u64) -> u64 {
        if id == 0 {
            return 0;
        }
        id * 2
    }

    #[cache_invalidate(tags = ["user:{id}"])]
    async fn change(&self, id: u64) -> Result<(), Self::Error> {
        let _ = id;
        Ok(())
    }
}

struct Beside<T>(T);

#[cached_impl]
impl<T: Send + Sync + 'static> Load for Beside<T> {
    type Error = String;
    const BASE: u64 = 2;

    #[cached(ttl = "5m", skip(self))]
    async fn load(&self, id: u64) -> Result<u64, Self::Error> {
        let error: Self::Error = "zero".into();
        if id == 0 {
            return Err(error);
        }
        Ok(id + Self::BASE + self.twice(id))
    }

    #[cached(ttl = "5m", skip(self), helpers = false)]
    fn twice(&self, id: u64) -> u64 {
        id * Self::BASE
    }

    #[cache_invalidate(self.load(id))]
    async fn change(&self, id: u64) -> Result<(), Self::Error> {
        let _ = Self::BASE + id;
        Ok(())
    }
}

#[allow(dead_code)]
async fn calls() {
    let _ = InPlace.load(1).await;
    let _ = InPlace.twice(1);
    let _ = InPlace.change(1).await;
    let beside = Beside(1_u8);
    let _ = beside.load(1).await;
    let _ = beside.invalidate_load(1).await;
    let _ = beside.peek_load(1);
    let _ = beside.twice(1);
    let _ = beside.change(1).await;
    let _ = &beside.0;
}

fn main() {}
