//! The user's body: a function of its own with the whole signature, so that `return` and `?` stay bound to it; or a
//! block in place where no second function may stand.

use proc_macro2::{Delimiter, Group, Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, FnArg, Pat, Signature};

use crate::expand::{Plan, Style};
use crate::item::Function;

impl Plan<'_> {
    pub(crate) fn body_name(&self) -> Ident {
        let mut name = match &self.style {
            Style::Method { suffix } => format_ident!("__cached_body_{suffix}"),
            Style::Free { .. } | Style::InPlace => format_ident!("__cache_body"),
        };
        // Lints about the signature point at the function as written.
        name.set_span(crate::paths::at(self.function.name().span()));
        name
    }

    /// The function that holds the body.
    pub(crate) fn body_fn(&self) -> TokenStream {
        let function = self.function;
        let mut sig = function.sig.clone();
        sig.ident = self.body_name();
        let attrs = function.attrs.iter().filter(|attr| is_lint(attr) && !about_the_item(attr) || is_cfg(attr));
        let (body, lints) = (&function.body, self.signature_lints());
        quote! {
            #lints
            #(#attrs)*
            #[doc(hidden)]
            #sig #body
        }
    }

    /// What lints would say of the body's signature and not of the function as written, which cannot be `const`. Nothing
    /// here is about what a body does.
    fn signature_lints(&self) -> TokenStream {
        let of_a_trait = self.trait_lints();
        quote!(#[allow(unknown_lints, clippy::missing_const_for_fn)] #of_a_trait)
    }

    /// What lints say of signatures except in trait impls, where the implementer has no choice.
    pub(crate) fn trait_lints(&self) -> Option<TokenStream> {
        self.owner.is_some_and(|owner| owner.trait_impl).then(|| {
            quote! {
                #[allow(
                    clippy::borrowed_box,
                    clippy::box_collection,
                    clippy::boxed_local,
                    clippy::fn_params_excessive_bools,
                    clippy::large_types_passed_by_value,
                    clippy::linkedlist,
                    clippy::needless_pass_by_ref_mut,
                    clippy::needless_pass_by_value,
                    clippy::option_option,
                    clippy::ptr_arg,
                    clippy::redundant_allocation,
                    clippy::ref_option,
                    clippy::result_large_err,
                    clippy::too_many_arguments,
                    clippy::trivially_copy_pass_by_ref,
                    clippy::type_complexity,
                    clippy::unnecessary_box_returns,
                    clippy::unnecessary_wraps,
                    clippy::unused_async,
                    clippy::unused_self,
                    clippy::vec_box,
                    clippy::wrong_self_convention,
                )]
            }
        })
    }

    /// The expression that runs the body with the wrapper's arguments.
    pub(crate) fn run_body(&self) -> TokenStream {
        let name = self.body_name();
        let turbofish = self.generics.turbofish();
        let receiver = self.function.receiver().map(|receiver| receiver.self_token);
        let args = self.list.iter().map(|arg| arg.ident.to_token_stream());
        let args = receiver.into_iter().map(ToTokens::into_token_stream).chain(args);
        match &self.style {
            Style::Free { holder } => quote!(#holder::#name #turbofish (#(#args),*)),
            Style::Method { .. } => quote!(Self::#name #turbofish (#(#args),*)),
            Style::InPlace => in_place(self.function, &quote!(move)),
        }
    }
}

/// The body as a block with its own `return`: an `async` block, or the inside of a closure without arguments.
pub(crate) fn in_place(function: &Function, capture: &TokenStream) -> TokenStream {
    let ret = function.ret();
    // Braces of ours around the user's tokens: nobody is to be told that they are superfluous.
    let body = function.body.as_ref().map(|body| {
        let mut braces = Group::new(body.delimiter(), body.stream());
        braces.set_span(crate::paths::at(body.span()));
        braces
    });
    // Never runs: it pins the type that `return` and `?` convert to.
    let edge = quote! {
        #[allow(unknown_lints, unreachable_code, clippy::diverging_sub_expression, clippy::empty_loop,
                clippy::let_unit_value, clippy::unreachable, clippy::let_with_type_underscore,
                clippy::needless_return, clippy::used_underscore_binding)]
        if false {
            let __cache_ret: #ret = loop {};
            return __cache_ret;
        }
    };
    if function.is_async() { quote!(async #capture { #edge #body }) } else { quote!({ #edge #body }) }
}

/// `{ tokens }` where the user's braces are: the compiler takes a function for the user's by its last brace, and only
/// then reports that it is unused.
pub(crate) fn in_braces_of(function: &Function, tokens: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Brace, tokens);
    if let Some(body) = &function.body {
        group.set_span(body.span());
    }
    group
}

/// The signature of the wrapper: patterns become names, and nothing is `mut`.
pub(crate) fn wrapper_signature(plan: &Plan<'_>) -> Signature {
    let mut sig = plan.function.sig.clone();
    let mut args = plan.list.iter();
    for input in &mut sig.inputs {
        match input {
            FnArg::Receiver(receiver) => {
                if receiver.reference.is_none() {
                    receiver.mutability = None;
                }
            }
            FnArg::Typed(typed) => {
                let ident = &args.next().expect("the model has every argument").ident;
                *typed.pat = Pat::Verbatim(ident.to_token_stream());
            }
        }
    }
    sig
}

/// `allow`, `warn`, `deny`, `expect`, `forbid`
pub(crate) fn is_lint(attr: &Attribute) -> bool {
    ["allow", "warn", "deny", "expect", "forbid"].iter().any(|lint| attr.path().is_ident(lint))
}

pub(crate) fn is_cfg(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg")
}

/// An expectation about the function as an item, which its hidden body cannot fulfil.
fn about_the_item(attr: &Attribute) -> bool {
    attr.path().is_ident("expect")
        && crate::item::mentions(
            &attr.meta.to_token_stream(),
            &["dead_code", "unused", "missing_docs", "unreachable_pub", "must_use_candidate", "missing_errors_doc"],
        )
}

/// The attributes of the wrapper: all there are. An expectation that the body fulfils is an `allow` out here.
pub(crate) fn wrapper_attrs(function: &Function) -> Vec<TokenStream> {
    let attrs = function.attrs.iter().map(|attr| {
        if attr.path().is_ident("expect") && !about_the_item(attr) {
            let mut attr = attr.clone();
            if let syn::Meta::List(list) = &mut attr.meta {
                list.path = syn::parse_quote!(allow);
            }
            return attr.into_token_stream();
        }
        attr.into_token_stream()
    });
    attrs.collect()
}
