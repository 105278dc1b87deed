struct Repo;

impl Repo {
    #[cache_core::cached(ttl = "5m", skip(self))]
    async fn load(&self, id: u64) -> Option<String> {
        Some(id.to_string())
    }

    #[cache_core::cache_put(self.load(id))]
    async fn store(&self, id: u64) -> Option<u64> {
        Some(id)
    }
}

fn main() {}
