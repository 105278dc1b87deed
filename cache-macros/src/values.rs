//! The values of arguments: each returns what it read, or reports and returns nothing.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, ExprLit, ExprUnary, Lit, LitInt, LitStr, UnOp, parenthesized};

use crate::args::{Helpers, Life, Returns, Tier, Ttl, parse_names, value};
use crate::ctxt::Ctxt;
use crate::duration::Millis;
use crate::mutator_args::On;

/// `ttl = "5m"`, an expression, `"default"` or `"never"`.
pub(crate) fn ttl(ctxt: &Ctxt, expr: Expr) -> Option<Ttl> {
    if let Some(text) = as_str(&expr) {
        return match text.value().as_str() {
            "default" => Some(Ttl::Default),
            "never" => Some(Ttl::Never),
            _ => millis(ctxt, text).map(|millis| Ttl::Literal(millis, text.clone())),
        };
    }
    if let Expr::Closure(_) = &expr {
        return one_argument(ctxt, "ttl", expr).map(Ttl::Closure);
    }
    duration_expr(ctxt, "ttl", expr).map(Ttl::Expr)
}

/// `negative_ttl = "30s"` or an expression.
pub(crate) fn life(ctxt: &Ctxt, input: ParseStream<'_>, name: &Ident, example: &str) -> syn::Result<Option<Life>> {
    let expr = value(input, name, &format!("\"{example}\""))?;
    Ok(match as_str(&expr) {
        Some(text) => millis(ctxt, text).map(Life::Literal),
        None => duration_expr(ctxt, &name.to_string(), expr).map(Life::Expr),
    })
}

/// `refresh_ahead = 0.8`
pub(crate) fn part_of_ttl(ctxt: &Ctxt, expr: Expr) -> Option<Expr> {
    let wrong = as_float(&expr).is_some_and(|part| !(part > 0.0 && part < 1.0)) || is_negative(&expr);
    if wrong || as_str(&expr).is_some() {
        let what = "`refresh_ahead` is a part of the ttl: a number between 0 and 1";
        ctxt.error_on(&expr, what, "write `refresh_ahead = 0.8` to load anew after 80 % of the ttl");
        return None;
    }
    Some(float(expr))
}

/// `early = 1.0`
pub(crate) fn beta(ctxt: &Ctxt, expr: Expr) -> Option<Expr> {
    if as_float(&expr).is_some_and(|beta| beta <= 0.0) || is_negative(&expr) || as_str(&expr).is_some() {
        let what = "`early` is a number above 0: the β of the XFetch rule";
        ctxt.error_on(&expr, what, "write `early = 1.0`, which is the optimum; more is earlier");
        return None;
    }
    Some(float(expr))
}

/// `1` means `1.0` here.
fn float(expr: Expr) -> Expr {
    match &expr {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) if int.suffix().is_empty() => {
            let float = syn::LitFloat::new(&format!("{int}.0"), int.span());
            syn::parse_quote!(#float)
        }
        _ => expr,
    }
}

fn is_negative(expr: &Expr) -> bool {
    matches!(expr, Expr::Unary(ExprUnary { op: UnOp::Neg(_), .. }))
}

/// A closure of one argument, the value.
fn one_argument(ctxt: &Ctxt, name: &str, expr: Expr) -> Option<Expr> {
    let Expr::Closure(closure) = &expr else { return Some(expr) };
    if closure.inputs.len() == 1 {
        return Some(expr);
    }
    ctxt.error_on(
        closure,
        format!("a `{name}` closure takes the value, and nothing else"),
        format!("write `{name} = |value: &V| …`"),
    );
    None
}

/// Refuses numbers: they have no unit.
fn duration_expr(ctxt: &Ctxt, name: &str, expr: Expr) -> Option<Expr> {
    let (number, negative) = match &expr {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => (as_number(expr), true),
        expr => (as_number(expr), false),
    };
    let Some(number) = number else { return Some(expr) };
    let help = format!("write `{name} = \"{number}s\"`; valid forms are \"250ms\", \"30s\", \"5m\", \"1h30m\", \"7d\"");
    let what = if negative { "is negative" } else { "has no unit" };
    ctxt.error_on(&expr, format!("`{name}` {what}"), help);
    None
}

fn millis(ctxt: &Ctxt, text: &LitStr) -> Option<Millis> {
    match Millis::parse(&text.value()) {
        Ok(millis) => Some(millis),
        Err(bad) => {
            ctxt.error(text.span(), bad.what, bad.help);
            None
        }
    }
}

/// A string literal.
pub(crate) fn text(ctxt: &Ctxt, name: &str, expr: Expr) -> Option<LitStr> {
    let found = as_str(&expr).cloned();
    if found.is_none() {
        ctxt.error_on(&expr, format!("`{name}` takes a string literal"), format!("write `{name} = \"…\"`"));
    }
    found
}

/// `name = "users"`: what operators see, and a part of shared keys.
pub(crate) fn name(ctxt: &Ctxt, expr: Expr) -> Option<LitStr> {
    let found = text(ctxt, "name", expr)?;
    let value = found.value();
    let bad = |c: char| c.is_whitespace() || c.is_control() || "{}*%:".contains(c);
    if value.is_empty() {
        ctxt.error(found.span(), "`name` is empty", "write `name = \"users\"`, or remove it for the function's path");
        return None;
    }
    if value.contains(bad) {
        let clean = value.split(bad).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
        let what = format!("the name \"{value}\" holds white space or one of `{{ }} * % :`, which separate key parts");
        ctxt.error(found.span(), what, format!("write `name = \"{clean}\"`"));
        return None;
    }
    Some(found)
}

/// `tags = ["users", "user:{id}"]`
pub(crate) fn tags(ctxt: &Ctxt, expr: Expr) -> Option<Vec<LitStr>> {
    if let Some(text) = as_str(&expr) {
        ctxt.error(text.span(), "`tags` takes a list", format!("write `tags = [\"{}\"]`", text.value()));
        return None;
    }
    let Expr::Array(array) = expr else {
        ctxt.error_on(&expr, "`tags` takes a list of string literals", "write `tags = [\"users\", \"user:{id}\"]`");
        return None;
    };
    let tags = array.elems.into_iter().map(ungrouped).filter_map(|tag| {
        let found = as_str(&tag).cloned();
        if found.is_none() {
            ctxt.error_on(&tag, "a tag is a string literal", "write a template, as in `\"user:{id}\"`");
        }
        found
    });
    let tags = tags.collect::<Vec<_>>();
    for tag in tags.iter().filter(|tag| tag.value().is_empty()) {
        ctxt.error(tag.span(), "a tag is empty", "name what the entry depends on, as in `\"users\"`, or remove it");
    }
    Some(tags)
}

/// `skip(db, ctx, self)`
pub(crate) fn names(ctxt: &Ctxt, input: ParseStream<'_>, name: &Ident) -> syn::Result<Vec<Ident>> {
    if !input.peek(syn::token::Paren) {
        let what = format!("`{name}` takes a list of arguments\nhelp: write `{name}(db)`");
        return Err(syn::Error::new(name.span(), what));
    }
    let content;
    parenthesized!(content in input);
    let mut names: Vec<Ident> = Vec::new();
    for tokens in parse_names(&content)? {
        match syn::parse::Parser::parse2(Ident::parse_any, tokens.clone()) {
            Ok(ident) if names.contains(&ident) => {
                ctxt.error(ident.span(), format!("`{ident}` is skipped twice"), format!("remove one `{ident}`"));
            }
            Ok(ident) => names.push(ident),
            Err(_) => {
                ctxt.error_on(&tokens, "`skip` takes names of arguments", "write `skip(db, ctx)`, or `skip(self)`");
            }
        }
    }
    Ok(names)
}

/// Percent of the ttl.
pub(crate) fn jitter(ctxt: &Ctxt, expr: Expr) -> Option<u8> {
    let value = as_int(&expr).and_then(|int| int.base10_parse::<u8>().ok()).filter(|percent| *percent <= 100);
    if value.is_none() {
        ctxt.error_on(&expr, "`jitter` is a whole number of percent from 0 to 100", "write `jitter = 10`");
    }
    value
}

pub(crate) fn capacity(ctxt: &Ctxt, expr: Expr) -> Option<Expr> {
    if let Some(text) = as_str(&expr) {
        ctxt.error(text.span(), "`capacity` takes a number, not a string", "write `capacity = 5000`");
        return None;
    }
    if matches!(&expr, Expr::Unary(ExprUnary { op: UnOp::Neg(_), .. })) {
        ctxt.error_on(&expr, "`capacity` is negative", "write `capacity = 5000`");
        return None;
    }
    if let Some(int) = as_int(&expr) {
        match int.base10_parse::<u64>() {
            Ok(0) => {
                ctxt.error_on(
                    int,
                    "`capacity = 0` would store nothing",
                    "write at least `capacity = 1`; to switch caching off, remove `#[cached]` or turn the cache off \
                     with `Cache::builder().enabled(false)`",
                );
                return None;
            }
            Ok(_) => {}
            Err(_) => {
                ctxt.error_on(int, "`capacity` does not fit into a `u64`", "write `capacity = 5000`");
                return None;
            }
        }
    }
    Some(expr)
}

pub(crate) fn tier(ctxt: &Ctxt, expr: Expr) -> Option<Tier> {
    match as_str(&expr).map(LitStr::value).as_deref() {
        Some("l1") => Some(Tier::Local),
        Some("both") => Some(Tier::Both),
        Some("l2") => Some(Tier::Shared),
        _ => {
            ctxt.error_on(&expr, "`tier` is \"l1\", \"l2\" or \"both\"", "write `tier = \"l1\"`");
            None
        }
    }
}

/// Whether it is the strong one.
pub(crate) fn consistency(ctxt: &Ctxt, expr: Expr) -> Option<bool> {
    match as_str(&expr).map(LitStr::value).as_deref() {
        Some("strong") => Some(true),
        Some("bounded") => Some(false),
        _ => {
            ctxt.error_on(
                &expr,
                "`consistency` is \"bounded\" or \"strong\"",
                "write `consistency = \"strong\"` for a function whose every call asks the shared tier",
            );
            None
        }
    }
}

pub(crate) fn codec(ctxt: &Ctxt, expr: Expr) -> Option<Expr> {
    if let Expr::Lit(_) = &expr {
        ctxt.error_on(&expr, "`codec` is an expression of type `cache_core::Codec`", "write `codec = Codec::Json`");
        return None;
    }
    Some(expr)
}

pub(crate) fn version(ctxt: &Ctxt, expr: Expr) -> Option<u32> {
    let value = as_int(&expr).and_then(|int| int.base10_parse::<u32>().ok());
    if value.is_none() {
        ctxt.error_on(&expr, "`version` is a whole number up to 4294967295", "write `version = 2`");
    }
    value
}

pub(crate) fn flag(ctxt: &Ctxt, name: &str, expr: Expr) -> Option<bool> {
    let Expr::Lit(ExprLit { lit: Lit::Bool(flag), .. }) = &expr else {
        ctxt.error_on(&expr, format!("`{name}` is `true` or `false`"), format!("write `{name} = false`"));
        return None;
    };
    Some(flag.value)
}

pub(crate) fn returns(ctxt: &Ctxt, expr: Expr) -> Option<Returns> {
    match as_str(&expr).map(LitStr::value).as_deref() {
        Some("value") => Some(Returns::Value),
        Some("result") => Some(Returns::Result),
        Some("option") => Some(Returns::Option),
        _ => {
            ctxt.error_on(&expr, "`returns` is \"value\", \"result\" or \"option\"", "write `returns = \"value\"`");
            None
        }
    }
}

pub(crate) fn helpers(ctxt: &Ctxt, expr: Expr) -> Option<Helpers> {
    match &expr {
        Expr::Lit(ExprLit { lit: Lit::Bool(flag), .. }) if !flag.value => return Some(Helpers::Off),
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
            if let Ok(name) = text.parse::<Ident>() {
                return Some(Helpers::Named(name));
            }
        }
        _ => {}
    }
    ctxt.error_on(
        &expr,
        "`helpers` is a name or `false`",
        "write `helpers = \"get_user_cache\"`, or `helpers = false` for none",
    );
    None
}

/// `on = "ok"` and the other moments.
pub(crate) fn on(ctxt: &Ctxt, expr: Expr) -> Option<On> {
    match as_str(&expr).map(LitStr::value).as_deref() {
        Some("ok") => Some(On::Ok),
        Some("always") => Some(On::Always),
        Some("before") => Some(On::Before),
        Some("around") => Some(On::Around),
        _ => {
            ctxt.error_on(
                &expr,
                "`on` is \"ok\", \"always\", \"before\" or \"around\"",
                "write `on = \"always\"` to drop entries after a failure too, or remove it for `on = \"ok\"`",
            );
            None
        }
    }
}

/// What arrives through a macro's `$value:expr` or `$value:literal` is in a group without delimiters.
pub(crate) fn ungrouped(mut expr: Expr) -> Expr {
    while let Expr::Group(group) = expr {
        expr = *group.expr;
    }
    expr
}

fn as_str(expr: &Expr) -> Option<&LitStr> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        _ => None,
    }
}

fn as_int(expr: &Expr) -> Option<&LitInt> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => Some(int),
        _ => None,
    }
}

fn as_float(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => int.base10_parse().ok(),
        Expr::Lit(ExprLit { lit: Lit::Float(float), .. }) => float.base10_parse().ok(),
        _ => None,
    }
}

/// The digits of a numeric literal.
fn as_number(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => Some(int.base10_digits().to_owned()),
        Expr::Lit(ExprLit { lit: Lit::Float(float), .. }) => {
            Some(float.base10_digits().split('.').next().unwrap_or("1").to_owned())
        }
        _ => None,
    }
}
