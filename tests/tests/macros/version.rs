//! `version`: what the registry knows of it. (It is a part of shared keys.)

use cache_core::{cached, functions};

#[cached(ttl = "1h", version = 3, name = "versioned")]
fn versioned() -> u8 {
    1
}

#[cached(ttl = "1h", name = "unversioned")]
fn unversioned() -> u8 {
    1
}

fn version_of(name: &str) -> u32 {
    functions().find(|function| function.name() == Some(name)).expect("it is registered").version()
}

#[test]
fn it_is_what_was_given() {
    assert_eq!(version_of("versioned"), 3);
}

#[test]
fn it_is_zero_if_none_was() {
    assert_eq!(version_of("unversioned"), 0);
}

#[test]
fn it_changes_nothing_of_the_text_of_a_key() {
    cache_core::test_util::TestCache::new().run_sync(|| {
        assert_eq!((versioned(), versioned::key()), (1, "versioned:".to_owned()));
        assert_eq!((unversioned(), unversioned::key()), (1, "unversioned:".to_owned()));
    });
}
