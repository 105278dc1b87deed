struct Repo;

#[cache_core::cached(ttl = "5m")]
impl Repo {
    fn load(id: u64) -> u64 {
        id
    }
}

fn main() {}
