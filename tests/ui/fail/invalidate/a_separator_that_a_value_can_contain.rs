#![allow(unused_variables)]

#[cache_core::cache_invalidate(tags = ["user:{first}_{second}"])]
async fn change(first: &str, second: &str) -> u64 {
    1
}

fn main() {}
