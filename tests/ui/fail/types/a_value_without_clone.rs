struct User;

#[cache_core::cached(ttl = "5m", tier = "l1")]
async fn load(id: u64) -> User {
    drop(id);
    User
}

fn main() {}
