//! Messages that the ui tests cannot tell apart, and that all of them come at once.

use quote::quote;

use super::messages;
use crate::args::CACHED;
use crate::expand::cached;

#[test]
fn every_mistake_is_reported_at_once() {
    let found = messages(&cached(
        quote!(ttl = "0s", key = "{idd}:{id:?}", skip(ctx), jitter = 101, size = 3, tags = ["", "a:{nobody}"]),
        quote!(
            async fn get(id: u64) {}
        ),
    ));
    let whats = found.iter().map(|message| message.lines().next().unwrap_or_default()).collect::<Vec<_>>();
    assert_eq!(
        whats,
        [
            "`0s` is zero: the shortest time the clock tells is 10 ms",
            "`jitter` is a whole number of percent from 0 to 100",
            "unknown argument `size`",
            "a tag is empty",
            "`get` returns nothing: there is no value to cache",
            "`skip(ctx)` names no argument of `get`",
            "`{id:?}` has a format spec: the parts of a key are typed values, not formatted text",
            "`{nobody}` names no argument of `get`",
        ]
    );
}

#[test]
fn every_message_says_what_to_write() {
    const GET: &str = "fn get(id: u64) -> u64 { id }";
    const ASYNC: &str = "async fn get(id: u64) -> Result<u64, E> { Ok(id) }";
    for (attr, item) in [
        ("", GET),
        ("ttl", GET),
        ("ttl =", GET),
        ("ttl = 60", GET),
        ("ttl = -1.5", GET),
        ("ttl = || TTL", GET),
        ("ttl = |value, id| TTL", GET),
        ("ttl = |_: &u64| Duration::from_secs(id)", GET),
        ("ttl = id", GET),
        ("ttl = '5m' key = '{id}'", GET),
        ("ttl = '5m', hash_tag = '{id}'", GET),
        ("ttl = 'never', stale_while_revalidate = '1m'", ASYNC),
        ("ttl = 'never', stale_if_error = '1m'", ASYNC),
        ("ttl = 'never', refresh_ahead = 0.5", ASYNC),
        ("ttl = 'never', early = 1.0", ASYNC),
        ("ttl = 'never', jitter = 10", ASYNC),
        ("ttl = '5m', stale_while_revalidate = 60", ASYNC),
        ("ttl = '5m', refresh_ahead = 80", ASYNC),
        ("ttl = '5m', refresh_ahead = 1.0", ASYNC),
        ("ttl = '5m', refresh_ahead = '80%'", ASYNC),
        ("ttl = '5m', early = 0", ASYNC),
        ("ttl = '5m', early = -1.0", ASYNC),
        ("ttl = '5m', early = 1, refresh_ahead = 0.8", ASYNC),
        ("ttl = '5m', tti = '5m'", ASYNC),
        ("ttl = '5m', soft_timeout = '1s'", ASYNC),
        ("ttl = '5m', stale_if_error = '1h', timeout = '1s', soft_timeout = '2s'", ASYNC),
        ("ttl = '5m', stale_if_error = '1m', stale_while_revalidate = '1m'", ASYNC),
        ("ttl = '5m', stale_if_error = '1h'", "async fn get(id: u64) -> u64 { 1 }"),
        ("ttl = '5m', timeout = '1s'", "async fn get(id: u64) -> (u64, u64) { (1, 2) }"),
        ("ttl = '5m', timeout = id", ASYNC),
        ("ttl = '5m', stale_while_revalidate = '1m'", GET),
        ("ttl = '5m', refresh_ahead = 0.8", GET),
        ("ttl = '5m', timeout = '1s'", "fn get(id: u64) -> Result<u64, E> { Ok(1) }"),
        ("ttl = '5m', soft_timeout = '1s', stale_if_error = '1h'", "fn get(id: u64) -> Result<u64, E> { Ok(1) }"),
        ("ttl = '5m', stale_while_revalidate = '1m', helpers = false", ASYNC),
        ("ttl = '5m', early = 1, skip(db)", "async fn get(db: &mut Db, id: u64) -> u64 { 1 }"),
        ("ttl = '5m', cache_if = |_: &u64| id > 0", GET),
        ("ttl = '5m', key = id", GET),
        ("ttl = '5m', key = '{id}{id}'", GET),
        ("ttl = '5m', key = '{id}-{id}'", GET),
        ("ttl = '5m', key = '{id}%{id}'", GET),
        ("ttl = '5m', tags = ['{id}{ret}']", GET),
        ("ttl = '5m', tags = ['user:{id}-{ret}']", GET),
        ("ttl = '5m', key = '{id}', skip(id)", GET),
        ("ttl = '5m', key = '{ret}'", GET),
        ("ttl = '5m', skip = id", GET),
        ("ttl = '5m', skip(id, id)", GET),
        ("ttl = '5m', skip(1)", "fn get() -> u64 { 1 }"),
        ("ttl = '5m', tags = 'a'", GET),
        ("ttl = '5m', tags = ['a', 'a']", GET),
        ("ttl = '5m', tags = [a]", GET),
        ("ttl = '5m', capacity = 0", GET),
        ("ttl = '5m', capacity = -1", GET),
        ("ttl = '5m', capacity = id", GET),
        ("ttl = '5m', capacity = 99999999999999999999", GET),
        ("ttl = '5m', weigh = |_: &u64| 1", GET),
        ("ttl = '5m', tier = 'l2'", GET),
        ("ttl = '5m', tier = 'both'", GET),
        ("ttl = '5m', version = -1", GET),
        ("ttl = '5m', name = 'a b'", GET),
        ("ttl = '5m', name = ''", GET),
        ("ttl = '5m', track = 'no'", GET),
        ("ttl = '5m', returns = 'list'", GET),
        ("ttl = '5m', helpers = true", GET),
        ("ttl = '5m', helpers = 'get'", GET),
        ("ttl = '5m', crate = 'x'", GET),
        ("ttl = '5m', negative_ttl = '1s'", GET),
        ("ttl = '5m', negative_ttl = 3", "fn get(id: u64) -> Option<u64> { None }"),
        ("ttl = '5m'", "fn get((a, b): (u64, u64)) -> u64 { a }"),
        ("ttl = '5m', tags = ['{a}'], skip(a)", "fn get((a, b): (u64, u64)) -> u64 { a }"),
        ("ttl = '5m'", "fn get(_: u64) -> u64 { 1 }"),
        ("ttl = '5m'", "fn get(id: impl Into<u64>) -> u64 { 1 }"),
        ("ttl = '5m'", "fn get(id: &mut u64) -> u64 { 1 }"),
        ("ttl = '5m'", "fn get<T>(id: u64) -> T { id }"),
        ("ttl = '5m'", "fn get(id: u64) -> BoxFuture<u64> { id }"),
        ("ttl = '5m'", "fn get(id: &str) -> Cow<'_, str> { id }"),
        ("ttl = '5m'", "unsafe extern fn get(id: u64, ...) -> u64;"),
        ("ttl = '5m', tags = ['{ret}']", "fn get(ret: u64) -> u64 { ret }"),
        ("ttl = '5m'", "struct Get;"),
    ] {
        let attr = attr.replace('\'', "\"").parse().expect("tokens");
        let found = messages(&cached(attr, item.parse().expect("tokens")));
        assert!(!found.is_empty(), "{item}");
        assert!(found.len() == 1 || item.contains("..."), "{item}: {found:?}");
        for message in found {
            let (what, help) = message.split_once("\nhelp: ").expect(&message);
            assert!(!what.is_empty() && !help.is_empty(), "{message}");
        }
    }
}

#[test]
fn arguments_that_do_not_exist_yet_are_no_silent_nothing() {
    assert!(CACHED.later.contains(&"hash_tag"));
    for name in CACHED.later {
        let name = quote::format_ident!("{name}");
        let found = messages(&cached(
            quote!(ttl = "5m", #name = "x"),
            quote!(
                fn get(id: u64) -> u64 {
                    id
                }
            ),
        ));
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert!(found[0].starts_with(&format!("`{name}` is not available yet")), "{found:?}");
    }
}

#[test]
fn the_function_survives_its_mistakes() {
    let item = quote!(
        pub fn get(id: u64) -> u64 {
            id
        }
    );
    let expanded = cached(quote!(ttl = "nonsense"), item.clone()).to_string();
    assert!(expanded.starts_with(&item.to_string()), "{expanded}");
}

#[test]
fn a_half_typed_body_is_left_to_the_compiler() {
    let expanded = cached(
        quote!(ttl = "5m"),
        quote!(
            fn get(id: u64) -> u64 {
                let x = id.
            }
        ),
    );
    assert!(!expanded.to_string().contains("compile_error"), "{expanded}");
}
