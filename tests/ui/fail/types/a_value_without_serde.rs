#[derive(Clone)]
struct User;

#[cache_core::cached(ttl = "5m")]
async fn load(id: u64) -> Result<User, String> {
    drop(id);
    Ok(User)
}

fn main() {}
