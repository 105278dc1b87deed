//! Arguments with lifetimes: borrowed, half borrowed, and types of the user's that hold borrows.

use std::borrow::Cow;
use std::fmt::Display;
use std::hash::Hasher;

use cache_core::test_util::TestCache;
use cache_core::{CacheKey, KeyWriter, cached};

use crate::now;

/// A key that borrows, and is kept as what it borrows.
#[derive(Clone, Copy)]
struct Locale<'l> {
    language: &'l str,
    region: Option<&'l str>,
}

impl CacheKey for Locale<'_> {
    type Owned = (Box<str>, Option<Box<str>>);

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        (self.language, self.region).hash_key(hasher);
    }

    fn eq_owned(&self, owned: &Self::Owned) -> bool {
        (self.language, self.region).eq_owned(owned)
    }

    fn to_owned_key(&self) -> Self::Owned {
        (self.language, self.region).to_owned_key()
    }

    fn encode(&self, writer: &mut KeyWriter<'_>) {
        (self.language, self.region).encode(writer);
    }
}

#[cached(ttl = "1h")]
async fn translated<'a, 'b>(text: &'a str, locale: Locale<'b>, cow: Cow<'a, str>, also: &'a Locale<'b>) -> String
where
    'b: 'a,
{
    std::future::ready(()).await;
    format!("{text}{}{:?}{cow}{}", locale.language, locale.region, also.language)
}

#[test]
fn types_with_lifetimes_are_keys() {
    let test = TestCache::new();
    test.run_sync(|| {
        let call = |region: Option<&str>| {
            let (text, language, cow) = ("t".to_owned(), "de".to_owned(), "c".to_owned());
            let locale = Locale { language: &language, region };
            now(translated(&text, locale, Cow::Borrowed(&cow), &Locale { language: "en", region: None }))
        };
        for _ in 0..2 {
            assert_eq!((call(None), call(Some("ch"))), ("tdeNonecen".to_owned(), "tdeSome(\"ch\")cen".to_owned()));
        }
        let (de, en) = (Locale { language: "de", region: None }, Locale { language: "en", region: None });
        assert!(
            translated::peek("t", de, Cow::Owned("c".to_owned()), &en).is_some(),
            "owned or borrowed, it is one key"
        );
        assert_eq!(now(translated::warm([("t", de, Cow::Borrowed("c"), &en)])), 1);
    });
    test.assert_loads("translated", 2);
}

#[test]
fn methods_of_types_with_lifetimes_take_lifetimes_of_their_own() {
    struct View<'v, T: ?Sized> {
        text: &'v T,
    }
    impl<'v, T: AsRef<str> + ?Sized> View<'v, T> {
        #[cached(ttl = "1h", key = "{self.text.as_ref()}:{other}:{view.text}", skip(longest))]
        async fn joined<'a, 'b: 'a>(&self, other: &'a str, view: &View<'b, str>, longest: &mut &'a str) -> String
        where
            'v: 'a,
        {
            *longest = if other.len() > view.text.len() { other } else { view.text };
            format!("{}{other}{}", self.text.as_ref(), view.text)
        }
    }
    TestCache::new().run_sync(|| {
        let (text, mut longest) = ("a".to_owned(), "");
        let (view, other) = (View { text: &text }, View { text: "ccc" });
        assert_eq!(now(view.joined("bb", &other, &mut longest)), "abbccc");
        assert_eq!(longest, "ccc");
        longest = "";
        assert_eq!((now(view.joined("bb", &other, &mut longest)), longest), ("abbccc".to_owned(), ""), "a hit");
    });
}

#[test]
fn trait_objects_functions_and_closures_are_skipped() {
    #[cached(ttl = "1h", skip(shown, read, boxed, pointer))]
    async fn load<'s>(
        id: u64,
        shown: &'s (dyn Display + Sync),
        read: &mut dyn FnMut(u64) -> u64,
        boxed: Box<dyn Fn(&str) -> usize + Send>,
        pointer: for<'f> fn(&'f str) -> &'f str,
    ) -> String {
        format!("{shown}{}{}{}", read(id), boxed("ab"), pointer("c"))
    }
    TestCache::new().run_sync(|| {
        let mut reads = 0;
        let mut read = |id| {
            reads += 1;
            id
        };
        for _ in 0..2 {
            assert_eq!(now(load(1, &"x", &mut read, Box::new(str::len), str::trim)), "x12c");
        }
        assert_eq!((reads, load::peek(1)), (1, Some("x12c".to_owned())));
    });
}

#[test]
fn const_parameters_and_defaults_of_types_hold() {
    struct Grid<T, const W: usize = 2>([T; W]);
    impl<T: CacheKey + Copy + Into<u64>, const W: usize> Grid<T, W>
    where
        [T; W]: CacheKey,
    {
        #[cached(ttl = "1h", key = "{self.0}:{extra}")]
        fn sum<const N: usize>(&self, extra: [u64; N]) -> u64
        where
            [u64; N]: Sized,
        {
            self.0.iter().copied().map(Into::into).sum::<u64>() + extra.iter().sum::<u64>()
        }
    }
    let test = TestCache::new();
    test.run_sync(|| {
        for _ in 0..2 {
            assert_eq!((Grid([1_u8, 2]).sum([1]), Grid([1_u32, 2]).sum([1]), Grid([1_u8, 2]).sum([1, 1])), (4, 4, 5));
        }
        assert_eq!((Grid([1_u8, 2]).peek_sum([1]), Grid([1_u8, 3]).peek_sum([1])), (Some(4), None));
    });
    assert_eq!(test.cache().regions().len(), 3);
}
