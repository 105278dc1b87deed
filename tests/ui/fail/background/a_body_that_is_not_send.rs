#![allow(unused_variables)]

#[cache_core::cached(ttl = "5m", stale_while_revalidate = "1m")]
async fn load(id: u64) -> u64 {
    let local = std::rc::Rc::new(id);
    std::future::ready(()).await;
    *local
}

fn main() {}
