//! A server that evicts: a value that was sent ahead and is gone before it is stored.

#![cfg(unix)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use cache_core::backend::RedisBackend;
use cache_harness::{Reply, Server, until};
use cache_redis_tests::fleet::{Process, Source, agree};
use cache_redis_tests::{LONG, runtime};

/// Removes whatever lies under a staging name, as long as it lives.
struct Evictor {
    ends: Arc<AtomicBool>,
    evicted: Arc<AtomicU64>,
    thread: Option<std::thread::JoinHandle<()>>,
}

const EVICT: &str = "local names = redis.call('KEYS', 'cache:s:*')
if #names > 0 then redis.call('UNLINK', unpack(names)) end
return #names";

impl Evictor {
    fn start(server: &Server) -> Self {
        let (ends, evicted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut connection = server.connect(Duration::from_secs(5)).unwrap();
        let (end, count) = (Arc::clone(&ends), Arc::clone(&evicted));
        let thread = std::thread::spawn(move || {
            while !end.load(Ordering::SeqCst) {
                match connection.command(&["EVAL", EVICT, "0"]).unwrap() {
                    Reply::Int(names) => count.fetch_add(names.unsigned_abs(), Ordering::SeqCst),
                    other => panic!("{other}"),
                };
            }
        });
        Self { ends, evicted, thread: Some(thread) }
    }

    fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::SeqCst)
    }
}

impl Drop for Evictor {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || std::thread::panicking());
        }
    }
}

// A script that the server has forgotten is sent again, after what was sent ahead: that is the gap.
#[test]
fn a_value_that_is_gone_between_its_load_and_its_commit_is_a_miss_and_nothing_else() {
    let (server, runtime, source) = (Server::start(), runtime(), Source::default());
    let [a, b] = [0, 1].map(|_| Process::start(&runtime, RedisBackend::from_url(server.url())));
    // The first of a region with tags of its values teaches the fences.
    for process in [&a, &b] {
        process.get(&runtime, &source, 1_000);
    }
    agree(&runtime, &source, &a, &b, 0..1);
    let evictor = Evictor::start(&server);
    let (mut key, mut missed) = (0, 0);
    let often = until(LONG, || {
        key += 1;
        source.version.fetch_add(1, Ordering::SeqCst);
        assert!(server.command(&["SCRIPT", "FLUSH"]).is_ok());
        let before = evictor.evicted();
        assert_eq!(a.get(&runtime, &source, key), source.value(key));
        if evictor.evicted() > before {
            missed += 1;
            let stored = server.command(&["KEYS", &format!("cache:[vsl]:{{users:{key}}}*")]);
            assert!(stored.array().is_empty(), "neither a value nor a right to store one is left: {stored}");
            assert_eq!(a.users.peek(&key), None, "nor is it kept by itself: nobody could tell it to go");
        }
        assert_eq!(b.get(&runtime, &source, key), source.value(key));
        source.version.fetch_add(1, Ordering::SeqCst);
        runtime.block_on(b.users.invalidate(&key));
        assert_eq!(b.get(&runtime, &source, key), source.value(key));
        assert!(until(LONG, || (a.get(&runtime, &source, key) == source.value(key)).then_some(())).is_some());
        (missed >= 10).then_some(())
    });
    assert!(often.is_some(), "{missed} of {key} values were evicted on their way");
    drop(evictor);
    agree(&runtime, &source, &a, &b, 0..5);
}
