//! Misses that fill, against `GET`, `SET` and `UNLINK`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cache_benches::figures::Figure;
use cache_benches::options::Options;
use cache_core::{SharedTier, Tag};
use cache_harness::Server;
use redis::AsyncCommands;

use super::raw;
use super::rounds::{TASKS, interleave, share, storm, tell};
use super::world::{backend, cache, fill, one_thread, region, value};

/// How often each task misses in a round.
const EACH: usize = 16;

/// The figures.
pub(crate) fn figures(options: &Options, server: &Server) -> Vec<Figure> {
    let runtime = one_thread();
    let (connection, misses) = runtime.block_on(async {
        let cache = cache(SharedTier::new(backend(&server.url()).await));
        let misses = region(&cache, "misses");
        fill(&misses, 0..1).await;
        // Until the first beat has come back.
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
        (raw::connect(server, false).await, misses)
    });
    let next = Arc::new(AtomicUsize::new(1));

    let mut commands = || {
        let (connection, next) = (connection.clone(), Arc::clone(&next));
        storm(&runtime, EACH, move |_| {
            let (mut connection, next) = (connection.clone(), Arc::clone(&next));
            async move {
                let name = format!("bench:v:{{misses:{}}}@0123456789abcdef", next.fetch_add(1, Ordering::Relaxed));
                let before: Option<Vec<u8>> = connection.get(&name).await.expect("the server is there");
                assert!(before.is_none());
                let _: () = connection.pset_ex(&name, value(1).0, 600_000).await.expect("the server is there");
                let _: u64 = connection.unlink(&name).await.expect("the server is there");
            }
        })
    };
    let ours = |tags: bool| {
        let (misses, next) = (misses.clone(), Arc::clone(&next));
        storm(&runtime, EACH, move |_| {
            let (misses, number) = (misses.clone(), next.fetch_add(1, Ordering::Relaxed));
            async move {
                let key = number as u64;
                let mut call = misses.call(&key);
                if tags {
                    call = call.tag(Tag::of("group", &(key % 16))).tag(Tag::of("all", &1_u64));
                }
                drop(call.load(|| async move { Ok::<_, &str>(value(number)) }).await);
            }
        })
    };
    let mut without = || ours(false);
    let mut with = || ours(true);
    let times = interleave(options, &mut [&mut commands, &mut without, &mut with]);
    let [commands, without, with] = &times[..] else { unreachable!("three contenders") };
    let rows = [("GET, SET, UNLINK", commands), ("miss and fill", without), ("miss and fill, two tags", with)];
    for (name, times) in rows {
        tell(name, EACH * TASKS, commands, times);
    }
    let there = raw::names(server, "bench:v:{misses:*").len() as u64;
    assert_eq!(there, misses.stats().loads, "every miss is stored");
    vec![
        Figure::new("miss_fill_vs_get_set", share(commands, without), "misses that fill per GET, SET and UNLINK"),
        Figure::new("miss_fill_tags2_vs_get_set", share(commands, with), "the same with two tags"),
    ]
}
