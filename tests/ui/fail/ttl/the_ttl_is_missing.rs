#![allow(unused_variables)]

#[cache_core::cached(skip(db))]
async fn load(db: &str, id: u64) -> u64 {
    id
}

fn main() {}
