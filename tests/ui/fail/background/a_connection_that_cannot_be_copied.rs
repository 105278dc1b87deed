#![allow(unused_variables)]

struct Db;

#[cache_core::cached(ttl = "5m", stale_while_revalidate = "1m", skip(db))]
async fn load(db: &Db, id: u64) -> u64 {
    id
}

fn main() {}
