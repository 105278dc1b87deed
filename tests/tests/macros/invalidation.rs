//! `Invalidation`: what a transaction changed, dropped after its commit.

use cache_core::test_util::TestCache;
use cache_core::{Cache, Invalidated, Invalidation, Region, Target, cached, cached_impl};
use cache_tests::{Gate, Step};

use crate::{ignore, now};

#[cached(ttl = "1h", tags = ["users", "user:{id}"])]
async fn user(id: u64) -> u64 {
    id
}

#[cached(ttl = "1h", name = "invalidation-names")]
fn by_name(name: &str) -> usize {
    name.len()
}

struct Repo(u64);

#[cached_impl]
impl Repo {
    #[cached(ttl = "1h", key = "{self.0}:{id}")]
    fn row<const N: u64>(&self, id: u64) -> u64 {
        self.0 + id + N
    }
}

fn filled(test: impl FnOnce(&Cache, &Region<u64, char>)) {
    let cache = TestCache::new();
    let region = cache.cache().region::<u64, char>("letters").build().expect("a valid region");
    cache.run_sync(|| {
        (1..=3).for_each(|id| ignore((now(user(id)), Repo(7).row::<1>(id), now(region.put(&id, 'a')))));
        ["Ada", "Bob"].iter().for_each(|name| ignore(by_name(name)));
        test(cache.cache(), &region);
    });
}

fn users() -> [bool; 3] {
    [1, 2, 3].map(|id| user::peek(id).is_some())
}

#[test]
fn nothing_is_dropped_before_it_is_fired() {
    filled(|cache, letters| {
        let repo = Repo(7);
        let mut changed = Invalidation::new(cache);
        changed
            .add(user::target(1))
            .add(repo.target_row::<1>(2))
            .add(letters.target(&3_u64))
            .add(by_name::target("Ada"));
        assert_eq!((users(), by_name::peek("Ada"), letters.peek(&3_u64)), ([true; 3], Some(3), Some('a')));
        assert_eq!(now(changed.fire()), Invalidated::Fleet);
        assert_eq!((users(), by_name::peek("Ada"), by_name::peek("Bob")), ([false, true, true], None, Some(3)));
        assert_eq!((repo.peek_row::<1>(1), repo.peek_row::<1>(2)), (Some(9), None));
        assert_eq!((letters.peek(&2_u64), letters.peek(&3_u64)), (Some('a'), None));
    });
}

#[test]
fn tags_and_regions_are_dropped_together() {
    filled(|cache, letters| {
        let mut changed = Invalidation::new(cache);
        changed.tag("user:1").tags(["user:3", ""]).region("letters").region("no such region");
        changed.tag("");
        assert_eq!((users(), letters.peek(&1_u64)), ([true; 3], Some('a')));
        changed.fire().detach();
        assert_eq!((users(), letters.peek(&1_u64), by_name::peek("Ada")), ([false, true, false], None, Some(3)));
    });
}

#[test]
fn dropped_without_being_fired_it_drops_nothing() {
    filled(|cache, _| {
        let mut changed = Invalidation::new(cache);
        changed.add(user::target(1)).tag("users");
        drop(changed);
        assert_eq!(users(), [true; 3]);
    });
}

#[test]
fn a_future_that_is_not_awaited_has_dropped_all_the_same() {
    filled(|cache, _| {
        let mut changed = Invalidation::new(cache);
        changed.add(user::target(1));
        drop(changed.fire());
        assert_eq!(users(), [false, true, true]);
    });
}

#[test]
fn parts_are_committed_as_one() {
    filled(|cache, _| {
        let (mut whole, mut part) = (Invalidation::new(cache), Invalidation::new(cache));
        assert!(whole.is_empty());
        part.add(user::target(2)).tag("user:3");
        whole.add(user::target(1)).merge(part);
        assert!(!whole.is_empty());
        whole.fire().detach();
        assert_eq!(users(), [false; 3]);
    });
}

#[test]
fn each_part_drops_from_its_own_cache() {
    let other = Cache::new();
    other.scope_sync(|| (1..=3).for_each(|id| ignore(now(user(id)))));
    filled(|cache, _| {
        let (mut whole, mut part) = (Invalidation::new(cache), Invalidation::new(&other));
        part.tag("user:1").add(user::target(2));
        other.scope_sync(|| ignore(part.add(user::target(3))));
        whole.merge(part);
        whole.fire().detach();
        assert_eq!((users(), other.scope_sync(users)), ([true, false, true], [false, true, false]));
    });
}

#[test]
fn a_target_drops_what_is_there_when_it_is_fired() {
    filled(|cache, _| {
        let target: Target = user::target(9);
        let mut changed = Invalidation::new(cache);
        changed.add(target);
        ignore(now(user(9)));
        changed.fire().detach();
        assert_eq!(user::peek(9), None);
    });
}

#[test]
fn a_load_that_began_before_the_commit_does_not_store() {
    #[cached(ttl = "1h", skip(gate))]
    async fn slow(gate: &Gate, id: u64) -> u64 {
        gate.pass().await;
        id
    }
    filled(|cache, _| {
        let gate = Gate::closed();
        let mut changed = Invalidation::new(cache);
        changed.add(slow::target(1));
        let mut load = Step::held(slow(&gate, 1));
        changed.fire().detach();
        gate.let_through(1);
        assert_eq!((load.done(), slow::peek(1)), (1, None));
    });
}

#[test]
fn it_goes_wherever_the_transaction_goes() {
    fn anywhere<T: Send + Sync>(value: T) -> T {
        value
    }
    filled(|cache, _| {
        let mut changed = anywhere(Invalidation::new(cache));
        changed.add(user::target(1));
        std::thread::spawn(|| changed.fire().detach()).join().expect("it does not panic");
        assert_eq!(users(), [false, true, true]);
    });
}
