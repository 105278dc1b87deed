//! The policy's arguments against each other and against the signature: combinations that make no sense do not compile.

use proc_macro2::Span;
use syn::{Expr, Type};

use crate::args::{CachedArgs, Helpers, Life, Tier, Ttl};
use crate::ctxt::Ctxt;
use crate::item::{Arg, Function};
use crate::returns;
use crate::roots::Used;

pub(crate) fn check(ctxt: &Ctxt, args: &CachedArgs, function: &Function, list: &[Arg]) {
    ends(ctxt, args);
    order(ctxt, args);
    tiers(ctxt, args, function);
    errors(ctxt, args, function);
    background(ctxt, args, function, list);
    is_constant(ctxt, args, list);
}

/// What is about the end of a ttl needs one.
fn ends(ctxt: &Ctxt, args: &CachedArgs) {
    if !matches!(args.ttl.get(), Some(Ttl::Never)) {
        return;
    }
    let about_the_end = [
        ("stale_while_revalidate", args.stale_while_revalidate.span()),
        ("stale_if_error", args.stale_if_error.span()),
        ("refresh_ahead", args.refresh_ahead.span()),
        ("early", args.early.span()),
        ("jitter", args.jitter.span()),
    ];
    refuse(ctxt, about_the_end, |name| {
        (
            format!("`{name}` with `ttl = \"never\"`: a value that does not end is never stale"),
            format!("write a ttl, as in `ttl = \"5m\"`, or remove `{name}`"),
        )
    });
}

/// What is about the shared tier needs one, and what is about this process a place in it.
fn tiers(ctxt: &Ctxt, args: &CachedArgs, function: &Function) {
    let strong = args.consistency.span().filter(|_| args.consistency.get() == Some(&true));
    let shared_only = args.tier.span().filter(|_| args.tier.get() == Some(&Tier::Shared));
    if args.tier.get() == Some(&Tier::Local) || !function.is_async() {
        let reason = if function.is_async() { "`tier = \"l1\"`" } else { "a function that is not async" };
        let of_the_shared_tier = [("codec", args.codec.span()), ("consistency", strong), ("tier", shared_only)];
        refuse(ctxt, of_the_shared_tier, |name| {
            (
                format!("`{name}` is about the shared tier, and {reason} keeps its values in this process"),
                format!("remove `{name}`, or make the function async and leave `tier` out"),
            )
        });
    }
    if strong.is_some() {
        let of_this_process = [
            ("stale_while_revalidate", args.stale_while_revalidate.span()),
            ("stale_if_error", args.stale_if_error.span()),
            ("refresh_ahead", args.refresh_ahead.span()),
            ("early", args.early.span()),
            ("soft_timeout", args.soft_timeout.span()),
            ("tti", args.tti.span()),
        ];
        refuse(ctxt, of_this_process, |name| {
            (
                format!("`{name}` serves what is in the process, and `consistency = \"strong\"` keeps nothing there"),
                format!("remove `{name}`, or `consistency`"),
            )
        });
    }
    if shared_only.is_some() {
        refuse(ctxt, [("capacity", args.capacity.span())], |name| {
            (
                format!("`{name}` is about this process, and `tier = \"l2\"` keeps nothing there"),
                format!("remove `{name}`, or `tier`"),
            )
        });
    }
}

/// Reports each argument that is there with what is wrong with it and what to write instead.
fn refuse<const N: usize>(
    ctxt: &Ctxt,
    arguments: [(&str, Option<Span>); N],
    problem: impl Fn(&str) -> (String, String),
) {
    for (name, span) in arguments {
        if let Some(span) = span {
            let (what, help) = problem(name);
            ctxt.error(span, what, help);
        }
    }
}

/// Which time must be shorter than which.
fn order(ctxt: &Ctxt, args: &CachedArgs) {
    if let (Some(_), Some(span)) = (args.refresh_ahead.get(), args.early.span()) {
        ctxt.error(
            span,
            "`early` and `refresh_ahead` are two answers to one question: when to load anew before the end",
            "keep `refresh_ahead` for a fixed moment, or `early` for one at random",
        );
    }
    let ttl = match args.ttl.get() {
        Some(Ttl::Literal(millis, _)) => Some(millis.0),
        _ => None,
    };
    let shorter = |life: Option<&Life>, than: Option<u64>| matches!((millis(life), than), (Some(a), Some(b)) if a < b);
    if let (Some(span), Some(_)) = (args.tti.span(), ttl)
        && millis(args.tti.get()).is_some()
        && !shorter(args.tti.get(), ttl)
    {
        ctxt.error(
            span,
            "`tti` is not shorter than `ttl`: every entry ends by its ttl before",
            "write a shorter `tti`, or a longer `ttl` (or `ttl = \"never\"`)",
        );
    }
    let hard = millis(args.timeout.get());
    if let Some(span) = args.soft_timeout.span() {
        if hard.is_some() && millis(args.soft_timeout.get()).is_some() && !shorter(args.soft_timeout.get(), hard) {
            ctxt.error(
                span,
                "`soft_timeout` is not shorter than `timeout`: the load is dropped before",
                "write a shorter `soft_timeout`, or remove it",
            );
        }
        if !args.stale_if_error.is_set() {
            ctxt.error(
                span,
                "`soft_timeout` serves the stale value when a load takes long, and nothing allows one",
                "write `stale_if_error = \"1h\"` beside it, or `timeout` for a hard limit",
            );
        }
    }
    let renewed = millis(args.stale_while_revalidate.get());
    if let Some(span) = args.stale_if_error.span()
        && renewed.is_some()
        && millis(args.stale_if_error.get()).is_some()
        && !shorter(args.stale_while_revalidate.get(), millis(args.stale_if_error.get()))
    {
        ctxt.error(
            span,
            "`stale_if_error` is not longer than `stale_while_revalidate`, which serves the stale value anyway",
            "write a longer `stale_if_error`, or remove it",
        );
    }
}

/// What is about errors needs a function that has some.
fn errors(ctxt: &Ctxt, args: &CachedArgs, function: &Function) {
    let ret = function.ret();
    let option =
        matches!(&ret, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"));
    if !option && !returns::is_plainly_a_value(&ret, args.returns.get().copied()) {
        return;
    }
    for (name, span) in [("stale_if_error", args.stale_if_error.span()), ("timeout", args.timeout.span())] {
        if let Some(span) = span {
            ctxt.error(
                span,
                format!("`{name}` on `{}`, which does not return a `Result`", function.plain_name()),
                format!("return a `Result`, or remove `{name}`"),
            );
        }
    }
}

/// What runs in the background needs a runtime, and arguments that can be copied or moved there.
fn background(ctxt: &Ctxt, args: &CachedArgs, function: &Function, list: &[Arg]) {
    if !function.is_async() {
        let of_a_runtime = [
            ("stale_while_revalidate", args.stale_while_revalidate.span()),
            ("refresh_ahead", args.refresh_ahead.span()),
            ("timeout", args.timeout.span()),
            ("soft_timeout", args.soft_timeout.span()),
        ];
        for (name, span) in of_a_runtime {
            if let Some(span) = span {
                ctxt.error(
                    span,
                    format!(
                        "`{name}` on `{}`, which is not `async`: nothing can go on without it, or stop it",
                        function.plain_name()
                    ),
                    format!("write `async fn`, or remove `{name}`"),
                );
            }
        }
        return;
    }
    let Some(option) = args.background_option() else { return };
    if matches!(args.helpers.get(), Some(Helpers::Off)) {
        ctxt.error(
            args.helpers.span().unwrap_or_else(Span::call_site),
            format!("`{option}` loads in the background, and `helpers = false` leaves no function to call there"),
            "remove `helpers = false`; in an `impl` of a trait, put `#[cached_impl]` on the block",
        );
    }
    if let Some(arg) = list.iter().find(|arg| arg.is_mut_ref()) {
        ctxt.error_on(
            &arg.ty,
            format!("`{option}` loads in the background, where `{}` cannot be lent to", arg.ident),
            format!("take it by value or as `Arc<Mutex<…>>`, or remove `{option}`"),
        );
    }
    if let Some(receiver) = function.receiver()
        && receiver.reference.is_some()
        && receiver.mutability.is_some()
    {
        ctxt.error_on(
            receiver,
            format!("`{option}` loads in the background, where `&mut self` cannot be lent to"),
            format!("take `&self`, or remove `{option}`"),
        );
    }
}

/// The policy belongs to the region, which all calls share.
fn is_constant(ctxt: &Ctxt, args: &CachedArgs, list: &[Arg]) {
    let ttl = match args.ttl.get() {
        Some(Ttl::Expr(expr)) => Some(("ttl", expr, "\"5m\"")),
        _ => None,
    };
    let exprs = [
        ("capacity", args.capacity.get(), "5000"),
        ("refresh_ahead", args.refresh_ahead.get(), "0.8"),
        ("early", args.early.get(), "1.0"),
        ("negative_ttl", expr(args.negative_ttl.get()), "\"30s\""),
        ("stale_while_revalidate", expr(args.stale_while_revalidate.get()), "\"1m\""),
        ("stale_if_error", expr(args.stale_if_error.get()), "\"1h\""),
        ("timeout", expr(args.timeout.get()), "\"2s\""),
        ("soft_timeout", expr(args.soft_timeout.get()), "\"100ms\""),
        ("tti", expr(args.tti.get()), "\"1m\""),
    ];
    let exprs = exprs.into_iter().filter_map(|(name, expr, example)| Some((name, expr?, example)));
    for (name, expr, example) in ttl.into_iter().chain(exprs) {
        if let Some(argument) = Used::in_expr(expr, list).first(list) {
            ctxt.error_on(
                expr,
                format!("`{name}` uses the argument `{argument}`: it is evaluated once, for all calls"),
                format!("write a constant, as in `{name} = {example}`"),
            );
        }
    }
    let closures = [
        ("ttl", if let Some(Ttl::Closure(closure)) = args.ttl.get() { Some(closure) } else { None }),
        ("cache_if", args.cache_if.get()),
    ];
    for (name, closure) in closures.into_iter().filter_map(|(name, closure)| Some((name, closure?))) {
        let Expr::Closure(code) = closure else { continue };
        let used = Used::in_expr(&code.body, list);
        let argument = list.iter().zip(&used.args).find(|(arg, used)| **used && !binds(code, arg));
        if let Some((Arg { ident: argument, .. }, _)) = argument {
            ctxt.error_on(
                &code.body,
                format!("the `{name}` closure uses the argument `{argument}`: it is given the value, and nothing else"),
                "use what is in the value",
            );
        }
    }
}

/// Whether the closure's own argument has the name of the function's.
fn binds(closure: &syn::ExprClosure, arg: &Arg) -> bool {
    closure
        .inputs
        .iter()
        .any(|input| crate::item::mentions(&quote::ToTokens::to_token_stream(input), &[&arg.ident.to_string()]))
}

fn millis(life: Option<&Life>) -> Option<u64> {
    match life {
        Some(Life::Literal(millis)) => Some(millis.0),
        _ => None,
    }
}

fn expr(life: Option<&Life>) -> Option<&Expr> {
    match life {
        Some(Life::Expr(expr)) => Some(expr),
        _ => None,
    }
}
