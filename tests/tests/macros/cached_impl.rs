//! `#[cached_impl]`: methods whose block is known.

use std::marker::PhantomData;

use cache_core::test_util::TestCache;
use cache_core::{cache_invalidate, cached, cached_impl};

use crate::now;

trait Table: Send + Sync + 'static {
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

fn names(test: &TestCache) -> Vec<String> {
    let mut names: Vec<String> = test.cache().regions().iter().map(|region| region.name().to_owned()).collect();
    names.sort();
    names
}

struct Plain {
    base: u64,
}

#[cached_impl]
impl Plain {
    const EXTRA: u64 = 1;

    #[cached(ttl = "1h", key = "{self.base}:{id}")]
    async fn get(&self, id: u64) -> Option<u64> {
        (id > 0).then_some(self.base + id + Self::EXTRA)
    }

    #[cached(ttl = "1h")]
    fn make(base: u64) -> u64 {
        base + Self::EXTRA
    }

    /// Not cached: left as it is.
    fn untouched(&self) -> u64 {
        self.base
    }

    #[cache_invalidate(self.get(id), self.get(ret))]
    async fn set(&mut self, id: u64, base: u64) -> Result<u64, String> {
        if base == 0 {
            return Err("zero".to_owned());
        }
        self.base += 0;
        Ok(base)
    }
}

#[test]
fn an_inherent_impl_has_cached_methods_and_mutators() {
    let test = TestCache::new();
    test.run_sync(|| {
        let mut plain = Plain { base: 10 };
        assert_eq!((now(plain.get(1)), now(plain.get(1)), now(plain.get(0))), (Some(12), Some(12), None));
        now(plain.get(2));
        assert_eq!(now(plain.set(1, 0)), Err("zero".to_owned()));
        assert_eq!((plain.peek_get(1), plain.peek_get(2)), (Some(12), Some(13)));
        assert_eq!(now(plain.set(1, 2)), Ok(2));
        assert_eq!((plain.peek_get(1), plain.peek_get(2)), (None, None));
        assert_eq!(plain.untouched(), 10);
    });
    test.assert_loads("Plain::get", 3);
}

#[test]
fn associated_functions_have_helpers_too() {
    let test = TestCache::new();
    test.run_sync(|| {
        assert_eq!((Plain::make(1), Plain::make(1), Plain::peek_make(1)), (2, 2, Some(2)));
        Plain::put_make(2, 9).detach();
        Plain::invalidate_make(1).detach();
        assert_eq!((Plain::peek_make(1), Plain::make(2)), (None, 9));
        Plain::invalidate_all_make().detach();
        assert_eq!((Plain::peek_make(2), Plain::refresh_make(2), Plain::uncached_make(2)), (None, 3, 3));
    });
    assert_eq!(names(&test), ["macros::cached_impl::Plain::make"]);
}

struct Repo<'a, T> {
    tenant: &'a str,
    table: PhantomData<T>,
}

#[cached_impl]
impl<'a, T: Table> Repo<'a, T> {
    #[cached(ttl = "1h", key = "{self.tenant}:{id}")]
    async fn get(&self, id: u64) -> u64 {
        self.tenant.len() as u64 + T::BASE + id
    }

    #[cached(ttl = "1h", skip(self))]
    fn scaled<const N: u64>(&self, id: u64) -> u64 {
        T::BASE * N + id
    }

    #[cache_invalidate(self.get(id), self.scaled::<2>(id))]
    fn set(&self, id: u64) -> u64 {
        id
    }
}

#[test]
fn instances_of_a_generic_type_are_apart() {
    let test = TestCache::new();
    test.run_sync(|| {
        let tenant = "acme".to_owned();
        let users = Repo::<Users> { tenant: &tenant, table: PhantomData };
        let orders = Repo::<Orders> { tenant: &tenant, table: PhantomData };
        for _ in 0..2 {
            assert_eq!((now(users.get(1)), now(orders.get(1))), (105, 205));
            assert_eq!((users.scaled::<2>(1), users.scaled::<3>(1), orders.scaled::<2>(1)), (201, 301, 401));
        }
        users.set(1);
        assert_eq!((users.peek_get(1), orders.peek_get(1)), (None, Some(205)));
        assert_eq!((users.peek_scaled::<2>(1), users.peek_scaled::<3>(1)), (None, Some(301)));
        assert_eq!(orders.peek_scaled::<2>(1), Some(401));
    });
    assert_eq!(names(&test).len(), 5);
    assert!(test.events().is_empty(), "{:?}", test.events());
}

trait Load {
    type Error;
    const BASE: u64;

    fn load(&self, id: u64) -> impl Future<Output = Result<u64, Self::Error>>;
    fn twice(&self, id: u64) -> u64;
    fn change(&mut self, id: u64) -> Result<u64, Self::Error>;
}

#[derive(Debug, PartialEq)]
struct Failure;

struct Beside<T>(T);

#[cached_impl]
impl<T: Clone + Into<u64> + Send + Sync + 'static> Load for Beside<T> {
    type Error = Failure;
    const BASE: u64 = 2;

    #[cached(ttl = "1h", key = "{self.0.clone().into()}:{id}")]
    async fn load(&self, id: u64) -> Result<u64, Self::Error> {
        if id == 0 {
            return Err(Failure);
        }
        Ok(self.0.clone().into() + id + Self::BASE)
    }

    #[cached(ttl = "1h", skip(self))]
    fn twice(&self, id: u64) -> u64 {
        id * 2
    }

    #[cache_invalidate(self.load(id), self.twice(id))]
    fn change(&mut self, id: u64) -> Result<u64, Self::Error> {
        if id == 0 { Err(Failure) } else { Ok(id) }
    }
}

#[test]
fn a_trait_impl_has_its_helpers_beside_it() {
    let test = TestCache::new();
    test.run_sync(|| {
        let mut beside = Beside(10_u32);
        assert_eq!((now(beside.load(1)), now(beside.load(1)), now(beside.load(0))), (Ok(13), Ok(13), Err(Failure)));
        assert_eq!((beside.twice(4), beside.twice(4), beside.peek_twice(4)), (8, 8, Some(8)));
        assert_eq!((beside.peek_load(1), Beside(11_u32).peek_load(1)), (Some(13), None));
        assert_eq!((beside.change(0), beside.peek_load(1)), (Err(Failure), Some(13)));
        assert_eq!((beside.change(1), beside.peek_load(1), beside.peek_twice(4)), (Ok(1), None, Some(8)));
        beside.put_load(1, 7).detach();
        assert_eq!(now(beside.load(1)), Ok(7));
        assert_eq!((now(beside.refresh_load(1)), now(beside.uncached_load(1))), (Ok(13), Ok(13)));
    });
    test.assert_loads("twice", 1);
}

#[test]
fn two_traits_may_have_methods_of_one_name() {
    trait First {
        fn name(&self) -> &'static str;
    }
    trait Second {
        fn name(&self) -> &'static str;
    }
    struct Both;
    impl First for Both {
        #[cached(ttl = "1h", skip(self), helpers = false)]
        fn name(&self) -> &'static str {
            "first"
        }
    }
    impl Second for Both {
        #[cached(ttl = "1h", skip(self), helpers = false)]
        fn name(&self) -> &'static str {
            "second"
        }
    }
    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..2 {
            assert_eq!((First::name(&Both), Second::name(&Both)), ("first", "second"));
        }
    });
    assert!(test.events().is_empty(), "{:?}", test.events());
}

#[test]
fn a_trait_impl_without_the_attribute_is_cached_without_helpers() {
    struct InPlace(u64);
    impl Load for InPlace {
        type Error = Failure;
        const BASE: u64 = 1;

        #[cached(ttl = "1h", key = "{self.0}:{id}", helpers = false)]
        async fn load(&self, id: u64) -> Result<u64, Self::Error> {
            if id == 0 {
                return Err(Failure);
            }
            Ok(self.0 + id + Self::BASE)
        }

        #[cached(ttl = "1h", skip(self), helpers = false, tags = ["twice:{ret}"])]
        fn twice(&self, mut id: u64) -> u64 {
            if id == 0 {
                return 0;
            }
            id *= 2;
            id
        }

        #[cache_invalidate(tags = ["twice:{ret}"])]
        fn change(&mut self, id: u64) -> Result<u64, Self::Error> {
            Ok(id)
        }
    }
    let test = TestCache::new();
    test.run_sync(|| {
        let mut place = InPlace(10);
        assert_eq!((now(place.load(1)), now(place.load(1)), now(place.load(0))), (Ok(12), Ok(12), Err(Failure)));
        assert_eq!((place.twice(4), place.twice(4), place.change(8), place.twice(4)), (8, 8, Ok(8), 8));
    });
    test.assert_loads("load", 2);
    test.assert_loads("twice", 2);
}
