#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", skip(db, db))]
async fn load(db: &str, id: u64) -> u64 {
    1
}

fn main() {}
