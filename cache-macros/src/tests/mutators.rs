//! `#[cache_invalidate]` and `#[cached_impl]`: expansions and messages.

use quote::quote;

use super::{messages, pretty};
use crate::expand::impl_block::impl_block;
use crate::expand::invalidate::invalidate;

#[test]
fn an_async_mutator() {
    insta::assert_snapshot!(pretty(invalidate(
        quote!(get_user(id), crate::orders::by_user::<Eu>(id, input.page()), tags = ["org:{input.org}"]),
        quote!(
            pub async fn update(db: &Db, id: u64, input: Input) -> Result<User, Error> {
                db.update(id, input).await
            }
        ),
    )));
}

#[test]
fn a_mutator_whose_targets_mention_ret() {
    insta::assert_snapshot!(pretty(invalidate(
        quote!(list(), get_user(ret.id), tags = ["user:{ret.id}:{org}"], cache = cache),
        quote!(
            fn create(cache: &Cache, org: u64) -> Result<User, Error> {
                insert(org)
            }
        ),
    )));
}

#[test]
fn an_inherent_impl() {
    insta::assert_snapshot!(pretty(impl_block(
        quote!(crate = framework::cache_core),
        quote!(
            impl Repo {
                #[cached(ttl = "5m", key = "{self.tenant}:{id}", tier = "l1")]
                async fn user(&self, id: u64) -> Option<User> {
                    self.db.user(id).await
                }

                fn other(&self) {}

                #[cache_core::cache_invalidate(self.user(id))]
                async fn rename(&mut self, id: u64) {
                    self.db.rename(id).await;
                }
            }
        ),
    )));
}

#[test]
fn a_trait_impl_has_its_helpers_beside_it() {
    insta::assert_snapshot!(pretty(impl_block(
        quote!(),
        quote!(
            impl<T: Table> Load for Repo<T> {
                type Error = Failure;

                #[cached(ttl = "5m", skip(self))]
                async fn load(&self, id: u64) -> Result<u64, Self::Error> {
                    Err(Self::Error::new(id))
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
        quote!(Self::get(id)),
        quote!(get(id), on = "never"),
        quote!(get(id), on = always),
        quote!(get(id), on),
        quote!(get(ret), on = "before"),
        quote!(tags = ["a", "a:{ret.id}"], on = "before"),
        quote!(get(id), tag = ["a"]),
        quote!(get(id), ttl = "5m"),
        quote!(tags = ["a:{idd}"]),
        quote!(tags = "a"),
    ] {
        let found = messages(&invalidate(attr.clone(), item.clone()));
        assert_eq!(found.len(), 1, "{attr}: {found:?}");
        assert!(found[0].contains("\nhelp: "), "{attr}: {found:?}");
    }
    for item in [
        quote!(
            struct Set;
        ),
        quote!(
            fn set(id: u64) -> impl Sized {
                id
            }
        ),
        quote!(
            const fn set() {}
        ),
    ] {
        let found = messages(&invalidate(quote!(get(id)), item.clone()));
        assert_eq!(found.len(), 1, "{item}: {found:?}");
        assert!(found[0].contains("\nhelp: "), "{item}: {found:?}");
    }
}

#[test]
fn an_impl_keeps_its_functions_after_mistakes() {
    let expanded = impl_block(
        quote!(),
        quote!(
            impl Repo {
                #[cached(ttl = "0s", skip(self))]
                fn wrong(&self) -> u64 {
                    1
                }
                #[cached(ttl = "1s", skip(self))]
                fn right(&self) -> u64 {
                    1
                }
                #[cached(ttl = "1s", skip(self))]
                #[cache_invalidate(self.right())]
                fn both(&self) -> u64 {
                    1
                }
            }
        ),
    );
    assert_eq!(messages(&expanded).len(), 2);
    let text = expanded.to_string();
    for name in ["fn wrong", "fn right", "fn both", "fn invalidate_right"] {
        assert!(text.contains(name), "{name}");
    }
}

#[test]
fn an_impl_without_room_for_helpers_is_refused() {
    for item in [
        quote!(
            impl<T> Load<T> for Repo {
                #[cached(ttl = "1s")]
                fn load() -> u64 {
                    1
                }
            }
        ),
        quote!(
            impl Load for &Repo {}
        ),
        quote!(
            fn load() -> u64 {
                1
            }
        ),
    ] {
        let found = messages(&impl_block(quote!(), item));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("\nhelp: "), "{found:?}");
    }
}
