//! The wrapper: look, and load on a miss.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::expand::body::{in_braces_of, wrapper_attrs, wrapper_signature};
use crate::expand::{Plan, Style};
use crate::paths::at;

impl Plan<'_> {
    /// The function the user calls.
    pub(crate) fn wrapper(&self) -> TokenStream {
        let rt = &self.rt;
        let attrs = wrapper_attrs(self.function);
        let docs = self.wrapper_docs();
        let vis = &self.function.vis;
        let (sig, statics, lints) = match &self.style {
            // The user's body is in here: no lint may be switched off around it.
            Style::InPlace => (self.function.sig.to_token_stream(), self.statics(), TokenStream::new()),
            Style::Free { .. } | Style::Method { .. } => {
                (wrapper_signature(self).to_token_stream(), TokenStream::new(), wrapper_lints())
            }
        };
        let (kind, negative) = (self.kind(), self.negative());
        let look = match self.args.condition.get() {
            None => self.keyed(&quote!(.look(&__cache_key))),
            Some(condition) => self.keyed(&quote_spanned!(at(condition.span())=> .look_if(#condition, &__cache_key))),
        };
        let load = self.load(&self.run_body());
        // The `match` is a statement of its own: nothing but the miss lives on to the await.
        let body = quote! {
            #statics
            #kind
            #negative
            let __cache_miss = match #look {
                #rt::Look::Hit(__cache_ret) => return __cache_ret,
                #rt::Look::Miss(__cache_miss) => __cache_miss,
            };
            #load
        };
        let body = in_braces_of(self.function, body);
        quote!(#(#attrs)* #docs #lints #vis #sig #body)
    }
}

/// What generated code does that pedants dislike.
pub(crate) fn wrapper_lints() -> TokenStream {
    quote! {
        #[allow(
            unknown_lints,
            clippy::large_futures,
            clippy::match_single_binding,
            clippy::needless_borrow,
            clippy::redundant_closure,
            clippy::redundant_closure_for_method_calls,
            clippy::let_underscore_untyped,
            clippy::single_call_fn,
            clippy::too_many_arguments,
            clippy::used_underscore_binding,
            clippy::used_underscore_items,
        )]
    }
}
