//! What the return type means: which part of it is the value, and which return types cannot be cached.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::visit::Visit;
use syn::{GenericParam, ReturnType, Type, TypeParamBound, TypePath};

use crate::args::Returns;
use crate::ctxt::Ctxt;
use crate::item::Function;
use crate::key::tidy;
use crate::paths::at;

/// Reports return types that cannot be cached.
pub(crate) fn check(ctxt: &Ctxt, function: &Function, returns: Option<Returns>) {
    let name = function.plain_name();
    let ReturnType::Type(_, ty) = &function.sig.output else {
        nothing(ctxt, function, &function.sig.ident);
        return;
    };
    match &**ty {
        Type::Tuple(tuple) if tuple.elems.is_empty() => nothing(ctxt, function, tuple),
        Type::Never(never) => {
            ctxt.error_on(never, format!("`{name}` never returns: there is nothing to cache"), "remove `#[cached]`");
        }
        Type::ImplTrait(opaque) => opaque_type(ctxt, opaque),
        ty => {
            if boxed_future(ty).is_some() {
                return;
            }
            let mut borrows = Borrows(None);
            borrows.visit_type(ty);
            if let Some(borrow) = borrows.0 {
                ctxt.error_on(
                    &borrow,
                    format!("`{name}` returns a borrow: a cached value outlives the call that made it"),
                    "return an owned value, as in `String` or `Arc<T>`",
                );
            } else if returns.is_none() && is_abstract(ty, function) {
                let text = tidy(&ty.to_token_stream());
                ctxt.error_on(
                    ty,
                    format!(
                        "`{name}` returns `{text}`: it could be a `Result` or an `Option`, whose errors and absences \
                         must not be cached as values"
                    ),
                    format!(
                        "write `returns = \"value\"` if `{text}` is the value, or `returns = \"result\"` or `returns = \
                         \"option\"`"
                    ),
                );
            }
        }
    }
}

/// Reports a boxed future, which is no value to be cached, and no sign that a mutator has done anything.
pub(crate) fn check_boxed(ctxt: &Ctxt, attribute: &str, function: &Function) {
    let Some(boxed) = boxed_future(&function.ret()) else { return };
    let name = function.plain_name();
    // A name that `#[async_trait]` gives to lifetimes: it was here before us, and no token of the type is the user's.
    if crate::item::mentions(&boxed, &["async_trait"]) {
        ctxt.error(
            function.name().span(),
            format!("`{name}` was an `async fn` until `#[async_trait]` boxed its future: the attribute sees the box"),
            "put `#[cached_impl]` on the `impl` block, above `#[async_trait]`",
        );
        return;
    }
    let (place, call) = match function.receiver() {
        Some(_) => ("in a trait impl, put it on a method of the type", format!("self.{name}_inner(…)")),
        None => ("where callers need the box, put it on another function", format!("{name}_inner(…)")),
    };
    ctxt.error_on(
        &boxed,
        format!("`{name}` returns a boxed future: `#[{attribute}]` sees the box, and not what it yields"),
        format!("write `async fn`; {place} and hand on to that, as in `Box::pin({call})`"),
    );
}

fn nothing(ctxt: &Ctxt, function: &Function, tokens: &impl ToTokens) {
    let name = function.plain_name();
    ctxt.error_on(
        tokens,
        format!("`{name}` returns nothing: there is no value to cache"),
        format!("return the value, as in `fn {name}(…) -> T`, or remove `#[cached]`"),
    );
}

fn opaque_type(ctxt: &Ctxt, opaque: &syn::TypeImplTrait) {
    let future = opaque.bounds.iter().any(|bound| {
        matches!(bound, TypeParamBound::Trait(bound)
            if bound.path.segments.last().is_some_and(|segment| segment.ident == "Future"))
    });
    if future {
        let what = "`-> impl Future` hides what is cached";
        ctxt.error_on(opaque, what, "write `async fn` with the output as return type");
    } else {
        let what = "`-> impl Trait` has no name: the value could not be stored";
        ctxt.error_on(opaque, what, "write the type, as in `Vec<T>`, or `Arc<dyn Trait + Send + Sync>`");
    }
}

/// `Pin<Box<dyn Future>>` and the aliases everybody uses for it.
fn boxed_future(ty: &Type) -> Option<TokenStream> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let boxed = last.ident == "BoxFuture"
        || last.ident == "LocalBoxFuture"
        || (last.ident == "Pin" && crate::item::mentions(&last.arguments.to_token_stream(), &["Future"]));
    boxed.then(|| path.to_token_stream())
}

/// A type parameter or an associated type: what it is, only the caller knows.
fn is_abstract(ty: &Type, function: &Function) -> bool {
    let Type::Path(TypePath { qself, path }) = ty else { return false };
    let generic = |ident: &Ident| {
        function
            .sig
            .generics
            .params
            .iter()
            .any(|param| matches!(param, GenericParam::Type(param) if param.ident == *ident))
    };
    let Some(first) = path.segments.first() else { return false };
    qself.is_some()
        || (path.segments.len() == 1 && generic(&first.ident))
        || (path.segments.len() > 1 && (first.ident == "Self" || generic(&first.ident)))
}

/// The kind, as a value: inference finds the value type whatever it is called.
pub(crate) fn kind(rt: &TokenStream, function: &Function, returns: Option<Returns>) -> TokenStream {
    let ret = function.ret();
    let probe = match returns {
        Some(Returns::Value) => quote!(#rt::PlainKind::<#ret>::new()),
        Some(Returns::Option) => quote!(<#ret as #rt::OptionLike>::kind()),
        // Which of the results it is, is asked all the same: one of an `Option` has absences.
        Some(Returns::Result) => {
            let probe = probe(rt, &ret);
            quote!(#rt::require_result::<#ret, _>(#probe))
        }
        None => probe(rt, &ret),
    };
    quote!(let __cache_kind = #probe;)
}

fn probe(rt: &TokenStream, ret: &Type) -> TokenStream {
    quote! {{
        #[allow(unused_imports)]
        use #rt::{KindPlain as _, KindResult as _};
        (&&&#rt::Probe::<#ret>::new()).__cache_kind()
    }}
}

/// The value type, where a signature must name it.
pub(crate) fn value(rt: &TokenStream, function: &Function, returns: Option<Returns>) -> TokenStream {
    let ret = function.ret();
    let suffix = match &ret {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default(),
        _ => String::new(),
    };
    let span = at(function.ret_span());
    match returns {
        Some(Returns::Value) => quote!(#ret),
        Some(Returns::Result) => quote_spanned!(span=> <#ret as #rt::ResultLike>::Ok),
        Some(Returns::Option) => quote_spanned!(span=> <#ret as #rt::OptionLike>::Some),
        None if suffix.ends_with("Result") => quote_spanned!(span=> <#ret as #rt::ResultLike>::Ok),
        None if suffix.ends_with("Option") => quote_spanned!(span=> <#ret as #rt::OptionLike>::Some),
        None => quote!(#ret),
    }
}

/// True where no alias can hide a `Result` or an `Option`.
pub(crate) fn is_plainly_a_value(ty: &Type, returns: Option<Returns>) -> bool {
    const PRIMITIVES: &[&str] = &[
        "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
        "f64",
    ];
    match (returns, ty) {
        (Some(Returns::Value), _) | (None, Type::Tuple(_) | Type::Array(_)) => true,
        (None, Type::Path(path)) => {
            path.path.get_ident().is_some_and(|ident| PRIMITIVES.contains(&ident.to_string().as_str()))
        }
        _ => false,
    }
}

/// The first borrow in a type; what a function pointer takes is not one.
struct Borrows(Option<TokenStream>);

impl<'ast> Visit<'ast> for Borrows {
    fn visit_type_reference(&mut self, reference: &'ast syn::TypeReference) {
        match &reference.lifetime {
            Some(lifetime) if lifetime.ident == "static" => syn::visit::visit_type(self, &reference.elem),
            _ => {
                self.0.get_or_insert_with(|| reference.to_token_stream());
            }
        }
    }

    fn visit_lifetime(&mut self, lifetime: &'ast syn::Lifetime) {
        if lifetime.ident != "static" {
            self.0.get_or_insert_with(|| lifetime.to_token_stream());
        }
    }

    fn visit_type_bare_fn(&mut self, _: &'ast syn::TypeBareFn) {}

    fn visit_parenthesized_generic_arguments(&mut self, _: &'ast syn::ParenthesizedGenericArguments) {}
}
