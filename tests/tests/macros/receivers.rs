//! Methods: of generic types, with receivers of every kind, without `#[cached_impl]`.

use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use cache_core::test_util::TestCache;
use cache_core::{cache_invalidate, cached};

use crate::now;

trait Table {
    const BASE: u64;
}

struct Users;
struct Orders;

impl Table for Users {
    const BASE: u64 = 100;
}

impl Table for Orders {
    const BASE: u64 = 200;
}

struct Repo<T, const SHARD: u64 = 0> {
    tenant: u64,
    table: PhantomData<T>,
}

impl<T, const SHARD: u64> Repo<T, SHARD> {
    fn of(tenant: u64) -> Self {
        Repo { tenant, table: PhantomData }
    }
}

impl<T: Table, const SHARD: u64> Repo<T, SHARD> {
    #[cached(ttl = "1h", skip(self))]
    async fn shared(&self, id: u64) -> Result<u64, String> {
        let base = id.checked_add(T::BASE + SHARD).ok_or("too big")?;
        Ok(base + self.tenant)
    }

    #[cached(ttl = "1h", key = "{self.tenant}:{id}", tags = ["tenant:{self.tenant}", "row:{ret}"])]
    fn keyed(&self, id: u64) -> u64 {
        T::BASE + SHARD + self.tenant * 10 + id
    }

    #[cached(ttl = "1h", skip(self), helpers = false)]
    async fn alone<U: Table>(&self, id: u64) -> u64 {
        T::BASE * 10 + U::BASE + SHARD + id
    }

    #[cached(ttl = "1h")]
    fn without(id: u64) -> u64 {
        Self::of(0).tenant + T::BASE + SHARD + id
    }

    #[cache_invalidate(self.shared(id), self.keyed(id))]
    fn set(&mut self, id: u64) {
        self.tenant += id;
    }
}

#[test]
fn methods_of_a_generic_type_are_apart_by_its_parameters() {
    let test = TestCache::new();
    test.run_sync(|| {
        let (users, orders, shard) = (Repo::<Users>::of(1), Repo::<Orders>::of(1), Repo::<Users, 5>::of(1));
        for _ in 0..2 {
            assert_eq!(
                (now(users.shared(1)), now(orders.shared(1)), now(shard.shared(1))),
                (Ok(102), Ok(202), Ok(107))
            );
            assert_eq!((users.keyed(1), orders.keyed(1), shard.keyed(1)), (111, 211, 116));
            assert_eq!((now(users.alone::<Users>(1)), now(users.alone::<Orders>(1))), (1_101, 1_201));
            assert_eq!((now(orders.alone::<Users>(1)), now(shard.alone::<Users>(1))), (2_101, 1_106));
            assert_eq!((Repo::<Users>::without(1), Repo::<Orders>::without(1)), (101, 201));
        }
        assert!(now(users.shared(u64::MAX)).is_err());
    });
    let loads: u64 = test.cache().regions().iter().map(|region| region.stats().loads).sum();
    assert_eq!(loads, 3 + 3 + 4 + 2 + 1, "each once, and the error");
    assert!(test.events().is_empty(), "{:?}", test.events());
}

#[test]
fn what_is_in_the_key_of_self_tells_instances_apart_and_what_is_skipped_does_not() {
    TestCache::new().run_sync(|| {
        let (mut one, two) = (Repo::<Users>::of(1), Repo::<Users>::of(2));
        assert_eq!((one.keyed(1), two.keyed(1)), (111, 121));
        assert_eq!((now(one.shared(1)), now(two.shared(1))), (Ok(102), Ok(102)));
        assert_eq!((one.peek_keyed(1), two.peek_keyed(1)), (Some(111), Some(121)));
        one.set(1);
        assert_eq!((Repo::<Users>::of(1).peek_keyed(1), two.peek_keyed(1)), (None, Some(121)));
        assert_eq!(now(two.shared(1)), Ok(103), "all instances share it");
    });
}

#[test]
fn every_receiver_the_language_has_works() {
    struct Row {
        id: u64,
        loads: u64,
    }
    impl Row {
        #[cached(ttl = "1h", key = "{self.id}")]
        async fn by_arc(self: Arc<Self>) -> u64 {
            self.id + self.loads
        }

        #[cached(ttl = "1h", key = "{self.id}:{by}")]
        async fn by_borrowed_arc(self: &Arc<Self>, by: &str) -> u64 {
            Arc::clone(self).by_arc().await + by.len() as u64
        }

        #[cached(ttl = "1h", key = "{self.id}")]
        #[allow(clippy::boxed_local)]
        fn by_box(mut self: Box<Self>) -> u64 {
            self.loads += 1;
            self.id + self.loads
        }

        #[cached(ttl = "1h", key = "{self.id}")]
        async fn by_rc(self: Rc<Self>) -> u64 {
            self.id + self.loads
        }

        #[cached(ttl = "1h", key = "{self.id}")]
        async fn by_pin(self: Pin<&Self>) -> u64 {
            self.id + self.loads
        }

        #[cached(ttl = "1h", key = "{self.id}")]
        async fn by_pinned_mut(mut self: Pin<&mut Self>) -> u64 {
            self.loads += 1;
            self.id + self.loads
        }

        #[cached(ttl = "1h", key = "{self.id}", helpers = false)]
        async fn in_place(self: Arc<Self>) -> Option<u64> {
            if self.id == 0 {
                return None;
            }
            Some(self.id + self.loads)
        }
    }
    let row = |loads| Row { id: 10, loads };
    TestCache::new().run_sync(|| {
        // Each second call would count to another sum.
        assert_eq!((now(Arc::new(row(1)).by_arc()), now(Arc::new(row(2)).by_arc())), (11, 11));
        let shared = (Arc::new(row(1)), Arc::new(row(2)));
        assert_eq!((now(shared.0.by_borrowed_arc("a")), now(shared.1.by_borrowed_arc("a"))), (12, 12));
        assert_eq!((Box::new(row(1)).by_box(), Box::new(row(2)).by_box()), (12, 12));
        assert_eq!((now(Rc::new(row(1)).by_rc()), now(Rc::new(row(2)).by_rc())), (11, 11));
        assert_eq!((now(Pin::new(&row(1)).by_pin()), now(Pin::new(&row(2)).by_pin())), (11, 11));
        assert_eq!((now(Pin::new(&mut row(1)).by_pinned_mut()), now(Pin::new(&mut row(2)).by_pinned_mut())), (12, 12));
        assert_eq!((now(Arc::new(row(1)).in_place()), now(Arc::new(row(2)).in_place())), (Some(11), Some(11)));
        // Helpers borrow it, whatever it is.
        assert_eq!((row(0).peek_by_arc(), row(0).peek_by_box(), row(0).peek_by_pin()), (Some(11), Some(12), Some(11)));
        row(0).invalidate_by_rc().detach();
        assert_eq!((row(0).peek_by_rc(), now(Rc::new(row(2)).by_rc())), (None, 12));
    });
}

/// The methods of the trait itself, which its types inherit.
trait Inherited {
    const BASE: u64;

    #[cached(ttl = "1h", skip(self), helpers = false)]
    async fn in_place(&self, id: u64) -> Result<u64, String> {
        if id == 0 {
            return Err("zero".to_owned());
        }
        Ok(Self::BASE + id)
    }

    #[cached(ttl = "1h", skip(self))]
    fn with_helpers(&self, id: u64) -> u64 {
        Self::BASE + id
    }
}

struct Borrowed<'a>(&'a str);

impl Inherited for Borrowed<'_> {
    const BASE: u64 = 10;
}

impl Inherited for Users {
    const BASE: u64 = 20;
}

#[test]
fn inherited_methods_are_apart_by_their_types() {
    let test = TestCache::new();
    test.run_sync(|| {
        let text = "a".to_owned();
        let borrowed = Borrowed(&text);
        for _ in 0..2 {
            assert_eq!((now(borrowed.in_place(1)), now(Users.in_place(1))), (Ok(11), Ok(21)), "{}", borrowed.0);
            assert_eq!((borrowed.with_helpers(1), Users.with_helpers(1)), (11, 21));
        }
        Users.invalidate_with_helpers(1).detach();
        assert_eq!((borrowed.peek_with_helpers(1), Users.peek_with_helpers(1)), (Some(11), None));
    });
    let loads: u64 = test.cache().regions().iter().map(|region| region.stats().loads).sum();
    assert_eq!(loads, 4);
    assert!(test.events().is_empty(), "{:?}", test.events());
}
