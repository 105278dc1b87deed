//! `#[cache_put]`: expansions and messages.

use quote::quote;

use super::{messages, pretty};
use crate::expand::impl_block::impl_block;
use crate::expand::put::put;

#[test]
fn an_async_function_fills_two_entries() {
    insta::assert_snapshot!(pretty(put(
        quote!(get_user(id), crate::names::by_name::<Eu>(ret.name.clone())),
        quote!(
            pub async fn update(db: &Db, id: u64, input: Input) -> Result<User, Error> {
                db.update(id, input).await
            }
        ),
    )));
}

#[test]
fn a_function_that_is_not_async_in_a_cache_of_its_own() {
    insta::assert_snapshot!(pretty(put(
        quote!(get_user(id), cache = cache, crate = framework::cache_core),
        quote!(
            fn update(cache: &Cache, id: u64) -> User {
                update(id)
            }
        ),
    )));
}

#[test]
fn a_method_with_two_attributes() {
    insta::assert_snapshot!(pretty(impl_block(
        quote!(),
        quote!(
            impl Repo {
                #[cache_put(self.user(id))]
                #[doc = "Renames a user."]
                #[cache_core::cache_invalidate(self.names())]
                async fn rename(&mut self, id: u64) -> Option<User> {
                    self.db.rename(id).await
                }
            }
        ),
    )));
}

#[test]
fn every_message_says_what_to_write() {
    let item = quote!(
        async fn set(&self, id: u64) -> u64 {
            id
        }
    );
    for attr in [
        quote!(),
        quote!(get),
        quote!(get[id]),
        quote!(Repo::get(id)),
        quote!(get(id), on = "ok"),
        quote!(get(id), on),
        quote!(get(id), tags = ["a"]),
        quote!(get(id), ttl = "5m"),
        quote!(get(id), cache = a, cache = b),
    ] {
        let found = messages(&put(attr.clone(), item.clone()));
        assert_eq!(found.len(), 1, "{attr}: {found:?}");
        assert!(found[0].contains("\nhelp: "), "{attr}: {found:?}");
    }
    for item in [
        "struct Set;",
        "fn set(id: u64) -> impl Sized { id }",
        "const fn set() -> u64 { 1 }",
        "fn set(id: u64) {}",
        "fn set(id: u64) -> () {}",
        "fn set(id: u64) -> ! { loop {} }",
        "fn set(id: u64) -> io::Result<()> { Ok(()) }",
        "fn set(id: u64) -> Result<Option<()>, E> { Ok(None) }",
    ] {
        let found = messages(&put(quote!(get(id)), item.parse().expect("tokens")));
        assert_eq!(found.len(), 1, "{item}: {found:?}");
        assert!(found[0].contains("\nhelp: "), "{item}: {found:?}");
    }
}

#[test]
fn after_a_mistake_no_attribute_of_ours_is_left() {
    let expanded = impl_block(
        quote!(),
        quote!(
            impl Repo {
                #[cache_put(self.user(id))]
                #[cache_invalidate(self.names(), on = "never")]
                #[cache_put()]
                fn rename(&mut self, id: u64) -> u64 {
                    id
                }
            }
        ),
    );
    assert_eq!(messages(&expanded).len(), 1);
    let text = expanded.to_string();
    assert!(
        text.contains("fn rename") && !text.contains("cache_put (") && !text.contains("cache_invalidate ("),
        "{text}"
    );
}
