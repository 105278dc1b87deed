#![allow(unused_variables)]

struct Db;

#[cache_core::cached(ttl = "5m", refresh_ahead = 0.8, skip(db))]
async fn load(db: &Db, id: u64) -> u64 {
    id
}

fn main() {}
