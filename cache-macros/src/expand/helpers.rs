//! The generated helpers: `get_user::invalidate(42)`, or `repo.invalidate_get_user(42)`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::visit_mut::VisitMut;
use syn::{GenericParam, Lifetime, Type};

use crate::expand::{Plan, Style};
use crate::item::Arg;
use crate::paths::{at, generated, runtime_at};
use crate::returns;

/// How the inputs of a helper are chosen.
enum Takes {
    Nothing,
    /// What the key needs.
    Key,
    /// What key and tags need, and a value.
    Put,
    /// What key and tags need.
    PutTarget,
}

impl Plan<'_> {
    /// All helpers, as functions of the same `impl`.
    pub(crate) fn helpers(&self) -> TokenStream {
        let rt = &self.rt;
        let value = returns::value(rt, self.function, self.args.returns.get().copied());
        let span = at(self.function.ret_span());
        let (tags, late) = (self.tags.before(rt), self.late());
        let given = given();
        let put = self.keyed(&quote!(.put(&__cache_key, #given, __cache_tags, #late)));
        let slot = self.keyed(&quote!(.put_target(&__cache_key, __cache_tags, #late)));
        let get = self.keyed(&quote!(.peek(&__cache_key)));
        let key = |method: TokenStream| self.keyed(&method);
        let all = {
            let call = self.call();
            quote!(#call.invalidate_all())
        };
        let region = {
            let call = self.call();
            quote!(#call.region())
        };
        let put_target = {
            let rt = runtime_at(rt, span);
            quote_spanned!(span=> #rt::PutTarget<#value>)
        };
        let option = quote_spanned!(span=> ::core::option::Option<#value>);
        let name = self.function.plain_name();
        let helpers = [
            self.helper(
                "invalidate",
                format!("Drops the entry of `{name}` for this key, everywhere."),
                Takes::Key,
                &quote!(#rt::Invalidating),
                &key(quote!(.invalidate(&__cache_key))),
            ),
            self.helper(
                "invalidate_all",
                format!("Drops every entry of `{name}`, everywhere."),
                Takes::Nothing,
                &quote!(#rt::Invalidating),
                &all,
            ),
            self.helper(
                "peek",
                format!("The cached value of `{name}` for this key, if there is one: no load, no statistics."),
                Takes::Key,
                &option,
                &get,
            ),
            self.helper(
                "put",
                format!("Stores a value of `{name}` for this key, with its tags."),
                Takes::Put,
                &quote!(#rt::Invalidating),
                &quote!(#tags #put),
            ),
            self.helper(
                "key",
                format!("The text of this key of `{name}`, as logs and the shared tier show it."),
                Takes::Key,
                &quote!(::std::string::String),
                &key(quote!(.key_text(&__cache_key))),
            ),
            self.helper(
                "target",
                format!("The entry of `{name}` for this key, to be dropped later: for an `Invalidation`."),
                Takes::Key,
                &quote!(#rt::Target),
                &key(quote!(.target(&__cache_key))),
            ),
            self.helper(
                "__cache_put_target",
                "Where a mutator puts what it returned.".to_owned(),
                Takes::PutTarget,
                &put_target,
                &quote!(#tags #slot),
            ),
        ];
        let region = matches!(self.style, Style::Free { .. }).then(|| {
            self.helper(
                "region",
                format!("The region that holds the entries of `{name}`, once there is one."),
                Takes::Nothing,
                &quote!(::core::option::Option<#rt::AnyRegion>),
                &region,
            )
        });
        let (refresh, uncached, warm) = (self.refresh(), self.uncached(), self.warm());
        quote!(#(#helpers)* #region #refresh #uncached #warm)
    }

    /// `invalidate`, or `invalidate_get_user` beside a method.
    fn helper_name(&self, verb: &str) -> Ident {
        match &self.style {
            Style::Method { suffix } => format_ident!("{verb}_{suffix}"),
            Style::Free { .. } | Style::InPlace => format_ident!("{verb}"),
        }
    }

    /// Attributes, visibility.
    fn head(&self, verb: &str, docs: &str) -> TokenStream {
        let vis = match self.owner {
            // A trait's methods are as visible as the trait, which the macro cannot see.
            Some(owner) if owner.trait_impl => quote!(pub),
            _ => generated(&self.function.vis),
        };
        let hidden = verb.starts_with("__").then(|| quote!(#[doc(hidden)]));
        // The impl of a free function's helpers has the lints already.
        let (lints, cfgs) = match self.style {
            // Unused methods of one `impl` are one warning, and a generated one among them would silence it.
            Style::Method { .. } => {
                let lints = helper_lints();
                (quote!(#[allow(dead_code)] #lints), self.cfgs())
            }
            Style::Free { .. } | Style::InPlace => (TokenStream::new(), TokenStream::new()),
        };
        quote!(#cfgs #[doc = #docs] #hidden #lints #vis)
    }

    /// `&self`, for helpers that only read a key from it.
    fn key_receiver(&self) -> Option<TokenStream> {
        self.function.receiver().map(|receiver| {
            let token = receiver.self_token;
            quote!(&#token)
        })
    }

    fn helper(&self, verb: &str, docs: String, takes: Takes, output: &TokenStream, body: &TokenStream) -> TokenStream {
        let head = self.head(verb, &docs);
        let name = self.helper_name(verb);
        let wanted = |index: usize| match takes {
            Takes::Nothing => self.source.args[index],
            Takes::Key => self.key.roots[index] || self.source.args[index],
            Takes::Put | Takes::PutTarget => self.key.roots[index] || self.source.args[index] || self.tags.roots[index],
        };
        let args = self.list.iter().enumerate().filter(|(index, _)| wanted(*index)).map(|(_, arg)| arg.declare());
        let args = args.collect::<Vec<_>>();
        let taken = quote!(#(#args),*);
        let value = matches!(takes, Takes::Put).then(|| {
            let value = returns::value(&self.rt, self.function, self.args.returns.get().copied());
            let given = given();
            quote!(#given: #value)
        });
        let inputs = self.key_receiver().into_iter().chain(args).chain(value);
        let (generics, clause) = self.generics.helper(&taken);
        let kind = self.kind();
        let named = matches!(verb, "peek" | "put" | "__cache_put_target").then(|| {
            let (rt, value) = (&self.rt, returns::value(&self.rt, self.function, self.args.returns.get().copied()));
            let span = at(self.function.ret_span());
            quote_spanned!(span=> let __cache_kind = #rt::require_named::<#value, _, _>(__cache_kind);)
        });
        quote! {
            #head fn #name #generics (#(#inputs),*) -> #output #clause {
                #kind
                #named
                #body
            }
        }
    }

    /// The whole signature under another name, with arguments that are names.
    fn full(&self, verb: &str, docs: &str, body: &TokenStream) -> TokenStream {
        let head = self.head(verb, docs);
        let mut sig = crate::expand::body::wrapper_signature(self);
        sig.ident = self.helper_name(verb);
        let lints = self.trait_lints();
        quote!(#lints #head #sig { #body })
    }

    fn refresh(&self) -> TokenStream {
        let name = self.function.plain_name();
        let docs = format!("Runs `{name}` and stores what it returns, whether or not there is an entry.");
        let kind = self.kind();
        let miss = self.keyed(&quote!(.refresh(&__cache_key)));
        let load = self.load(&self.run_body());
        let body = quote! {
            #kind
            let __cache_miss = #miss;
            #load
        };
        self.full("refresh", &docs, &body)
    }

    fn uncached(&self) -> TokenStream {
        let name = self.function.plain_name();
        let run = self.run_body();
        let wait = self.function.is_async().then(|| quote!(.await));
        self.full("uncached", &format!("Runs the body of `{name}` without the cache."), &quote!(#run #wait))
    }

    /// Free functions only: loads many keys, a bounded number at a time.
    fn warm(&self) -> Option<TokenStream> {
        let plain = |arg: &Arg| !arg.has_impl_trait() && arg.attrs.is_empty();
        if !matches!(self.style, Style::Free { .. }) || self.list.is_empty() || !self.list.iter().all(plain) {
            return None;
        }
        let rt = &self.rt;
        let name = self.function.name();
        let plain_name = self.function.plain_name();
        let head = self.head("warm", &format!("Calls `{plain_name}` for each set of arguments; returns how many."));
        let mut generics = self.function.sig.generics.clone();
        let mut elided = NameLifetimes(false);
        let types = self.list.iter().map(|arg| {
            let mut ty: Type = arg.ty.clone();
            elided.visit_type_mut(&mut ty);
            ty
        });
        let types = types.collect::<Vec<_>>();
        if elided.0 {
            // Inside an `impl Iterator` no bound is implied: what is borrowed must outlive the borrow, in so many words.
            let clause = generics.make_where_clause();
            for param in &self.function.sig.generics.params {
                match param {
                    GenericParam::Lifetime(param) => {
                        let lifetime = &param.lifetime;
                        clause.predicates.push(syn::parse_quote!(#lifetime: '__cache));
                    }
                    GenericParam::Type(param) => {
                        let ident = &param.ident;
                        clause.predicates.push(syn::parse_quote!(#ident: '__cache));
                    }
                    GenericParam::Const(_) => {}
                }
            }
            generics.params.insert(0, syn::parse_quote!('__cache));
        }
        // Not the arguments' own names: one of them may be the function's.
        let names = (0..self.list.len()).map(|index| format_ident!("__cache_item{index}")).collect::<Vec<_>>();
        let (item, pattern) = match (types.as_slice(), names.as_slice()) {
            ([ty], [name]) => (quote!(#ty), quote!(#name)),
            _ => (quote!((#(#types),*)), quote!((#(#names),*))),
        };
        let clause = generics.where_clause.take();
        let turbofish = self.generics.turbofish();
        let asyncness = &self.function.sig.asyncness;
        let body = if self.function.is_async() {
            // Collected first: a closure over borrowed arguments that lived across the await would not be `Send`.
            quote! {
                let __cache_calls: ::std::vec::Vec<_> = ::core::iter::Iterator::collect(
                    ::core::iter::Iterator::map(
                        ::core::iter::IntoIterator::into_iter(__cache_items),
                        |#pattern| #name #turbofish (#(#names),*),
                    )
                );
                #rt::warm(__cache_calls).await
            }
        } else {
            quote! {
                ::core::iter::Iterator::count(::core::iter::Iterator::map(
                    ::core::iter::IntoIterator::into_iter(__cache_items),
                    |#pattern| { let _ = #name #turbofish (#(#names),*); },
                ))
            }
        };
        Some(quote! {
            #head #asyncness fn warm #generics (
                __cache_items: impl ::core::iter::IntoIterator<Item = #item>
            ) -> ::core::primitive::usize #clause { #body }
        })
    }
}

/// The value that `put` takes: an argument of the function may have that name, too.
fn given() -> Ident {
    Ident::new("value", Span::mixed_site())
}

/// Gives elided lifetimes a name: they cannot be elided inside `impl Iterator<Item = …>`.
struct NameLifetimes(bool);

impl VisitMut for NameLifetimes {
    fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
        if reference.lifetime.is_none() {
            reference.lifetime = Some(syn::parse_quote!('__cache));
            self.0 = true;
        }
        syn::visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = syn::parse_quote!('__cache);
            self.0 = true;
        }
    }

    fn visit_type_bare_fn_mut(&mut self, _: &mut syn::TypeBareFn) {}

    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut syn::ParenthesizedGenericArguments) {}
}

/// What generated helpers do that lints of the user's crate may dislike. They hold none of the user's body. `dead_code`
/// is not among them: it does not report generated items, and an `allow` would keep alive what they use.
pub(crate) fn helper_lints() -> TokenStream {
    quote! {
        #[allow(
            unknown_lints,
            deprecated,
            private_interfaces,
            private_bounds,
            redundant_lifetimes,
            single_use_lifetimes,
            unreachable_pub,
            unused_lifetimes,
            clippy::elidable_lifetime_names,
            clippy::extra_unused_lifetimes,
            clippy::extra_unused_type_parameters,
            clippy::future_not_send,
            clippy::impl_trait_in_params,
            clippy::large_futures,
            clippy::match_single_binding,
            clippy::missing_errors_doc,
            clippy::missing_panics_doc,
            clippy::multiple_bound_locations,
            clippy::multiple_inherent_impl,
            clippy::must_use_candidate,
            clippy::needless_borrow,
            clippy::needless_lifetimes,
            clippy::needless_pass_by_value,
            clippy::redundant_closure,
            clippy::redundant_closure_for_method_calls,
            clippy::too_many_arguments,
            clippy::trivially_copy_pass_by_ref,
            clippy::type_complexity,
            clippy::unused_self,
            clippy::used_underscore_binding,
            clippy::used_underscore_items,
            clippy::wrong_self_convention,
        )]
    }
}
