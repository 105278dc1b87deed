struct Repo;

impl Repo {
    #[cache_core::cached(ttl = "5m")]
    async fn load(id: u64) -> u64 {
        id
    }
}

fn main() {}
