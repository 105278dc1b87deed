//! Where the runtime lives.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;

/// `::cache_core::__private`, or the door inside the path given by `crate = path`.
pub(crate) fn runtime(krate: Option<&Path>) -> TokenStream {
    match krate {
        Some(path) => quote!(#path::__private),
        None => quote!(::cache_core::__private),
    }
}

/// The runtime for a type of a signature: an error about what is inside of it shall not underline the attribute.
pub(crate) fn runtime_at(rt: &TokenStream, span: Span) -> TokenStream {
    // A path that was given can be a `$crate`, which has no meaning at another place.
    let ours = rt.to_string() == runtime(None).to_string();
    if ours { quote_spanned!(span=> ::cache_core::__private) } else { rt.clone() }
}

/// `span`, seeing the names that generated code sees: an error lands on the user's token while locals still resolve
/// when that token came out of another macro.
pub(crate) fn at(span: Span) -> Span {
    span.resolved_at(Span::call_site())
}

/// The user's tokens as part of an item that is generated: where it begins says to lints whose it is.
pub(crate) fn generated(tokens: &impl ToTokens) -> TokenStream {
    let tokens = tokens.to_token_stream().into_iter().map(|mut token| {
        if let TokenTree::Group(group) = token {
            let mut inner = Group::new(group.delimiter(), generated(&group.stream()));
            inner.set_span(at(group.span()));
            return TokenTree::Group(inner);
        }
        token.set_span(at(token.span()));
        token
    });
    tokens.collect()
}
