//! Other attributes on cached functions: lints, hints, documentation, and macros that rewrite the function.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cache_core::test_util::TestCache;
use cache_core::{cached, cached_impl};
use tracing::instrument;
use tracing::span::{Attributes, Id, Record};

use crate::now;

/// Counts spans.
#[derive(Clone, Default)]
struct Spans(Arc<AtomicU64>);

impl tracing::Subscriber for Spans {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(self.0.fetch_add(1, Ordering::SeqCst) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &tracing::Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// How many spans `calls` opens.
fn spans(calls: impl FnOnce()) -> u64 {
    let spans = Spans::default();
    tracing::subscriber::with_default(spans.clone(), || TestCache::new().run_sync(calls));
    spans.0.load(Ordering::SeqCst)
}

#[instrument(name = "row", skip(db), err)]
#[cached(ttl = "1h", skip(db), tags = ["id:{id}"])]
async fn above(db: &str, id: u64) -> Result<u64, String> {
    if id == 0 {
        return Err(db.to_owned());
    }
    Ok(id + db.len() as u64)
}

#[cached(ttl = "1h", skip(db), tags = ["id:{id}"])]
#[instrument(skip(db))]
async fn below(db: &str, id: u64) -> Result<u64, String> {
    if id == 0 {
        return Err(db.to_owned());
    }
    Ok(id + db.len() as u64)
}

struct Repo(u64);

#[cached_impl]
impl Repo {
    #[instrument(skip(self))]
    #[cached(ttl = "1h", skip(self))]
    async fn listed(&self, id: u64) -> u64 {
        self.0 + id
    }

    #[cached(ttl = "1h", skip(self))]
    #[instrument(skip_all, fields(%word))]
    fn blocking(&self, word: &str) -> u64 {
        self.0 + word.len() as u64
    }
}

#[test]
fn a_macro_above_is_expanded_first_and_wraps_what_is_loaded() {
    let count = spans(|| {
        assert_eq!(
            (now(above("ab", 1)), now(above("ab", 1)), now(above("ab", 0))),
            (Ok(3), Ok(3), Err("ab".to_owned()))
        );
        assert_eq!(above::peek(1), Some(3));
    });
    assert_eq!(count, 2, "one per load");
}

#[test]
fn a_macro_below_stays_on_the_function_and_wraps_its_calls() {
    let count = spans(|| {
        assert_eq!(
            (now(below("ab", 1)), now(below("ab", 1)), now(below("ab", 0))),
            (Ok(3), Ok(3), Err("ab".to_owned()))
        );
        assert_eq!((below::peek(1), now(below::refresh("ab", 1))), (Some(3), Ok(3)));
    });
    assert_eq!(count, 3, "one per call");
}

#[test]
fn under_cached_impl_the_function_keeps_its_attributes() {
    let count = spans(|| {
        assert_eq!((now(Repo(1).listed(1)), now(Repo(5).listed(1)), Repo(1).peek_listed(1)), (2, 2, Some(2)));
        assert_eq!((Repo(1).blocking("a"), Repo(5).blocking("a")), (2, 2));
    });
    assert_eq!(count, 4, "one per call");
}

#[test]
fn hints_and_lints_are_about_the_function_as_written() {
    /// Kept.
    #[doc(alias = "sum")]
    #[inline]
    #[must_use = "it was paid for"]
    #[allow(clippy::ptr_arg, reason = "a key may be any borrow")]
    #[cached(ttl = "1h")]
    #[cold]
    #[track_caller]
    fn load(words: &Vec<String>) -> usize {
        #![allow(unused_variables)]
        let unused = 1;
        words.len()
    }
    #[cached(ttl = "1h")]
    #[expect(unused_variables, reason = "the body has one")]
    async fn expecting(id: u64) -> u64 {
        let unused = 1;
        id
    }
    TestCache::new().run_sync(|| {
        assert_eq!((load(&vec![]), load::peek(&vec![]), now(expecting(1))), (0, Some(0), 1));
        #[expect(unused_must_use, reason = "the hint is still there")]
        {
            load(&vec![]);
        }
    });
}
