//! From a miss to the value: in the caller's own time, or in a load that may go on without it.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::args::Ttl;
use crate::expand::{Plan, Style};
use crate::paths::at;

/// When a load leaves its caller behind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Background {
    /// When there is a value to be served meanwhile.
    Renewals,
    /// Always: its caller may give up waiting for it.
    Every,
}

impl Plan<'_> {
    /// The tail of a function that has `__cache_miss`, whose methods are called by path: a box has those of every trait in
    /// scope before its content has its own.
    pub(crate) fn load(&self, body: &TokenStream) -> TokenStream {
        let rt = &self.rt;
        let (before, late, share) = (self.tags.before(rt), self.late(), self.share());
        let timing_out = self.args.timeout.span().map(|span| {
            let error = quote_spanned!(at(span)=> #rt::require_timeout(__cache_kind));
            quote!(let __cache_miss = #rt::Miss::timing_out(__cache_miss, #error);)
        });
        if !self.function.is_async() {
            return quote! {
                #before
                #rt::Miss::load_blocking(*__cache_miss, #share, __cache_tags, #late, move || #body)
            };
        }
        let renewals = self.args.background().map(|(option, background)| {
            let (copies, body) = self.owned_body(option);
            let load = quote! {
                #rt::boxed(move || {
                    #rt::Miss::load_detached(*__cache_miss, #share, __cache_tags, #late, move || async move { #body.await })
                })
                .await
            };
            (background, copies, load)
        });
        let load = match renewals {
            Some((Background::Every, copies, load)) => return quote!(#before #timing_out #copies #load),
            Some((Background::Renewals, copies, load)) => {
                Some(quote!(if #rt::Miss::is_renewal(&__cache_miss) { #copies return #load; }))
            }
            None => None,
        };
        // Boxed: a big future moved through wrappers costs more than the allocation, and recursion compiles.
        quote! {
            #before
            #timing_out
            #load
            #rt::boxed(move || #rt::Miss::load(*__cache_miss, #share, __cache_tags, #late, move || #body)).await
        }
    }

    /// Copies of what is borrowed, and the body that is called with them.
    fn owned_body(&self, option: &str) -> (TokenStream, TokenStream) {
        let rt = &self.rt;
        let own = format_ident!("own_{}", if option == "stale_while_revalidate" { "stale" } else { option });
        let mut copies = TokenStream::new();
        let mut args = Vec::new();
        if let Some(receiver) = self.function.receiver() {
            let token = receiver.self_token;
            let borrowed = receiver.reference.is_some() || matches!(&*receiver.ty, Type::Reference(_));
            if borrowed {
                copies.extend(quote_spanned!(at(token.span())=> let __cache_self = #rt::#own(#token);));
                args.push(quote!(#rt::Borrow::borrow(&__cache_self)));
            } else {
                args.push(token.to_token_stream());
            }
        }
        for (index, arg) in self.list.iter().enumerate() {
            let ident = &arg.ident;
            if matches!(arg.ty, Type::Reference(_)) {
                let copy = format_ident!("__cache_own{index}");
                copies.extend(quote_spanned!(at(ident.span())=> let #copy = #rt::#own(#ident);));
                args.push(quote!(#rt::Borrow::borrow(&#copy)));
            } else {
                args.push(ident.to_token_stream());
            }
        }
        let (name, turbofish) = (self.body_name(), self.generics.turbofish());
        let path = match &self.style {
            Style::Free { holder } => quote!(#holder::#name),
            Style::Method { .. } => quote!(Self::#name),
            Style::InPlace => unreachable!("a body in place is refused with background options"),
        };
        (copies, quote!(#path #turbofish (#(#args),*)))
    }

    /// The `late` argument of a load: what is known from the value.
    pub(crate) fn late(&self) -> TokenStream {
        let rt = &self.rt;
        let mut known = self.tags.late();
        if let Some(Ttl::Closure(closure)) = self.args.ttl.get() {
            known.push(quote_spanned!(at(closure.span())=> __cache_late.ttl(ret, #closure);));
        }
        if let Some(closure) = self.args.cache_if.get() {
            known.push(quote_spanned!(at(closure.span())=> __cache_late.cache_if(ret, #closure);));
        }
        if known.is_empty() {
            return quote!(#rt::nothing_late);
        }
        quote!(move |ret: &_, __cache_late: &mut #rt::FromValue<'_>| { #(#known)* })
    }
}

impl crate::args::CachedArgs {
    /// The option that wants loads that go on without their caller, if one does.
    fn background(&self) -> Option<(&'static str, Background)> {
        if self.soft_timeout.is_set() {
            return Some(("soft_timeout", Background::Every));
        }
        self.renewing().map(|option| (option, Background::Renewals))
    }

    /// The option for which values are loaded anew while they can be served.
    fn renewing(&self) -> Option<&'static str> {
        let options = [
            ("stale_while_revalidate", self.stale_while_revalidate.is_set()),
            ("refresh_ahead", self.refresh_ahead.is_set()),
            ("early", self.early.is_set()),
        ];
        options.into_iter().find(|(_, set)| *set).map(|(name, _)| name)
    }

    /// The option for which arguments must outlive the call.
    pub(crate) fn background_option(&self) -> Option<&'static str> {
        self.background().map(|(option, _)| option)
    }
}
