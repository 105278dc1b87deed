//! `#[cached_impl]`: expands the attributes of an `impl` block with knowledge of its type, and puts helpers beside the
//! methods, or into an inherent `impl` next to a trait's.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit_mut::VisitMut;
use syn::{Attribute, GenericParam, ImplItem, ItemImpl, Meta, Path, Type};

use crate::args::ImplArgs;
use crate::ctxt::Ctxt;
use crate::expand::invalidate::invalidate_function;
use crate::expand::put::put_function;
use crate::expand::{Expansion, Owner, cached_function};
use crate::fallback;
use crate::item::{Function, mentions};

/// `#[cached_impl(attr)] item`
pub(crate) fn impl_block(attr: TokenStream, item: TokenStream) -> TokenStream {
    let Ok(block) = syn::parse2::<ItemImpl>(item.clone()) else {
        let error = match syn::parse2::<Function>(item.clone()) {
            Ok(function) => syn::Error::new(
                function.name().span(),
                "`#[cached_impl]` goes on an `impl` block\nhelp: write `#[cached]` on a function",
            ),
            Err(_) => syn::parse2::<ItemImpl>(item.clone()).err().map_or_else(
                || syn::Error::new_spanned(&item, "`#[cached_impl]` goes on an `impl` block"),
                |error| {
                    let mut all = syn::Error::new(
                        error.span(),
                        "`#[cached_impl]` goes on an `impl` block\nhelp: put it above `impl Type { … }`",
                    );
                    all.combine(error);
                    all
                },
            ),
        };
        return fallback::with_errors(&item, &error);
    };
    let ctxt = Ctxt::new();
    let args = ImplArgs::parse(&ctxt, attr);
    let owner = owner(&ctxt, &block);
    match ctxt.check() {
        Ok(()) => expand(block, &owner, args.krate.get()),
        Err(error) => fallback::with_errors(&without_attributes(block).into_token_stream(), &error),
    }
}

/// The block as it would be without caching: inner attributes on their own would add errors of their own.
fn without_attributes(mut block: ItemImpl) -> ItemImpl {
    for item in &mut block.items {
        if let ImplItem::Fn(function) = item {
            take(&mut function.attrs, "cached");
            while take_mutator(&mut function.attrs).is_some() {}
        }
    }
    block
}

fn expand(mut block: ItemImpl, owner: &Owner, krate: Option<&Path>) -> TokenStream {
    let mut qualify = Qualify::of(&block);
    let mut beside = TokenStream::new();
    let mut items = Vec::new();
    let mut errors = TokenStream::new();
    for item in std::mem::take(&mut block.items) {
        match expand_item(item, owner, krate, &mut qualify) {
            Ok((item, more)) => {
                items.push(ImplItem::Verbatim(item));
                beside.extend(more);
            }
            Err((item, error)) => {
                items.push(ImplItem::Verbatim(item));
                errors.extend(error.to_compile_error());
            }
        }
    }
    block.items = items;
    if !owner.trait_impl {
        block.items.push(ImplItem::Verbatim(beside));
        return quote!(#block #errors);
    }
    if beside.is_empty() {
        return quote!(#block #errors);
    }
    let (generics, _, clause) = block.generics.split_for_impl();
    let (ty, attrs) = (&block.self_ty, block.attrs.iter().filter(|attr| attr.path().is_ident("cfg")));
    quote! {
        #block
        #(#attrs)*
        impl #generics #ty #clause { #beside }
        #errors
    }
}

/// One item: itself and its siblings; or itself without our attributes, and what is wrong.
fn expand_item(
    item: ImplItem,
    owner: &Owner,
    krate: Option<&Path>,
    qualify: &mut Option<Qualify>,
) -> Result<(TokenStream, TokenStream), (TokenStream, syn::Error)> {
    let tokens = item.to_token_stream();
    let Ok(mut function) = syn::parse2::<Function>(tokens.clone()) else {
        return Ok((tokens, TokenStream::new()));
    };
    let cached = take(&mut function.attrs, "cached");
    let mutator = take_mutator(&mut function.attrs);
    let fail = |function: &Function, error: syn::Error| Err((function.to_token_stream(), error));
    match (cached, mutator) {
        (None, None) => Ok((tokens, TokenStream::new())),
        (Some(cached), Some((name, _))) => {
            while take_mutator(&mut function.attrs).is_some() {}
            let text = format!(
                "a function that is cached cannot also be a mutator: on a hit its body does not run\nhelp: keep \
                 `#[cached]` or `#[{name}]`"
            );
            fail(&function, syn::Error::new_spanned(cached, text))
        }
        (Some(attr), None) => {
            let expanded = arguments(&attr).and_then(|args| {
                match qualify {
                    // The body moves out of the trait impl: `Self::Error` must go on meaning the trait's.
                    Some(qualify) if !has_no_helpers(&args) => {
                        let moved = qualify.function(&function);
                        cached_function(args, &moved, Some(owner), krate)
                    }
                    _ => cached_function(args, &function, Some(owner), krate),
                }
            });
            match expanded {
                Ok(Expansion { item, beside }) => Ok((item, beside)),
                Err(error) => fail(&function, error),
            }
        }
        (None, Some(first)) => match mutator_function(first, function.clone(), owner, krate) {
            Ok(item) => Ok((item, TokenStream::new())),
            Err(error) => {
                while take_mutator(&mut function.attrs).is_some() {}
                fail(&function, error)
            }
        },
    }
}

/// A mutator has any number of attributes: the first one is the innermost, as the compiler expands them.
fn mutator_function(
    first: (&'static str, Attribute),
    mut function: Function,
    owner: &Owner,
    krate: Option<&Path>,
) -> syn::Result<TokenStream> {
    let mut next = Some(first);
    while let Some((name, attr)) = next {
        let args = arguments(&attr)?;
        let expanded = match name {
            "cache_put" => put_function(args, &function, Some(owner), krate)?,
            _ => invalidate_function(args, &function, Some(owner), krate)?,
        };
        function = syn::parse2(expanded)?;
        next = take_mutator(&mut function.attrs);
    }
    Ok(function.into_token_stream())
}

/// The first of the attributes that make a function a mutator.
fn take_mutator(attrs: &mut Vec<Attribute>) -> Option<(&'static str, Attribute)> {
    let names = ["cache_invalidate", "cache_put"];
    let (_, name) = names.into_iter().filter_map(|name| Some((position(attrs, name)?, name))).min()?;
    take(attrs, name).map(|attr| (name, attr))
}

/// `helpers = false` stands among the arguments: the body stays where it is.
fn has_no_helpers(args: &TokenStream) -> bool {
    let tokens = args.clone().into_iter().map(|token| token.to_string()).collect::<Vec<_>>();
    tokens.windows(3).any(|window| window == ["helpers", "=", "false"])
}

/// Removes the attribute, under whatever path.
fn take(attrs: &mut Vec<Attribute>, name: &str) -> Option<Attribute> {
    position(attrs, name).map(|index| attrs.remove(index))
}

fn position(attrs: &[Attribute], name: &str) -> Option<usize> {
    attrs.iter().position(|attr| {
        attr.path().segments.last().is_some_and(|last| last.ident == name) && attr.path().segments.len() <= 2
    })
}

fn arguments(attr: &Attribute) -> syn::Result<TokenStream> {
    match &attr.meta {
        Meta::Path(_) => Ok(TokenStream::new()),
        Meta::List(list) => Ok(list.tokens.clone()),
        Meta::NameValue(meta) => Err(syn::Error::new_spanned(meta, "write the arguments in parentheses")),
    }
}

fn owner(ctxt: &Ctxt, block: &ItemImpl) -> Owner {
    let name = match &*block.self_ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    };
    let trait_impl = block.trait_.is_some();
    if trait_impl {
        // Helpers go into an inherent impl, which exists for named types and parameters they mention only.
        let ty = block.self_ty.to_token_stream();
        let unused = block.generics.params.iter().find(|param| {
            let name = match param {
                GenericParam::Type(param) => param.ident.to_string(),
                GenericParam::Const(param) => param.ident.to_string(),
                GenericParam::Lifetime(param) => param.lifetime.ident.to_string(),
            };
            !mentions(&ty, &[&name])
        });
        if let Some(param) = unused {
            ctxt.error_on(
                param,
                "this parameter is not part of the type, so no inherent `impl` can hold the helpers",
                "remove `#[cached_impl]` and write `helpers = false` in each `#[cached]`",
            );
        }
        if name.is_none() {
            ctxt.error_on(
                &block.self_ty,
                "only a type of this crate can have an inherent `impl` for the helpers",
                "remove `#[cached_impl]` and write `helpers = false` in each `#[cached]`",
            );
        }
    }
    Owner {
        name: name.unwrap_or_else(|| "impl".to_owned()),
        generic: block.generics.params.iter().any(|param| !matches!(param, GenericParam::Lifetime(_))),
        trait_impl,
    }
}

/// Rewrites `Self::X` to `<Self as Trait>::X` for what the trait impl defines.
struct Qualify {
    path: Path,
    names: Vec<String>,
}

impl Qualify {
    fn of(block: &ItemImpl) -> Option<Qualify> {
        let (_, path, _) = block.trait_.as_ref()?;
        let names = block.items.iter().filter_map(|item| match item {
            ImplItem::Type(item) => Some(item.ident.to_string()),
            ImplItem::Const(item) => Some(item.ident.to_string()),
            _ => None,
        });
        Some(Qualify { path: path.clone(), names: names.collect() })
    }

    fn function(&mut self, function: &Function) -> Function {
        let mut function = function.clone();
        self.visit_signature_mut(&mut function.sig);
        if let Some(body) = &mut function.body
            && let Ok(mut block) = syn::parse2::<syn::Block>(body.to_token_stream())
        {
            self.visit_block_mut(&mut block);
            let span = body.span_open();
            let mut group = proc_macro2::Group::new(
                proc_macro2::Delimiter::Brace,
                block.stmts.iter().map(ToTokens::to_token_stream).collect(),
            );
            group.set_span(span);
            *body = group;
        }
        function
    }

    fn qualify(&self, path: &Path) -> Option<(syn::QSelf, Path)> {
        let mut segments = path.segments.iter();
        let (first, second) = (segments.next()?, segments.next()?);
        let ours = first.ident == "Self" && self.names.iter().any(|name| second.ident == *name);
        ours.then(|| {
            let (of, rest) = (&self.path, path.segments.iter().skip(1));
            let qualified: syn::TypePath = syn::parse_quote!(<Self as #of>::#(#rest)::*);
            (qualified.qself.expect("written with one"), qualified.path)
        })
    }
}

impl VisitMut for Qualify {
    fn visit_type_path_mut(&mut self, ty: &mut syn::TypePath) {
        if ty.qself.is_none()
            && let Some((qself, path)) = self.qualify(&ty.path)
        {
            ty.qself = Some(qself);
            ty.path = path;
        }
        syn::visit_mut::visit_type_path_mut(self, ty);
    }

    fn visit_expr_path_mut(&mut self, expr: &mut syn::ExprPath) {
        if expr.qself.is_none()
            && let Some((qself, path)) = self.qualify(&expr.path)
        {
            expr.qself = Some(qself);
            expr.path = path;
        }
        syn::visit_mut::visit_expr_path_mut(self, expr);
    }
}
