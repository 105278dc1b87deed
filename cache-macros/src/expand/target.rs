//! What a mutator drops or fills: `get_user(id)`, as a call of a generated helper.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprMethodCall, ExprPath, Path};

use crate::ctxt::Ctxt;
use crate::item::mentions;
use crate::key::tidy;
use crate::mutator_args::TargetArg;
use crate::paths::at;

/// One target.
pub(crate) struct Target {
    /// As written.
    pub(crate) text: String,
    /// The call of the helper.
    pub(crate) expr: TokenStream,
    /// It mentions `ret`, so it is evaluated after the body.
    pub(crate) late: bool,
    /// Where errors about it point.
    pub(crate) span: Span,
}

/// All targets of an attribute, as calls of `helper`. With `cache = expr` they are evaluated in that cache.
pub(crate) fn lower(ctxt: &Ctxt, rt: &TokenStream, targets: &[TargetArg], helper: &str, within: bool) -> Vec<Target> {
    let targets = targets.iter().filter_map(|target| Target::lower(ctxt, rt, &target.0, helper));
    let targets = targets.map(|target| match within {
        true => Target {
            expr: {
                let expr = &target.expr;
                quote!(#rt::within(&__cache_source, || #expr))
            },
            ..target
        },
        false => target,
    });
    targets.collect()
}

impl Target {
    fn lower(ctxt: &Ctxt, rt: &TokenStream, expr: &Expr, helper: &str) -> Option<Target> {
        let tokens = expr.to_token_stream();
        let text = tidy(&tokens);
        let (span, expr) = match expr {
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
                let span = at(last.ident.span());
                let helper = Ident::new(helper, span);
                let args = args.iter().map(|arg| argument(rt, arg));
                (span, quote!(#path::#helper #arguments (#(#args),*)))
            }
            Expr::MethodCall(ExprMethodCall { receiver, method, turbofish, args, .. }) => {
                let plain = syn::ext::IdentExt::unraw(method);
                let span = at(method.span());
                let helper = format_ident!("{helper}_{plain}", span = span);
                let args = args.iter().map(|arg| argument(rt, arg));
                (span, quote!(#receiver.#helper #turbofish (#(#args),*)))
            }
            other => return refuse(ctxt, other, &text),
        };
        Some(Target { late: mentions(&tokens, &["ret"]), text, expr, span })
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
