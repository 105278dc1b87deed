//! `key`: what tells entries apart.

use cache_core::test_util::TestCache;
use cache_core::{CacheKey, cached};

#[derive(Clone)]
struct Shop {
    id: u32,
    address: Address,
}

#[derive(Clone)]
struct Address {
    city: &'static str,
    codes: (u8, u16),
}

impl Shop {
    fn new(id: u32, city: &'static str) -> Self {
        Self { id, address: Address { city, codes: (7, 8) } }
    }

    fn address(&self) -> &Address {
        &self.address
    }

    #[cached(ttl = "1h", key = "{self.id}/{self.address().codes.0}")]
    fn city(&self) -> String {
        self.address.city()
    }
}

impl Address {
    fn city(&self) -> String {
        self.city.to_uppercase()
    }
}

#[test]
fn without_a_template_all_arguments_are_the_key_in_order() {
    #[cached(ttl = "1h")]
    fn load(first: u64, second: &str, third: Option<bool>) -> String {
        format!("{first} {second} {third:?}")
    }
    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..2 {
            assert_eq!(load(1, "a", None), "1 a None");
            assert_eq!(load(2, "a", None), "2 a None");
            assert_eq!(load(1, "b", None), "1 b None");
            assert_eq!(load(1, "a", Some(true)), "1 a Some(true)");
        }
        assert!(load::key(1, "a", Some(true)).ends_with("::load:1:a:true"));
    });
    test.assert_loads("load", 4);
}

#[test]
fn without_arguments_there_is_one_entry() {
    #[cached(ttl = "1h")]
    fn load() -> u8 {
        1
    }
    let test = TestCache::new();
    test.run_sync(|| assert_eq!((load(), load(), load::peek()), (1, 1, Some(1))));
    test.assert_loads("load", 1);
}

#[test]
fn a_template_may_take_fields_and_methods_and_chains_of_them() {
    #[cached(ttl = "1h", key = "{shop.id}:{shop.address.city}:{shop.address().codes.1}:{shop.address().city()}")]
    fn load(shop: &Shop) -> u32 {
        shop.id
    }
    let test = TestCache::new();
    test.run_sync(|| {
        let (first, same, other) = (Shop::new(1, "Ulm"), Shop::new(1, "Ulm"), Shop::new(1, "Jena"));
        assert_eq!((load(&first), load(&same), load(&other)), (1, 1, 1));
        assert!(load::key(&first).ends_with("::load:1:Ulm:8:ULM"));
    });
    test.assert_loads("load", 2);
}

#[test]
fn what_the_template_leaves_out_of_an_argument_does_not_matter() {
    #[cached(ttl = "1h", key = "{shop.id}")]
    fn load(shop: &Shop) -> String {
        shop.address.city()
    }
    TestCache::new().run_sync(|| {
        assert_eq!(load(&Shop::new(1, "Ulm")), "ULM");
        assert_eq!(load(&Shop::new(1, "Jena")), "ULM");
        assert_eq!(load(&Shop::new(2, "Jena")), "JENA");
    });
}

#[test]
fn self_may_be_in_it() {
    #[derive(Clone, PartialEq)]
    struct Id(u64);
    impl CacheKey for Id {
        type Owned = u64;
        fn hash_key<H: std::hash::Hasher>(&self, hasher: &mut H) {
            self.0.hash_key(hasher);
        }
        fn eq_owned(&self, owned: &u64) -> bool {
            self.0 == *owned
        }
        fn to_owned_key(&self) -> u64 {
            self.0
        }
        fn encode(&self, writer: &mut cache_core::KeyWriter<'_>) {
            self.0.encode(writer);
        }
    }
    impl Id {
        #[cached(ttl = "1h", key = "{self}:{more}")]
        fn plus(&self, more: u64) -> u64 {
            self.0 + more
        }
    }
    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..2 {
            assert_eq!((Id(1).plus(1), Id(2).plus(1), Id(1).plus(2)), (2, 3, 3));
        }
        let (first, second) = (Shop::new(1, "Ulm"), Shop::new(2, "Jena"));
        assert_eq!((first.city(), second.city()), ("ULM".to_owned(), "JENA".to_owned()));
        assert!(first.key_city().ends_with("::city:1/7"), "{}", first.key_city());
    });
    test.assert_loads("plus", 3);
    test.assert_loads("city", 2);
}

#[test]
fn doubled_braces_are_braces() {
    #[cached(ttl = "1h", key = "all {{}}", name = "constant")]
    fn constant() -> u8 {
        1
    }
    #[cached(ttl = "1h", key = "{{{id}}}x{{{{{id}", name = "around")]
    fn around(id: u8) -> u8 {
        id
    }
    TestCache::new().run_sync(|| {
        assert_eq!(constant::key(), "constant:all {}");
        assert_eq!(around::key(3), "around:{3}x{{3");
        assert_eq!((around(3), around(4), constant()), (3, 4, 1));
    });
}

#[test]
fn raw_identifiers_and_keywords_are_names_like_others() {
    struct Row {
        r#type: u8,
    }
    #[cached(ttl = "1h", key = "{r#match}:{row.type}:{row.r#type}", name = "raw")]
    fn load(r#match: u8, row: &Row) -> u8 {
        r#match + row.r#type
    }
    TestCache::new().run_sync(|| {
        assert_eq!(load(1, &Row { r#type: 2 }), 3);
        assert_eq!(load::key(1, &Row { r#type: 2 }), "raw:1:2:2");
    });
}

#[test]
fn owned_and_borrowed_arguments_of_one_value_meet() {
    #[cached(ttl = "1h", key = "{names}:{id}")]
    fn load(names: &[String], id: &Option<String>) -> usize {
        names.len() + id.iter().len()
    }
    let test = TestCache::new();
    test.run_sync(|| {
        let (names, id) = (vec!["a".to_owned()], Some("b".to_owned()));
        assert_eq!(load(&names, &id), 2);
        assert_eq!(load(&names.clone(), &id.clone()), 2);
        drop((names, id));
        assert_eq!(load::peek(&["a".to_owned()], &Some("b".to_owned())), Some(2));
    });
    test.assert_loads("load", 1);
}

#[test]
fn twelve_arguments_are_a_key() {
    #[cached(ttl = "1h", name = "twelve")]
    #[allow(clippy::too_many_arguments)]
    fn load(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: u8) -> u8 {
        a + b + c + d + e + f + g + h + i + j + k + l
    }
    TestCache::new().run_sync(|| {
        assert_eq!(load(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), 78);
        assert_eq!(load::key(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), "twelve:1:2:3:4:5:6:7:8:9:10:11:12");
    });
}

#[test]
fn an_argument_that_the_body_changes_keys_by_what_came_in() {
    #[cached(ttl = "1h")]
    fn load(mut id: u64) -> u64 {
        id += 1;
        id
    }
    TestCache::new().run_sync(|| {
        assert_eq!((load(1), load(1), load(2)), (2, 2, 3));
        assert_eq!((load::peek(1), load::peek(3)), (Some(2), None));
    });
}
