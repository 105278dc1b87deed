#![allow(unused_variables)]

struct Db;

#[cache_core::cached(ttl = "5m", early = 1.0, skip(db))]
async fn load(db: &mut Db, id: u64) -> u64 {
    id
}

fn main() {}
