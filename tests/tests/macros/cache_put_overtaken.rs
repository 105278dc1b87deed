//! `#[cache_put]`: what else happens while the mutator runs.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};

use cache_core::test_util::TestCache;
use cache_core::{Cache, cache_invalidate, cache_put, cached};
use cache_tests::{Gate, Step};

use crate::cache_put::{User, blocking, isolated, name_of, named, rename, rename_slowly, user};
use crate::{ignore, now};

/// One `rename_slowly` that runs while `meanwhile` happens; returns the name that is cached in the end.
fn overlapped(meanwhile: impl FnOnce(&TestCache)) -> Option<String> {
    let mut cached = None;
    isolated(|cache| {
        let gate = Gate::closed();
        let mut rename = Step::held(rename_slowly(&gate, 1, "put"));
        meanwhile(cache);
        gate.let_through(1);
        assert_eq!(rename.done().expect("it succeeds").name, "put");
        cached = name_of(1);
    });
    cached
}

#[test]
fn an_invalidation_of_the_same_entry_wins_whatever_the_order() {
    #[cache_put(user(id))]
    #[cache_invalidate(user(id))]
    async fn first(id: u64) -> Result<User, String> {
        Ok(named(id, "put"))
    }
    #[cache_invalidate(tags = ["users"])]
    #[cache_put(user(id))]
    async fn second(id: u64) -> Result<User, String> {
        Ok(named(id, "put"))
    }
    isolated(|_| {
        ignore((now(user(1)), now(first(1))));
        assert_eq!(name_of(1), None);
        ignore((now(user(1)), now(second(1))));
        assert_eq!(name_of(1), None);
    });
}

#[test]
fn what_was_invalidated_meanwhile_is_not_put() {
    assert_eq!(overlapped(|_| {}).as_deref(), Some("put"));
    assert_eq!(overlapped(|_| ignore(user::invalidate(1))), None);
    assert_eq!(overlapped(|_| ignore(user::invalidate_all())), None);
    assert_eq!(overlapped(|cache| cache.cache().invalidate_tag("users").detach()), None);
    assert_eq!(overlapped(|cache| cache.cache().invalidate_tag("name:put").detach()), None, "a tag of the value");
    assert_eq!(overlapped(|cache| cache.cache().invalidate_all().detach()), None);
    assert_eq!(overlapped(|cache| cache.cache().invalidate_pattern("*user:1").detach()), None);
}

#[test]
fn what_was_not_is() {
    assert_eq!(overlapped(|cache| cache.cache().invalidate_tag("name:other").detach()).as_deref(), Some("put"));
    assert_eq!(overlapped(|_| ignore(blocking::invalidate(1))).as_deref(), Some("put"));
    assert_eq!(overlapped(|_| ignore(now(user(1)))).as_deref(), Some("put"), "a load is replaced");
}

#[test]
fn of_two_puts_at_once_the_last_drops_the_entry() {
    assert_eq!(overlapped(|_| ignore(user::put(1, named(1, "other")))), None);
    assert_eq!(overlapped(|_| ignore(now(rename(1, "other".to_owned())))), None);
    // One after the other they are in the order of their source.
    isolated(|_| {
        ignore((now(rename(1, "Ada".to_owned())), now(rename(1, "Bob".to_owned()))));
        assert_eq!(name_of(1).as_deref(), Some("Bob"));
    });
}

#[test]
fn the_puts_of_one_mutator_do_not_overtake_each_other() {
    #[cache_put(user(id), user(ret.id), user(id + 1), blocking(id))]
    fn change(id: u64) -> User {
        named(id, "put")
    }
    isolated(|_| {
        change(1);
        assert_eq!((name_of(1).as_deref(), name_of(2).as_deref()), (Some("put"), Some("put")));
        assert_eq!(blocking::peek(1), Some(named(1, "put")));
    });
}

#[test]
fn a_created_row_that_was_changed_meanwhile_is_not_put() {
    #[cache_put(user(ret.id))]
    async fn create(gate: &Gate, name: &str) -> Result<User, String> {
        gate.pass().await;
        Ok(named(1, name))
    }
    isolated(|_| {
        let open = Gate::open();
        ignore((now(rename(1, "known".to_owned())), now(create(&open, "put"))));
        assert_eq!(name_of(1).as_deref(), Some("put"));
        let gate = Gate::closed();
        let mut create = Step::held(create(&gate, "Ada"));
        ignore(now(rename(1, "Bob".to_owned())));
        gate.let_through(1);
        ignore(create.done());
        assert_eq!(name_of(1), None);
    });
}

#[test]
fn a_load_that_ran_meanwhile_does_not_store_and_who_waits_gets_the_value() {
    #[cached(ttl = "1h", skip(gate))]
    async fn slow(gate: &Gate, id: u64) -> u64 {
        gate.pass().await;
        id
    }
    #[cache_put(slow(id))]
    async fn change(id: u64) -> u64 {
        id + 100
    }
    isolated(|_| {
        let gate = Gate::closed();
        let (mut load, mut waiter) = (Step::held(slow(&gate, 1)), Step::held(slow(&gate, 1)));
        now(change(1));
        assert_eq!(waiter.done(), 101);
        gate.let_through(1);
        assert_eq!((load.done(), slow::peek(1)), (1, Some(101)));
    });
}

#[test]
fn what_was_built_from_the_old_entry_goes_and_what_is_built_from_the_new_one_stays() {
    #[cached(ttl = "1h")]
    async fn page(id: u64) -> String {
        now(user(id)).expect("it loads").name
    }
    isolated(|cache| {
        assert_eq!(now(page(1)), "loaded");
        ignore(now(rename(1, "Ada".to_owned())));
        assert_eq!((page::peek(1), now(page(1)).as_str(), now(page(1)).as_str()), (None, "Ada", "Ada"));
        cache.assert_loads("page", 2);
        ignore(now(rename(1, "Bob".to_owned())));
        assert_eq!((page::peek(1), now(page(1)).as_str()), (None, "Bob"));
    });
}

#[test]
fn what_is_built_from_an_entry_that_overtook_a_load_stays_too() {
    #[cached(ttl = "1h", skip(gate))]
    async fn slow(gate: &Gate, id: u64) -> u64 {
        gate.pass().await;
        id
    }
    #[cached(ttl = "1h", skip(gate))]
    async fn page(gate: &Gate, id: u64) -> u64 {
        slow(gate, id).await + 1
    }
    #[cache_put(slow(id))]
    async fn change(id: u64) -> u64 {
        id + 100
    }
    isolated(|cache| {
        let gate = Gate::closed();
        let mut old = Step::held(page(&gate, 1));
        now(change(1));
        gate.let_through(1);
        assert_eq!((old.done(), page::peek(1)), (2, None));
        assert_eq!((now(page(&gate, 1)), page::peek(1)), (102, Some(102)));
        now(change(1));
        assert_eq!(page::peek(1), None);
        cache.assert_loads("page", 2);
    });
}

#[test]
fn between_threads_the_source_and_the_entry_agree_or_there_is_none() {
    static SOURCE: AtomicU64 = AtomicU64::new(0);

    #[cached(ttl = "1h", tags = ["sources"])]
    fn source() -> u64 {
        SOURCE.load(Ordering::SeqCst)
    }
    #[cache_put(source())]
    fn put(value: u64) -> u64 {
        SOURCE.store(value, Ordering::SeqCst);
        value
    }
    #[cache_put(source(), source())]
    #[cache_invalidate(tags = ["none"], on = "around")]
    fn put_twice(value: u64) -> Result<u64, String> {
        SOURCE.store(value, Ordering::SeqCst);
        Ok(value)
    }
    #[cache_invalidate(source())]
    fn drop_key(value: u64) {
        SOURCE.store(value, Ordering::SeqCst);
    }
    #[cache_invalidate(tags = ["sources"])]
    fn drop_tag(value: u64) {
        SOURCE.store(value, Ordering::SeqCst);
    }

    let cache = Cache::new();
    let barrier = Barrier::new(3);
    let mutators: [fn(u64); 4] = [|value| ignore(put(value)), |value| ignore(put_twice(value)), drop_key, drop_tag];
    let kept = (0..4_000_u64).filter(|round| {
        std::thread::scope(|threads| {
            for thread in 0..3 {
                let (cache, barrier) = (&cache, &barrier);
                let which = (round / [1, 4, 16][thread as usize] % 5) as usize;
                threads.spawn(move || {
                    cache.scope_sync(|| {
                        barrier.wait();
                        match mutators.get(which) {
                            Some(mutator) => mutator(round * 3 + thread + 1),
                            None => ignore(source()),
                        }
                    });
                });
            }
        });
        let entry = cache.scope_sync(source::peek);
        assert!(entry.is_none_or(|entry| entry == SOURCE.load(Ordering::SeqCst)), "round {round}: {entry:?}");
        entry.is_some()
    });
    assert!(kept.count() > 0, "some puts are not overtaken");
}
