//! After a mistake the user's item stays: one error message, not twenty about a function that vanished.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use crate::item::Function;

/// The item as it was, beside the errors.
pub(crate) fn with_errors(item: &TokenStream, error: &syn::Error) -> TokenStream {
    let errors = error.to_compile_error();
    quote!(#item #errors)
}

/// Reads the function, or says what the attribute was put on instead.
pub(crate) fn function(attribute: &str, item: &TokenStream) -> syn::Result<Function> {
    match syn::parse2::<Function>(item.clone()) {
        Ok(function) => Ok(function),
        Err(error) if is_function(item) => Err(error),
        Err(_) => {
            let first = item.clone().into_iter().find(|token| KINDS.iter().any(|kind| token.to_string() == *kind));
            let kind = first.as_ref().map_or_else(|| "this item".to_owned(), |kind| format!("`{kind}`"));
            let help = match first.as_ref().map(ToString::to_string).as_deref() {
                Some("impl") => "put it on the functions inside, and `#[cached_impl]` on the `impl` block".to_owned(),
                _ => format!("put `#[{attribute}]` on a function"),
            };
            let what = format!("`#[{attribute}]` goes on a function, not on {kind}\nhelp: {help}");
            Err(match first {
                Some(token) => syn::Error::new(token.span(), what),
                None => syn::Error::new_spanned(item, what),
            })
        }
    }
}

const KINDS: &[&str] =
    &["struct", "enum", "union", "impl", "trait", "mod", "static", "const", "type", "use", "macro_rules"];

/// A `fn` keyword before the first brace, and no other item keyword before it.
fn is_function(item: &TokenStream) -> bool {
    let keywords = item.clone().into_iter().take_while(
        |token| !matches!(token, TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Brace),
    );
    let mut words = keywords.filter_map(|token| match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    });
    words
        .find(|word| word == "fn" || (word != "const" && KINDS.contains(&word.as_str())))
        .is_some_and(|word| word == "fn")
}
