//! Which generic parameters tell instances apart, and what helpers must declare.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{GenericParam, Token, TypeParamBound, WherePredicate};

use crate::item::{Arg, Function, mentions};

pub(crate) struct Generics<'a> {
    function: &'a Function,
    /// Type and const parameters, and whether they are part of the instance.
    params: Vec<(Ident, bool)>,
}

impl<'a> Generics<'a> {
    /// All type and const parameters count, except those that occur only in skipped arguments: `D: Database` does not
    /// change what is loaded, and helpers could not name it.
    pub(crate) fn new(function: &'a Function, args: &[Arg], skipped: &[bool]) -> Self {
        let ret = function.sig.output.to_token_stream();
        let params = function.sig.generics.params.iter().filter_map(|param| {
            let ident = match param {
                GenericParam::Type(param) => &param.ident,
                GenericParam::Const(param) => &param.ident,
                GenericParam::Lifetime(_) => return None,
            };
            let name = ident.to_string();
            let occurs = |wanted: bool| {
                let mut args = args.iter().zip(skipped).filter(|(_, skipped)| **skipped == wanted);
                args.any(|(arg, _)| mentions(&arg.ty.to_token_stream(), &[&name]))
            };
            let only_skipped = occurs(true) && !occurs(false) && !mentions(&ret, &[&name]);
            Some((ident.clone(), !only_skipped))
        });
        Generics { function, params: params.collect() }
    }

    /// No parameter tells instances apart.
    pub(crate) fn is_single(&self) -> bool {
        self.params.iter().all(|(_, counts)| !counts)
    }

    /// `::<T, N>` with all of them, to call what has the whole signature.
    pub(crate) fn turbofish(&self) -> TokenStream {
        list(self.params.iter().map(|(ident, _)| ident))
    }

    /// `::<T, N>` with those of the instance.
    pub(crate) fn instance(&self) -> TokenStream {
        list(self.params.iter().filter(|(_, counts)| *counts).map(|(ident, _)| ident))
    }

    /// Those of the instance, without bounds: what the item that stands for the function declares.
    pub(crate) fn instance_params(&self) -> TokenStream {
        let params = self.function.sig.generics.params.iter().filter_map(|param| match param {
            GenericParam::Type(param) if self.counts(&param.ident) => {
                let ident = &param.ident;
                Some(quote!(#ident: ?::core::marker::Sized))
            }
            GenericParam::Const(param) if self.counts(&param.ident) => {
                let (ident, ty) = (&param.ident, &param.ty);
                Some(quote!(const #ident: #ty))
            }
            _ => None,
        });
        let params = params.collect::<Vec<_>>();
        if params.is_empty() { TokenStream::new() } else { quote!(<#(#params),*>) }
    }

    fn counts(&self, ident: &Ident) -> bool {
        self.params.iter().any(|(param, counts)| param == ident && *counts)
    }

    /// The declaration and the where clause for a helper that takes arguments of the types `taken`: the parameters of
    /// the instance and of those types, and the bounds that mention nothing else.
    pub(crate) fn helper(&self, taken: &TokenStream) -> (TokenStream, TokenStream) {
        let dropped = self.params.iter().filter_map(|(ident, counts)| {
            let name = ident.to_string();
            (!counts && !mentions(taken, &[&name])).then_some(name)
        });
        let dropped = dropped.collect::<Vec<_>>();
        let dropped = dropped.iter().map(String::as_str).collect::<Vec<_>>();
        let keeps = |tokens: &dyn ToTokens| !mentions(&tokens.to_token_stream(), &dropped);
        let mut generics = self.function.sig.generics.clone();
        generics.params = generics
            .params
            .into_iter()
            .filter_map(|param| match param {
                GenericParam::Type(mut param) => {
                    let name = param.ident.to_string();
                    param.bounds = filter(param.bounds, &keeps);
                    (!dropped.contains(&name.as_str())).then_some(GenericParam::Type(param))
                }
                GenericParam::Const(param) => {
                    let name = param.ident.to_string();
                    (!dropped.contains(&name.as_str())).then_some(GenericParam::Const(param))
                }
                lifetime => Some(lifetime),
            })
            .collect();
        if let Some(clause) = &mut generics.where_clause {
            clause.predicates = std::mem::take(&mut clause.predicates)
                .into_iter()
                .filter_map(|predicate| match predicate {
                    WherePredicate::Type(mut predicate) => {
                        let kept = keeps(&predicate.bounded_ty);
                        predicate.bounds = filter(predicate.bounds, &keeps);
                        (kept && !predicate.bounds.is_empty()).then_some(WherePredicate::Type(predicate))
                    }
                    other => Some(other),
                })
                .collect();
        }
        let (declared, _, clause) = (&generics, (), &generics.where_clause);
        let clause = clause.as_ref().filter(|clause| !clause.predicates.is_empty()).map(ToTokens::to_token_stream);
        let declared = if declared.params.is_empty() {
            TokenStream::new()
        } else {
            let params = &declared.params;
            quote!(<#params>)
        };
        (declared, clause.unwrap_or_default())
    }
}

fn filter(
    bounds: Punctuated<TypeParamBound, Token![+]>,
    keeps: &dyn Fn(&dyn ToTokens) -> bool,
) -> Punctuated<TypeParamBound, Token![+]> {
    bounds.into_iter().filter(|bound| keeps(bound)).collect()
}

fn list<'a>(idents: impl Iterator<Item = &'a Ident>) -> TokenStream {
    let idents = idents.collect::<Vec<_>>();
    if idents.is_empty() { TokenStream::new() } else { quote!(::<#(#idents),*>) }
}
