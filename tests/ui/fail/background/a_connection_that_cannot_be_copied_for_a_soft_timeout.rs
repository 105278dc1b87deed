#![allow(unused_variables)]

struct Db;
#[derive(Clone)]
struct Down;

#[cache_core::cached(ttl = "5m", stale_if_error = "1h", soft_timeout = "1s", skip(db))]
async fn load(db: &Db, id: u64) -> Result<u64, Down> {
    Ok(id)
}

fn main() {}
