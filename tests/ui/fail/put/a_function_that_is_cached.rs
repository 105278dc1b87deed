struct Repo;

#[cache_core::cached_impl]
impl Repo {
    #[cache_core::cached(ttl = "5m", skip(self))]
    #[cache_core::cache_put(self.load(id))]
    async fn load(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
