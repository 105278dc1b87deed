#[async_trait::async_trait]
trait Load {
    async fn load(&self, id: u64) -> u64;
}

struct Repo;

#[async_trait::async_trait]
impl Load for Repo {
    #[cache_core::cached(ttl = "5m", skip(self))]
    async fn load(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
