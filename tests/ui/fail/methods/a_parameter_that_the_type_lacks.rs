trait Load<T> {
    fn load(&self, id: u64) -> u64;
}

struct Repo;

#[cache_core::cached_impl]
impl<T> Load<T> for Repo {
    #[cached(ttl = "5m", skip(self))]
    fn load(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
