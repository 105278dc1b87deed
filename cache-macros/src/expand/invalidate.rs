//! `#[cache_invalidate]`: what a mutator drops once it has succeeded.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprMethodCall, ExprPath, Path};

use crate::args::InvalidateArgs;
use crate::check;
use crate::ctxt::Ctxt;
use crate::expand::Owner;
use crate::expand::body::{in_braces_of, in_place};
use crate::fallback;
use crate::item::{Function, mentions};
use crate::key::tidy;
use crate::paths::{self, at};
use crate::roots::Roots;
use crate::tags::Tags;

/// `#[cache_invalidate(attr)] item`
pub(crate) fn invalidate(attr: TokenStream, item: TokenStream) -> TokenStream {
    let function = match fallback::function("cache_invalidate", &item) {
        Ok(function) => function,
        Err(error) => return fallback::with_errors(&item, &error),
    };
    invalidate_function(attr, &function, None, None).unwrap_or_else(|error| fallback::with_errors(&item, &error))
}

/// `#[cache_invalidate]` with what the caller knows about the block around the function.
pub(crate) fn invalidate_function(
    attr: TokenStream,
    function: &Function,
    owner: Option<&Owner>,
    krate: Option<&Path>,
) -> syn::Result<TokenStream> {
    let ctxt = Ctxt::new();
    let args = InvalidateArgs::parse(&ctxt, attr);
    let rt = paths::runtime(args.krate.get().or(krate));
    let list = function.args();
    check::shape(&ctxt, "cache_invalidate", function);
    check_return(&ctxt, function);
    if args.targets.is_empty() && !args.tags.is_set() && ctxt.is_clean() {
        ctxt.error(
            function.name().span(),
            format!("`#[cache_invalidate]` on `{}` names nothing to drop", function.plain_name()),
            "write `#[cache_invalidate(get_user(id))]`, or `tags = [\"user:{id}\"]`",
        );
    }
    let roots = Roots { function, args: &list, patterns: true };
    let tags = Tags::build(&ctxt, &rt, args.tags.get().map_or(&[], Vec::as_slice), &roots);
    let targets = args.targets.iter().filter_map(|target| Target::lower(&ctxt, &rt, &target.0)).collect::<Vec<_>>();
    ctxt.check()?;
    Ok(expand(&rt, function, owner, &args, &tags, &targets))
}

fn expand(
    rt: &TokenStream,
    function: &Function,
    owner: Option<&Owner>,
    args: &InvalidateArgs,
    tags: &Tags,
    targets: &[Target],
) -> TokenStream {
    let Function { attrs, vis, sig, .. } = function;
    let ret = function.ret();
    let registered = registered(rt, function, owner, tags, targets);
    let source = match args.cache.get() {
        Some(expr) => quote_spanned!(at(expr.span())=> #rt::explicit(&(#expr)).owned()),
        None => quote!(#rt::Ambient),
    };
    let (early, late): (Vec<_>, Vec<_>) = targets.iter().partition(|target| !target.late);
    let names = (0..early.len()).map(|index| format_ident!("__cache_target{index}")).collect::<Vec<_>>();
    let early = early.iter().map(|target| &target.expr);
    let before = tags.before(rt);
    let run = if function.is_async() {
        let body = in_place(function, &TokenStream::new());
        quote!((#body).await)
    } else {
        let body = in_place(function, &TokenStream::new());
        quote!((|| -> #ret #body)())
    };
    let fire = if function.is_async() {
        quote!(#rt::fire(__cache_source, __cache_targets, __cache_tags).await;)
    } else {
        quote!(#rt::fire_blocking(__cache_source, __cache_targets, __cache_tags);)
    };
    // With nothing that needs `ret`, arrays of known length; else what was known before is joined to what is known now.
    let collect = if late.is_empty() && tags.late.is_empty() {
        let count = names.len();
        quote! {
            if #rt::succeeded(__cache_kind, &__cache_ret) {
                let __cache_targets: [#rt::Target; #count] = [#(#names),*];
                #fire
            }
        }
    } else {
        let late = late.iter().map(|target| &target.expr).collect::<Vec<_>>();
        let (late_tags, late_count, tag_count) = (&tags.late, late.len(), tags.late.len());
        let count = names.len();
        quote! {
            // An absence is a success without a value: what does not need `ret` is dropped all the same.
            if #rt::succeeded(__cache_kind, &__cache_ret) {
                let (__cache_late_targets, __cache_late_tags) = ::core::option::Option::unzip(
                    #rt::with_success(__cache_kind, &__cache_ret, |ret| {
                        let __cache_targets: [#rt::Target; #late_count] = [#(#late),*];
                        let __cache_tags: [#rt::TagText; #tag_count] = [#(#late_tags),*];
                        (__cache_targets, __cache_tags)
                    })
                );
                let __cache_targets: [#rt::Target; #count] = [#(#names),*];
                let __cache_targets = ::core::iter::Iterator::chain(
                    ::core::iter::IntoIterator::into_iter(__cache_targets),
                    ::core::iter::Iterator::flatten(::core::iter::IntoIterator::into_iter(__cache_late_targets)),
                );
                let __cache_tags = ::core::iter::Iterator::chain(
                    ::core::iter::IntoIterator::into_iter(__cache_tags),
                    ::core::iter::Iterator::flatten(::core::iter::IntoIterator::into_iter(__cache_late_tags)),
                );
                #fire
            }
        }
    };
    let body = quote! {
            #registered
            let __cache_source = #source;
            #(let #names = #early;)*
            #before
            let __cache_ret = #run;
            let __cache_kind = {
                #[allow(unused_imports)]
                use #rt::{KindPlain as _, KindResult as _};
                (&&&#rt::Probe::<#ret>::new()).kind()
            };
            #collect
            __cache_ret
    };
    let body = in_braces_of(function, body);
    quote!(#(#attrs)* #vis #sig #body)
}

/// The entry in the static registry.
fn registered(
    rt: &TokenStream,
    function: &Function,
    owner: Option<&Owner>,
    tags: &Tags,
    targets: &[Target],
) -> TokenStream {
    let plain = function.plain_name();
    let name = match owner {
        Some(owner) => format!("{}::{plain}", owner.name),
        None => plain,
    };
    let targets = targets.iter().map(|target| &target.text);
    let tags = &tags.texts;
    quote! {
        const _: () = {
            static __CACHE_MUTATOR: #rt::Mutator = #rt::Mutator {
                function: #name,
                module: ::core::module_path!(),
                file: ::core::file!(),
                line: ::core::line!(),
                targets: &[#(#targets),*],
                tags: &[#(#tags),*],
            };
            #rt::inventory::submit! { #rt::RegisteredMutator(&__CACHE_MUTATOR) }
        };
    }
}

/// What is dropped, as a call of the generated `__cache_target`.
struct Target {
    /// As written.
    text: String,
    expr: TokenStream,
    /// It mentions `ret`, so it is evaluated after the body.
    late: bool,
}

impl Target {
    fn lower(ctxt: &Ctxt, rt: &TokenStream, expr: &Expr) -> Option<Target> {
        let tokens = expr.to_token_stream();
        let text = tidy(&tokens);
        let expr = match expr {
            Expr::Call(ExprCall { func, args, .. }) => {
                let Expr::Path(ExprPath { qself: None, path, .. }) = &**func else {
                    return refuse(ctxt, expr, &text);
                };
                if let Some(ty) = type_in(path) {
                    let method = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
                    let receiver = if ty == "Self" { "self".to_owned() } else { "self.field".to_owned() };
                    ctxt.error_on(
                        path,
                        format!("`{text}` names a method by its type `{ty}`, whose helpers live beside the method"),
                        format!("use method syntax: `{receiver}.{method}(…)`"),
                    );
                    return None;
                }
                let mut path = path.clone();
                let last = path.segments.last_mut()?;
                let arguments = std::mem::replace(&mut last.arguments, syn::PathArguments::None);
                let target = Ident::new("__cache_target", at(last.ident.span()));
                let args = args.iter().map(|arg| argument(rt, arg));
                quote!(#path::#target #arguments (#(#args),*))
            }
            Expr::MethodCall(ExprMethodCall { receiver, method, turbofish, args, .. }) => {
                let plain = syn::ext::IdentExt::unraw(method);
                let target = format_ident!("__cache_target_{plain}", span = at(method.span()));
                let args = args.iter().map(|arg| argument(rt, arg));
                quote!(#receiver.#target #turbofish (#(#args),*))
            }
            other => return refuse(ctxt, other, &text),
        };
        Some(Target { late: mentions(&tokens, &["ret"]), text, expr })
    }
}

fn refuse(ctxt: &Ctxt, expr: &Expr, text: &str) -> Option<Target> {
    let help = match expr {
        Expr::Path(path) => format!("write the arguments of its key, as in `{}(id)`", tidy(&path.to_token_stream())),
        _ => "write `get_user(id)` for a function, or `self.users.get_user(id)` for a method".to_owned(),
    };
    ctxt.error_on(expr, format!("`{text}` is not a call of a cached function"), help);
    None
}

/// A bare name is cloned, since the body may take it (`ret` is a reference already); anything else is used as written.
fn argument(rt: &TokenStream, arg: &Expr) -> TokenStream {
    match arg {
        Expr::Path(path) if path.path.is_ident("ret") => quote_spanned!(at(arg.span())=> #rt::clone_argument(#path)),
        Expr::Path(path) if path.path.get_ident().is_some_and(|ident| ident != "self") => {
            quote_spanned!(at(arg.span())=> #rt::clone_argument(&#path))
        }
        other => other.to_token_stream(),
    }
}

/// The type in `Type::method`: types begin in upper case, modules do not.
fn type_in(path: &Path) -> Option<String> {
    let before_last = path.segments.iter().rev().nth(1)?;
    let name = before_last.ident.to_string();
    name.starts_with(char::is_uppercase).then_some(name)
}

fn check_return(ctxt: &Ctxt, function: &Function) {
    if let syn::ReturnType::Type(_, ty) = &function.sig.output
        && mentions(&ty.to_token_stream(), &["impl"])
    {
        ctxt.error_on(
            ty,
            format!("`{}` returns an `impl Trait`: whether it succeeded cannot be asked", function.plain_name()),
            "write the type; for `-> impl Future<Output = T>` write `async fn … -> T`",
        );
    }
}
