//! `skip`: arguments that do not influence the result.

use std::cell::Cell;

use cache_core::cached;
use cache_core::test_util::TestCache;

use crate::now;

/// Neither `Clone` nor `Send` nor a key.
struct Db<'a>(&'a Cell<u32>);

#[test]
fn what_is_skipped_is_no_part_of_the_key() {
    #[cached(ttl = "1h", skip(db, label), name = "row")]
    fn load(db: &Db<'_>, id: u64, label: &str) -> String {
        db.0.set(db.0.get() + 1);
        format!("{label} {id}")
    }
    TestCache::new().run_sync(|| {
        let (first, second) = (Cell::new(0), Cell::new(0));
        assert_eq!(load(&Db(&first), 1, "a"), "a 1");
        assert_eq!(load(&Db(&second), 1, "b"), "a 1", "the label was said not to matter");
        assert_eq!((first.get(), second.get()), (1, 0));
        assert_eq!((load::key(1), load::peek(1)), ("row:1".to_owned(), Some("a 1".to_owned())));
    });
}

#[test]
fn everything_may_be_skipped() {
    #[cached(ttl = "1h", skip(first, second))]
    fn load(first: f64, second: &dyn Fn() -> f64) -> u8 {
        (first + second()) as u8
    }
    TestCache::new().run_sync(|| {
        assert_eq!((load(1.5, &|| 1.5), load(9.5, &|| 1.5)), (3, 3));
        load::invalidate().detach();
        assert_eq!(load(9.5, &|| 1.5), 11);
    });
}

#[test]
fn self_may_be_skipped() {
    struct Repo(u64);
    impl Repo {
        #[cached(ttl = "1h", skip(self))]
        fn get(&self, id: u64) -> u64 {
            self.0 + id
        }
    }
    TestCache::new().run_sync(|| assert_eq!((Repo(10).get(1), Repo(20).get(1), Repo(20).get(2)), (11, 11, 22)));
}

#[test]
fn a_mutable_borrow_may_be_skipped() {
    #[cached(ttl = "1h", skip(connection))]
    async fn load(connection: &mut Vec<u64>, id: u64) -> usize {
        connection.push(id);
        connection.len()
    }
    TestCache::new().run_sync(|| {
        let mut connection = Vec::new();
        assert_eq!(now(load(&mut connection, 5)), 1);
        assert_eq!(now(load(&mut connection, 5)), 1);
        assert_eq!(now(load(&mut connection, 6)), 2);
        assert_eq!(connection, [5, 6]);
    });
}

#[test]
fn a_skipped_argument_may_be_an_impl_trait() {
    #[cached(ttl = "1h", skip(query))]
    fn load(query: impl Fn(u64) -> u64, id: u64) -> u64 {
        query(id)
    }
    TestCache::new().run_sync(|| {
        assert_eq!(load(|id| id + 1, 1), 2);
        assert_eq!(load(|id| id + 2, 1), 2);
        load::invalidate(1).detach();
        assert_eq!(load(|id| id + 2, 1), 3);
    });
}

#[test]
fn a_skipped_argument_may_be_used_in_tags() {
    #[cached(ttl = "1h", skip(tenant), tags = ["tenant:{tenant}"])]
    fn load(tenant: u64, id: u64) -> u64 {
        tenant + id
    }
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!(load(1, 1), 2);
        test.cache().invalidate_tag("tenant:1").detach();
        assert_eq!(load::peek(1), None);
    });
}
