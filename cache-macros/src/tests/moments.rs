//! `on = …` of `#[cache_invalidate]`: expansions.

use proc_macro2::TokenStream;
use quote::quote;

use super::pretty;
use crate::expand::invalidate::invalidate;

fn asynchronous(attr: TokenStream) -> String {
    let item = quote!(
        async fn update(db: &Db, id: u64) -> Result<User, Error> {
            db.update(id).await
        }
    );
    pretty(invalidate(attr, item))
}

fn blocking(attr: TokenStream) -> String {
    let item = quote!(
        fn update(db: &Db, id: u64) -> Result<User, Error> {
            db.update(id)
        }
    );
    pretty(invalidate(attr, item))
}

#[test]
fn always() {
    insta::assert_snapshot!(asynchronous(quote!(get_user(id), tags = ["user:{id}"], on = "always")));
}

#[test]
fn always_with_what_was_returned() {
    insta::assert_snapshot!(blocking(quote!(get_user(id), tags = ["org:{ret.org}"], cache = db.cache, on = "always")));
}

#[test]
fn before() {
    insta::assert_snapshot!(asynchronous(quote!(get_user(id), tags = ["user:{id}"], on = "before")));
}

#[test]
fn around() {
    insta::assert_snapshot!(blocking(quote!(get_user(id), on = "around")));
}

#[test]
fn the_default_is_ok() {
    assert_eq!(asynchronous(quote!(get_user(id), on = "ok")), asynchronous(quote!(get_user(id))));
}
