//! A `ttl` made of the value, `cache_if` and `condition`.

use std::time::Duration;

use cache_core::cached;
use cache_core::test_util::TestCache;

use crate::now;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Token {
    seconds: u64,
    text: String,
}

#[cached(ttl = |token: &Token| Duration::from_secs(token.seconds))]
async fn token(seconds: u64) -> Result<Token, ()> {
    Ok(Token { seconds, text: "t".to_owned() })
}

fn quarter_of_an_hour(_: &u64) -> Duration {
    Duration::from_secs(900)
}

#[cached(ttl = |value| quarter_of_an_hour(value))]
fn inferred(id: u64) -> Option<u64> {
    Some(id)
}

#[test]
fn the_value_says_how_long_it_is_fresh() {
    let test = TestCache::new();
    test.run_sync(|| {
        now(token(5)).unwrap();
        test.clock().advance(Duration::from_secs(4));
        assert!(token::peek(5).is_some());
        test.clock().advance(Duration::from_secs(1));
        assert!(token::peek(5).is_none());
        token::put(60, Token { seconds: 2, text: String::new() }).detach();
        test.clock().advance(Duration::from_secs(2));
        assert!(token::peek(60).is_none(), "a value that is put has its own ttl too");
        now(token(0)).unwrap();
        assert!(token::peek(0).is_none(), "nothing is kept for no time");
        inferred(1);
        test.clock().advance(Duration::from_secs(899));
        assert_eq!(inferred::peek(1), Some(1));
    });
}

#[cached(ttl = "1h", cache_if = |found: &Vec<u64>| !found.is_empty())]
async fn search(limit: u64) -> Vec<u64> {
    (0..limit).collect()
}

#[test]
fn only_what_passes_is_kept() {
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!(
            (now(search(0)), now(search(0)), now(search(2)), now(search(2))),
            (vec![], vec![], vec![0, 1], vec![0, 1])
        );
        test.assert_loads("search", 3);
        search::put(0, vec![]).detach();
        assert_eq!(search::peek(0), None);
    });
}

#[cached(ttl = "1h", condition = !admin && name.len() > 1, key = "{name}", skip(admin))]
async fn page(name: &str, admin: bool) -> String {
    format!("{name} {admin}")
}

#[cached(ttl = "1h")]
async fn around(admin: bool) -> String {
    page("news", admin).await
}

#[test]
fn without_the_condition_nothing_is_taken_nor_stored() {
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!(now(page("news", false)), "news false");
        assert_eq!(now(page("news", true)), "news true", "not from the cache");
        assert_eq!(now(page("news", false)), "news false", "and not into it");
        assert_eq!(now(page("x", false)), "x false");
        assert_eq!(page::peek("x"), None);
        test.assert_loads("page", 1);
        assert_eq!(now(around(true)), "news true");
        assert_eq!(around::peek(true).as_deref(), Some("news true"), "as if the function was not cached");
    });
}

#[cached(ttl = "1h", condition = id > 0, helpers = false)]
fn in_place(id: u64) -> u64 {
    if id == 7 {
        return 70;
    }
    id
}

#[test]
fn it_works_for_a_body_in_place() {
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!((in_place(0), in_place(7), in_place(7)), (0, 70, 70));
        test.assert_loads("in_place", 1);
    });
}
