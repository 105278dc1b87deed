//! Hits in the tier against `GET`.

use std::sync::Arc;
use std::time::Duration;

use cache_benches::figures::Figure;
use cache_benches::options::Options;
use cache_core::{Cache, Region, SharedTier, Tag};
use cache_harness::Server;
use redis::AsyncCommands;
use serde::{Deserialize, Serialize};

use super::raw;
use super::rounds::{TASKS, interleave, share, storm, tell};
use super::world::{Bytes, NAMESPACE, VALUE, backend, cache, fill, hit, one_thread, region, value};

/// How often each task asks in a round; each time for a name of its own, so that no two ask for the same at once.
const EACH: usize = 64;
const KEYS: usize = EACH * TASKS;

/// A struct as people have them, of about as many bytes.
#[derive(Clone, Serialize, Deserialize)]
struct Record {
    id: u64,
    name: String,
    email: String,
    scores: Vec<u32>,
    notes: Vec<String>,
}

/// The figures.
pub(crate) fn figures(options: &Options, server: &Server) -> Vec<Figure> {
    let runtime = one_thread();
    let (unbounded, bounded, plain, records, tagged) = runtime.block_on(async {
        let ours = backend(&server.url()).await;
        let linked = cache(SharedTier::new(ours.clone()));
        let plain = region(&linked, "plain");
        fill(&plain, 0..KEYS as u64).await;
        let records = filled_with_records(&linked).await;
        // Nothing is known without asking where messages do not come.
        let tagged = region(&cache(SharedTier::without_backplane(ours)), "tagged");
        for number in 0..KEYS as u64 {
            tagged_hit(&tagged, number).await;
        }
        until_linked(server, &plain).await;
        (raw::connect(server, false).await, raw::connect(server, true).await, plain, records, tagged)
    });
    let names: Arc<Vec<String>> = Arc::new(raw::names(server, &format!("{NAMESPACE}:v:{{plain:*")));
    assert_eq!(names.len(), KEYS, "all values are there");

    let get = |connection: &redis::aio::MultiplexedConnection| {
        let (connection, names) = (connection.clone(), Arc::clone(&names));
        storm(&runtime, EACH, move |number| {
            let (mut connection, names) = (connection.clone(), Arc::clone(&names));
            async move {
                let bytes: Vec<u8> = connection.get(&names[number]).await.expect("the server is there");
                assert!(bytes.len() > VALUE);
            }
        })
    };
    let mut get_unbounded = || get(&unbounded);
    let mut get_bounded = || get(&bounded);
    let mut hits = || {
        let plain = plain.clone();
        storm(&runtime, EACH, move |number| {
            let plain = plain.clone();
            async move { hit(&plain, number as u64).await }
        })
    };
    let mut record_hits = || {
        let records = records.clone();
        storm(&runtime, EACH, move |number| {
            let records = records.clone();
            async move { record_hit(&records, number as u64).await }
        })
    };
    let mut tagged_hits = || {
        let tagged = tagged.clone();
        storm(&runtime, EACH, move |number| {
            let tagged = tagged.clone();
            async move { tagged_hit(&tagged, number as u64).await }
        })
    };
    let times =
        interleave(options, &mut [&mut get_unbounded, &mut hits, &mut get_bounded, &mut record_hits, &mut tagged_hits]);
    let [get, hits, bounded, records, tags] = &times[..] else { unreachable!("five contenders") };
    for (name, times) in [
        ("raw GET", get),
        ("raw GET, bounded", bounded),
        ("hit", hits),
        ("hit, struct", records),
        ("hit, three tags", tags),
    ] {
        tell(name, KEYS, get, times);
    }
    assert_eq!(plain.stats().loads + tagged.stats().loads, 2 * KEYS as u64, "only hits are measured");
    vec![
        Figure::new("l2_hit_vs_get", share(get, hits), "hits in the tier per GET, 1 KiB, versions known"),
        Figure::new("l2_hit_vs_bounded_get", share(bounded, hits), "the same; GET with the client's time limit"),
        Figure::new("l2_hit_struct_vs_get", share(get, records), "a struct of about 1 KiB to decode"),
        Figure::new("l2_hit_tags3_vs_get", share(get, tags), "three tags, no version known"),
    ]
}

async fn filled_with_records(cache: &Cache) -> Region<u64, Record> {
    let region = cache.region("records").ttl(Duration::from_secs(600)).capacity(0).build().expect("a good region");
    for number in 0..KEYS as u64 {
        let record = Record {
            id: number,
            name: format!("person {number}"),
            email: format!("person.{number}@example.org"),
            scores: (0..64).collect(),
            notes: (0..12).map(|note| format!("note {note} of {number}, which goes on for a while longer")).collect(),
        };
        drop(region.get_or_load(&number, || async { Ok::<_, &str>(record) }).await);
    }
    region
}

async fn record_hit(region: &Region<u64, Record>, number: u64) {
    let there = region.get_or_load(&number, || async { Err::<Record, _>("a miss where a hit is measured") }).await;
    assert_eq!(there.map(|record| record.id), Ok(number));
}

/// The value with three tags, two of which many values have.
async fn tagged_hit(region: &Region<u64, Bytes>, number: u64) {
    let mut call = region.call(&number);
    for tag in [Tag::of("own", &number), Tag::of("group", &(number % 16)), Tag::of("all", &1_u64)] {
        call = call.tag(tag);
    }
    let there = call.load(|| async move { Ok::<_, &str>(value(number as usize)) }).await;
    assert_eq!(there.map(|bytes| bytes.0.len()), Ok(VALUE));
}

/// Waits until hits ask the server for one name each: versions are known then.
async fn until_linked(server: &Server, region: &Region<u64, Bytes>) {
    for _ in 0..200 {
        let before = raw::lookups(server);
        for number in 0..100 {
            hit(region, number).await;
        }
        if raw::lookups(server) - before < 110 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("versions are never known without asking");
}
