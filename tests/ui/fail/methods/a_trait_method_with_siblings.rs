trait Load {
    fn load(&self, id: u64) -> u64;
}

struct Repo;

impl Load for Repo {
    #[cache_core::cached(ttl = "5m", skip(self))]
    fn load(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
