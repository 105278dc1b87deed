//! Patterns and tags: what is built meanwhile, and texts beyond 512 bytes.

use std::cell::Cell;
use std::hash::Hasher;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cache_core::test_util::TestCache;
use cache_core::{CacheKey, KeyWriter, Region, Tag, cached};
use cache_tests::Step;

use crate::Down;

thread_local! { static ARMED: Cell<u8> = const { Cell::new(0) }; }
static HOOK: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Hooked(u64);
impl CacheKey for Hooked {
    type Owned = Hooked;
    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        // After keys were matched: `by(&key)` of the second step of invalidate_pattern, no lock held.
        if ARMED.get() == 2 {
            ARMED.set(0);
            let hook = HOOK.lock().unwrap().take();
            if let Some(hook) = hook {
                hook();
            }
        }
        self.0.hash_key(hasher);
    }
    fn eq_owned(&self, owned: &Self) -> bool {
        self == owned
    }
    fn to_owned_key(&self) -> Self {
        if ARMED.get() == 1 {
            ARMED.set(2);
        }
        self.clone()
    }
    fn encode(&self, writer: &mut KeyWriter<'_>) {
        self.0.encode(writer);
    }
}

// P2: inherited dependency against a pattern.
#[test]
fn what_is_built_while_a_pattern_runs_goes_with_it() {
    let test = Arc::new(TestCache::new());
    let inner: Region<Hooked, u64> = test.cache().region("inner").build().unwrap();
    let outer: Region<u64, u64> = test.cache().region("outer").build().unwrap();
    let source = Arc::new(AtomicUsize::new(1));
    let outer_get = {
        let (inner, outer, source) = (inner.clone(), outer.clone(), source.clone());
        move || {
            Step::new(outer.get_or_load(&7_u64, || async {
                inner.get_or_load(&Hooked(1), || async { Ok::<_, Down>(source.load(Ordering::SeqCst) as u64) }).await
            }))
            .done()
            .unwrap()
        }
    };
    let fill = Step::new(inner.get_or_load(&Hooked(1), || async { Ok::<_, Down>(1) })).done().unwrap();
    assert_eq!(fill, 1);
    source.store(2, Ordering::SeqCst);
    let racing = outer_get.clone();
    *HOOK.lock().unwrap() = Some(Box::new(move || assert_eq!(racing(), 1))); // a read that overlaps the invalidation
    ARMED.set(1);
    test.cache().invalidate_pattern("inner:*").detach();
    assert!(HOOK.lock().unwrap().is_none(), "the hook ran");
    assert_eq!(inner.peek(&Hooked(1)), None);
    assert_eq!(outer_get(), 2, "began after the invalidation returned");
}

// Texts beyond 512 bytes.
#[cached(ttl = "1m", key = "{name}", tags = ["by:{name}:{ret}"], name = "tagged")]
async fn tagged(name: &str) -> u64 {
    LOADS.fetch_add(1, Ordering::SeqCst);
    let _ = name;
    7
}
static LOADS: AtomicUsize = AtomicUsize::new(0);

#[tokio::test]
async fn a_late_tag_of_a_long_argument_is_the_tag_its_text_says() {
    let test = TestCache::new();
    test.run(async {
        let long = "x".repeat(600);
        tagged(&long).await;
        test.cache().invalidate_tag(Tag::of("by", &(long.as_str(), 7_u64))).await;
        tagged(&long).await;
        test.assert_loads("tagged", 2);
    })
    .await;
}

#[test]
fn a_pattern_reaches_long_keys() {
    let test = TestCache::new();
    let pages: Region<(String, String), u64> = test.cache().region("page").build().unwrap();
    let long = "x".repeat(600);
    pages.put(&("en", long.as_str()), 1).detach();
    test.cache().invalidate_pattern("page:en:*").detach();
    assert_eq!(pages.get(&("en", long.as_str())), None);
}
