//! Argument against argument, and arguments against the signature.

use quote::ToTokens;
use syn::{Attribute, FnArg};

use crate::args::{CachedArgs, Helpers, Tier};
use crate::check_policy;
use crate::ctxt::Ctxt;
use crate::expand::body::is_cfg;
use crate::item::{Arg, Function, mentions};
use crate::mutator_args::InvalidateArgs;
use crate::returns;

/// Everything that does not depend on the key.
pub(crate) fn cached(ctxt: &Ctxt, args: &CachedArgs, function: &Function, list: &[Arg]) {
    shape(ctxt, "cached", function);
    for attr in function.sig.inputs.iter().flat_map(attributes).filter(|attr| is_cfg(attr)) {
        ctxt.error_on(
            attr,
            format!(
                "an argument of `{}` is there in some builds only: they would not agree on what a key is",
                function.plain_name()
            ),
            "write the function once for each build, with the `#[cfg]` above it",
        );
    }
    returns::check(ctxt, function, args.returns.get().copied());
    if !args.ttl.is_set() && ctxt.is_clean() {
        ctxt.error(
            function.name().span(),
            format!("`{}` has no `ttl`: how long a value may be served is not guessed", function.plain_name()),
            "write `#[cached(ttl = \"5m\")]`, or `ttl = \"default\"` for the cache's, or `ttl = \"never\"`",
        );
    }
    if let Some(span) = args.weigh.span()
        && !args.capacity.is_set()
    {
        ctxt.error(span, "`weigh` without `capacity` has nothing to fill", "write `capacity = 64 << 20` beside it");
    }
    if let Some(span) = args.negative_ttl.span()
        && returns::is_plainly_a_value(&function.ret(), args.returns.get().copied())
    {
        ctxt.error(
            span,
            format!(
                "`negative_ttl` on `{}`, which returns neither an `Option` nor a `Result`: it has no absence to cache",
                function.plain_name()
            ),
            "remove `negative_ttl`, or return an `Option` or a `Result`",
        );
    }
    if !function.is_async() && args.tier.get() == Some(&Tier::Both) {
        ctxt.error(
            args.tier.span().unwrap_or_else(|| function.name().span()),
            "`tier = \"both\"` on a function that is not `async`: the shared tier is awaited",
            "write `async fn`, or remove `tier`: functions that are not `async` live in the local tier",
        );
    }
    check_policy::check(ctxt, args, function, list);
    if let (Some(Helpers::Named(name)), Some(span)) = (args.helpers.get(), args.helpers.span())
        && function.receiver().is_none()
        && name == function.name()
    {
        ctxt.error(span, format!("`helpers = \"{name}\"` is the name they have anyway"), "remove `helpers`");
    }
}

fn attributes(input: &FnArg) -> &[Attribute] {
    match input {
        FnArg::Receiver(receiver) => &receiver.attrs,
        FnArg::Typed(typed) => &typed.attrs,
    }
}

/// `on = "before"`: nothing has been returned that targets and tags could use.
pub(crate) fn nothing_returned_yet(ctxt: &Ctxt, args: &InvalidateArgs) {
    const HELP: &str =
        "use arguments only, or drop it after the body with a second attribute: `#[cache_invalidate(…)]`";
    for target in args.targets.iter().filter(|target| mentions(&target.0.to_token_stream(), &["ret"])) {
        let what = "this target uses `ret`, and `on = \"before\"` drops it before anything is returned";
        ctxt.error_on(&target.0, what, HELP);
    }
    for tag in args.tags.get().into_iter().flatten() {
        let template = crate::template::Template::parse(tag);
        if template.is_ok_and(|template| template.parts.iter().any(|part| part.root == "ret")) {
            let what = "this tag uses `ret`, and `on = \"before\"` drops it before anything is returned";
            ctxt.error(tag.span(), what, HELP);
        }
    }
}

/// What no attribute of ours can wrap.
pub(crate) fn shape(ctxt: &Ctxt, attribute: &str, function: &Function) {
    let name = function.plain_name();
    let sig = &function.sig;
    if function.body.is_none() {
        ctxt.error(
            sig.ident.span(),
            format!("`{name}` has no body: there is nothing to wrap"),
            format!("put `#[{attribute}]` on the methods of an `impl` block, under `#[cached_impl]`"),
        );
    }
    if let Some(token) = &sig.constness {
        ctxt.error_on(token, format!("`{name}` is a `const fn`, and a cache lives at run time"), "remove `const`");
    }
    if let Some(token) = &sig.unsafety {
        ctxt.error_on(
            token,
            format!("`{name}` is `unsafe`: a hit would skip the promises its callers make"),
            "write a safe function around it and cache that",
        );
    }
    if let Some(abi) = &sig.abi {
        ctxt.error_on(
            abi,
            format!("`{name}` is `extern`: what calls it from outside cannot hold a cached value"),
            "write a Rust function around it and cache that",
        );
    }
    if let Some(variadic) = &sig.variadic {
        ctxt.error_on(variadic, format!("`{name}` is variadic"), "list the arguments, or pass a slice");
    }
    returns::check_boxed(ctxt, attribute, function);
}
