//! Shapes of functions.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Display;
use std::sync::Arc;

use cache_core::test_util::TestCache;
use cache_core::{CacheKey, cached};

use crate::now;

#[test]
fn early_returns_leave_the_body_only() {
    #[cached(ttl = "1h")]
    fn sign(n: i64) -> &'static str {
        if n < 0 {
            return "negative";
        }
        for step in 0..10 {
            if step == n {
                return "small";
            }
        }
        "large"
    }
    #[cached(ttl = "1h", tags = ["is:{ret}"])]
    async fn waiting(n: i64) -> Option<i64> {
        if n < 0 {
            return None;
        }
        std::future::ready(()).await;
        Some(n)
    }
    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..2 {
            assert_eq!((sign(-1), sign(5), sign(50)), ("negative", "small", "large"));
            assert_eq!((now(waiting(-1)), now(waiting(1))), (None, Some(1)));
        }
    });
    test.assert_loads("sign", 3);
    test.assert_loads("waiting", 3);
}

#[test]
fn question_marks_leave_the_body_only() {
    #[cached(ttl = "1h")]
    async fn number(text: &str) -> Result<u64, std::num::ParseIntError> {
        let number: u64 = text.parse()?;
        let next = async { "1".parse::<u64>() }.await?;
        Ok(number + next)
    }
    #[cached(ttl = "1h")]
    fn first(words: &[String]) -> Option<char> {
        words.first()?.chars().next()
    }
    TestCache::new().run_sync(|| {
        assert_eq!((now(number("41")), now(number("x")).is_err(), number::peek("x")), (Ok(42), true, None));
        assert_eq!((first(&["Ada".to_owned()]), first(&[])), (Some('A'), None));
    });
}

#[test]
fn borrowed_arguments_are_kept_as_owned_keys() {
    #[cached(ttl = "1h", key = "{name}:{text}:{maybe}:{pair.0}:{cow}")]
    #[allow(clippy::ptr_arg)]
    async fn load(name: &str, text: &String, maybe: Option<&str>, pair: &(&str, u8), cow: Cow<'_, str>) -> usize {
        name.len() + text.len() + maybe.map_or(0, str::len) + pair.0.len() + cow.len()
    }
    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..2 {
            let owned = ["a", "bb", "ccc", "dddd", "eeeee"].map(str::to_owned);
            let pair = (owned[3].as_str(), 1);
            assert_eq!(now(load(&owned[0], &owned[1], Some(&owned[2]), &pair, Cow::Borrowed(&owned[4]))), 15);
        }
    });
    test.assert_loads("load", 1);
}

#[test]
fn lifetimes_may_have_names_and_bounds() {
    struct View<'a> {
        text: &'a str,
    }
    impl<'a> View<'a> {
        #[cached(ttl = "1h", key = "{self.text}:{other.text}")]
        fn joined<'b: 'a>(&self, other: &View<'b>) -> String {
            format!("{}{}", self.text, other.text)
        }
    }
    #[cached(ttl = "1h", key = "{first}:{second}")]
    async fn longest<'a, 'b: 'a>(first: &'a str, second: &'b str) -> String {
        let longest: &'a str = if first.len() > second.len() { first } else { second };
        longest.to_owned()
    }
    TestCache::new().run_sync(|| {
        let text = "ab".to_owned();
        assert_eq!(View { text: &text }.joined(&View { text: "c" }), "abc");
        assert_eq!((now(longest(&text, "c")), now(longest("c", "def"))), ("ab".to_owned(), "def".to_owned()));
    });
}

#[test]
fn where_clauses_hold() {
    #[cached(ttl = "1h", skip(show))]
    async fn shown<T, F>(value: T, show: F) -> String
    where
        T: CacheKey + Clone + Display + Send + Sync + 'static,
        F: Fn(&T) -> String,
    {
        show(&value)
    }
    TestCache::new().run_sync(|| {
        assert_eq!(now(shown(1_u8, |n| format!("<{n}>"))), "<1>");
        assert_eq!(now(shown(1_u8, |n| format!("[{n}]"))), "<1>", "what shows it was said not to matter");
        assert_eq!(now(shown("1".to_owned(), |n| format!("({n})"))), "(1)");
        assert_eq!(shown::peek::<u8>(1), Some("<1>".to_owned()));
    });
}

#[test]
fn const_parameters_tell_instances_apart() {
    #[cached(ttl = "1h")]
    fn filled<const N: usize, const UPPER: bool>(letter: char) -> String {
        let text = letter.to_string().repeat(N);
        if UPPER { text.to_uppercase() } else { text }
    }
    TestCache::new().run_sync(|| {
        for _ in 0..2 {
            assert_eq!((filled::<2, true>('a'), filled::<3, true>('a'), filled::<2, false>('a')), {
                ("AA".to_owned(), "AAA".to_owned(), "aa".to_owned())
            });
        }
        filled::invalidate::<2, true>('a').detach();
        assert_eq!((filled::peek::<2, true>('a'), filled::peek::<2, false>('a')), (None, Some("aa".to_owned())));
    });
}

#[test]
fn arrays_of_a_const_length_are_keys() {
    #[cached(ttl = "1h")]
    fn sum<const N: usize>(numbers: [u32; N]) -> u32 {
        numbers.iter().sum()
    }
    TestCache::new().run_sync(|| assert_eq!((sum([1, 2]), sum([1, 2, 3]), sum([1, 2])), (3, 6, 3)));
}

#[test]
fn a_function_may_call_itself() {
    #[cached(ttl = "1h")]
    async fn fibonacci(n: u64) -> u64 {
        if n < 2 { n } else { fibonacci(n - 1).await + fibonacci(n - 2).await }
    }
    #[cached(ttl = "1h")]
    fn blocking(n: u64) -> u64 {
        if n < 2 { n } else { blocking(n - 1) + blocking(n - 2) }
    }
    let test = TestCache::new();
    test.run_sync(|| assert_eq!((now(fibonacci(50)), blocking(50)), (12_586_269_025, 12_586_269_025)));
    test.assert_loads("fibonacci", 51);
    test.assert_loads("blocking", 51);
    test.run_sync(|| {
        fibonacci::invalidate(0).detach();
        assert_eq!((fibonacci::peek(50), fibonacci::peek(1)), (None, Some(1)), "what was built on it");
    });
}

#[test]
fn two_functions_may_call_each_other() {
    #[cached(ttl = "1h")]
    async fn even(n: u64) -> bool {
        n == 0 || odd(n - 1).await
    }
    #[cached(ttl = "1h")]
    async fn odd(n: u64) -> bool {
        n != 0 && even(n - 1).await
    }
    let test = TestCache::new();
    test.run_sync(|| assert_eq!((now(even(20)), now(odd(20))), (true, false)));
    test.assert_loads("even", 11 + 10);
}

#[test]
fn functions_inside_functions_are_apart() {
    fn outer(n: u64) -> u64 {
        #[cached(ttl = "1h")]
        fn inner(n: u64) -> u64 {
            n + 1
        }
        inner(n)
    }
    #[cached(ttl = "1h")]
    fn cached_outer(n: u64) -> u64 {
        #[cached(ttl = "1h")]
        fn inner(n: u64) -> u64 {
            n + 2
        }
        inner(n) + inner(n)
    }
    let test = TestCache::new();
    test.run_sync(|| (0..2).for_each(|_| assert_eq!((outer(1), cached_outer(1)), (2, 6))));
    assert_eq!(test.cache().regions().len(), 3);
    assert!(test.events().is_empty(), "{:?}", test.events());
}

#[test]
fn patterns_that_are_skipped_are_taken_apart_by_the_body() {
    #[cached(ttl = "1h", skip(a, c, _calls))]
    fn sum((a, b): (u64, u64), [c, ..]: [u64; 3], _calls: &Cell<u64>, id: u64) -> u64 {
        a + b + c + id
    }
    TestCache::new().run_sync(|| {
        let calls = Cell::new(0);
        assert_eq!((sum((1, 2), [3; 3], &calls, 4), sum((9, 9), [9; 3], &calls, 4)), (10, 10));
        assert_eq!(sum::peek(4), Some(10));
    });
}

#[test]
fn an_argument_that_is_not_used_is_still_a_key() {
    #[cached(ttl = "1h")]
    fn load(_version: u64) -> u64 {
        CALLS.set(CALLS.get() + 1);
        CALLS.get()
    }
    thread_local!(static CALLS: Cell<u64> = const { Cell::new(0) });
    TestCache::new().run_sync(|| assert_eq!((load(1), load(2), load(1)), (1, 2, 1)));
}

#[test]
fn receivers_of_all_kinds_work() {
    #[derive(Clone)]
    struct Repo(u64);
    impl Repo {
        #[cached(ttl = "1h", skip(self))]
        fn by_value(self, id: u64) -> u64 {
            self.0 + id
        }

        #[cached(ttl = "1h", skip(self))]
        async fn by_arc(self: Arc<Self>, id: u64) -> u64 {
            self.0 + id
        }

        #[cached(ttl = "1h", skip(self))]
        async fn by_mut(&mut self, id: u64) -> u64 {
            self.0 += 1;
            self.0 + id
        }

        #[cached(ttl = "1h", key = "{self.0}")]
        async fn keyed(mut self) -> u64 {
            self.0 += 1;
            self.0
        }
    }
    TestCache::new().run_sync(|| {
        let mut repo = Repo(10);
        assert_eq!((repo.clone().by_value(1), Repo(20).by_value(1)), (11, 11));
        assert_eq!((now(Arc::new(repo.clone()).by_arc(1)), now(Arc::new(Repo(20)).by_arc(1))), (11, 11));
        assert_eq!((now(repo.by_mut(1)), now(repo.by_mut(1)), repo.0), (12, 12, 11));
        assert_eq!((now(Repo(1).keyed()), now(Repo(1).keyed()), now(Repo(2).keyed())), (2, 2, 3));
    });
}

#[test]
fn other_attributes_stay_on_the_function() {
    #[cached(ttl = "1h")]
    #[must_use]
    fn needed(id: u64) -> u64 {
        id
    }
    #[deprecated]
    #[cached(ttl = "1h")]
    fn old(id: u64) -> u64 {
        id
    }
    TestCache::new().run_sync(|| {
        // Each expectation would be unfulfilled, and reported, if the attribute were gone.
        #[expect(unused_must_use)]
        {
            needed(1);
        }
        #[expect(deprecated)]
        let id = old(1);
        assert_eq!(id, 1);
    });
}

#[test]
fn attributes_of_arguments_stay_too() {
    #[cached(ttl = "1h")]
    fn load(#[allow(unused_variables)] version: u64, id: u64) -> u64 {
        id
    }
    TestCache::new().run_sync(|| assert_eq!((load(1, 2), load(1, 3), load(2, 2)), (2, 3, 2)));
}

#[test]
fn values_may_be_shared_pointers() {
    #[cached(ttl = "1h")]
    async fn load(id: u64) -> Arc<str> {
        Arc::from(id.to_string())
    }
    TestCache::new().run_sync(|| assert!(Arc::ptr_eq(&now(load(1)), &now(load(1)))));
}

#[test]
fn a_body_may_hold_a_loop_with_labels_closures_and_macros() {
    #[cached(ttl = "1h")]
    async fn load(limit: u64) -> Vec<u64> {
        let mut found = vec![];
        let double = |n: u64| n * 2;
        'outer: for n in 0.. {
            for divisor in 2..n {
                if n % divisor == 0 {
                    continue 'outer;
                }
            }
            if n > limit {
                break 'outer;
            }
            found.push(double(n));
        }
        found
    }
    TestCache::new().run_sync(|| assert_eq!(now(load(5)), [0, 2, 4, 6, 10]));
}
