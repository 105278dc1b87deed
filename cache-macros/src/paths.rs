//! Where the runtime lives.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Path;

/// `::cache_core::__private`, or the door inside the path given by `crate = path`.
pub(crate) fn runtime(krate: Option<&Path>) -> TokenStream {
    match krate {
        Some(path) => quote!(#path::__private),
        None => quote!(::cache_core::__private),
    }
}

/// `span`, seeing the names that generated code sees: an error lands on the user's token while locals still resolve
/// when that token came out of another macro.
pub(crate) fn at(span: Span) -> Span {
    span.resolved_at(Span::call_site())
}
