#![allow(unused_variables)]

#[cache_core::cache_invalidate(tags = ["users", "user:{ret}:{id}"], on = "before")]
async fn store(id: u64) -> u64 {
    1
}

fn main() {}
