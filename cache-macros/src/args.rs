//! The arguments of `#[cached]` and `#[cached_impl]`, as written, and how arguments are read.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Lit, LitStr, Path, Token};

use crate::attr::Attr;
use crate::ctxt::Ctxt;
use crate::suggest::{Names, unknown};
use crate::values;

pub(crate) const CACHED: Names = Names {
    valid: &[
        "ttl",
        "key",
        "skip",
        "tags",
        "jitter",
        "negative_ttl",
        "stale_while_revalidate",
        "stale_if_error",
        "refresh_ahead",
        "early",
        "timeout",
        "soft_timeout",
        "tti",
        "cache_if",
        "condition",
        "capacity",
        "weigh",
        "tier",
        "consistency",
        "codec",
        "version",
        "name",
        "cache",
        "track",
        "returns",
        "share_err",
        "helpers",
        "crate",
    ],
    later: &["compress", "encrypt", "hash_tag"],
};
const IMPL: Names = Names { valid: &["crate"], later: &[] };

/// `ttl = …`
pub(crate) enum Ttl {
    Literal(crate::duration::Millis, LitStr),
    Default,
    Never,
    Expr(Expr),
    /// A closure over the value.
    Closure(Expr),
}

/// A duration: `negative_ttl = …`
pub(crate) enum Life {
    Literal(crate::duration::Millis),
    Expr(Expr),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    Local,
    Shared,
    Both,
}

/// What the return type means, where the author says so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returns {
    Value,
    Result,
    Option,
}

/// `helpers = "name" | false`
pub(crate) enum Helpers {
    Named(Ident),
    Off,
}

/// `#[cached(…)]`
pub(crate) struct CachedArgs {
    pub(crate) ttl: Attr<Ttl>,
    pub(crate) key: Attr<LitStr>,
    pub(crate) skip: Attr<Vec<Ident>>,
    pub(crate) tags: Attr<Vec<LitStr>>,
    pub(crate) jitter: Attr<u8>,
    pub(crate) negative_ttl: Attr<Life>,
    pub(crate) stale_while_revalidate: Attr<Life>,
    pub(crate) stale_if_error: Attr<Life>,
    pub(crate) refresh_ahead: Attr<Expr>,
    pub(crate) early: Attr<Expr>,
    pub(crate) timeout: Attr<Life>,
    pub(crate) soft_timeout: Attr<Life>,
    pub(crate) tti: Attr<Life>,
    pub(crate) cache_if: Attr<Expr>,
    pub(crate) condition: Attr<Expr>,
    pub(crate) capacity: Attr<Expr>,
    pub(crate) weigh: Attr<Expr>,
    pub(crate) tier: Attr<Tier>,
    /// Whether every call asks the shared tier.
    pub(crate) consistency: Attr<bool>,
    pub(crate) codec: Attr<Expr>,
    pub(crate) version: Attr<u32>,
    pub(crate) name: Attr<LitStr>,
    pub(crate) cache: Attr<Expr>,
    pub(crate) track: Attr<bool>,
    pub(crate) returns: Attr<Returns>,
    pub(crate) share_err: Attr<Expr>,
    pub(crate) helpers: Attr<Helpers>,
    pub(crate) krate: Attr<Path>,
}

impl CachedArgs {
    /// Reads everything there is; what is wrong goes to `ctxt`.
    pub(crate) fn parse(ctxt: &Ctxt, tokens: TokenStream) -> Self {
        let mut args = CachedArgs {
            ttl: Attr::none("ttl"),
            key: Attr::none("key"),
            skip: Attr::none("skip"),
            tags: Attr::none("tags"),
            jitter: Attr::none("jitter"),
            negative_ttl: Attr::none("negative_ttl"),
            stale_while_revalidate: Attr::none("stale_while_revalidate"),
            stale_if_error: Attr::none("stale_if_error"),
            refresh_ahead: Attr::none("refresh_ahead"),
            early: Attr::none("early"),
            timeout: Attr::none("timeout"),
            soft_timeout: Attr::none("soft_timeout"),
            tti: Attr::none("tti"),
            cache_if: Attr::none("cache_if"),
            condition: Attr::none("condition"),
            capacity: Attr::none("capacity"),
            weigh: Attr::none("weigh"),
            tier: Attr::none("tier"),
            consistency: Attr::none("consistency"),
            codec: Attr::none("codec"),
            version: Attr::none("version"),
            name: Attr::none("name"),
            cache: Attr::none("cache"),
            track: Attr::none("track"),
            returns: Attr::none("returns"),
            share_err: Attr::none("share_err"),
            helpers: Attr::none("helpers"),
            krate: Attr::none("crate"),
        };
        each(ctxt, tokens, |input, ctxt| {
            let name = input.call(Ident::parse_any)?;
            let span = name.span();
            match name.to_string().as_str() {
                "ttl" => args.ttl.put(ctxt, span, values::ttl(ctxt, value(input, &name, "\"5m\"")?)),
                "key" => args.key.put(ctxt, span, values::text(ctxt, "key", value(input, &name, "\"{id}\"")?)),
                "skip" => args.skip.set(ctxt, span, values::names(ctxt, input, &name)?),
                "tags" => args.tags.put(ctxt, span, values::tags(ctxt, value(input, &name, "[\"users\"]")?)),
                "jitter" => args.jitter.put(ctxt, span, values::jitter(ctxt, value(input, &name, "10")?)),
                "negative_ttl" => args.negative_ttl.put(ctxt, span, values::life(ctxt, input, &name, "30s")?),
                "stale_while_revalidate" => {
                    args.stale_while_revalidate.put(ctxt, span, values::life(ctxt, input, &name, "1m")?);
                }
                "stale_if_error" => args.stale_if_error.put(ctxt, span, values::life(ctxt, input, &name, "1h")?),
                "timeout" => args.timeout.put(ctxt, span, values::life(ctxt, input, &name, "2s")?),
                "soft_timeout" => args.soft_timeout.put(ctxt, span, values::life(ctxt, input, &name, "100ms")?),
                "tti" => args.tti.put(ctxt, span, values::life(ctxt, input, &name, "1m")?),
                "refresh_ahead" => {
                    let part = values::part_of_ttl(ctxt, value(input, &name, "0.8")?);
                    args.refresh_ahead.put(ctxt, span, part);
                }
                "early" => args.early.put(ctxt, span, values::beta(ctxt, value(input, &name, "1.0")?)),
                "cache_if" => args.cache_if.set(ctxt, span, value(input, &name, "|value: &V| true")?),
                "condition" => args.condition.set(ctxt, span, value(input, &name, "id != 0")?),
                "capacity" => {
                    args.capacity.put(ctxt, span, values::capacity(ctxt, value(input, &name, "5000")?));
                }
                "weigh" => args.weigh.set(ctxt, span, value(input, &name, "|value: &V| 1")?),
                "tier" => args.tier.put(ctxt, span, values::tier(ctxt, value(input, &name, "\"l1\"")?)),
                "consistency" => {
                    args.consistency.put(ctxt, span, values::consistency(ctxt, value(input, &name, "\"strong\"")?));
                }
                "codec" => args.codec.put(ctxt, span, values::codec(ctxt, value(input, &name, "Codec::Json")?)),
                "version" => args.version.put(ctxt, span, values::version(ctxt, value(input, &name, "2")?)),
                "name" => args.name.put(ctxt, span, values::name(ctxt, value(input, &name, "\"users\"")?)),
                "cache" => args.cache.set(ctxt, span, value(input, &name, "my_cache()")?),
                "track" => args.track.put(ctxt, span, values::flag(ctxt, "track", value(input, &name, "false")?)),
                "returns" => {
                    args.returns.put(ctxt, span, values::returns(ctxt, value(input, &name, "\"value\"")?));
                }
                "share_err" => args.share_err.set(ctxt, span, value(input, &name, "|error: &E| error.share()")?),
                "helpers" => args.helpers.put(ctxt, span, values::helpers(ctxt, value(input, &name, "false")?)),
                "crate" => args.krate.set(ctxt, span, krate(input, &name)?),
                other => unexpected(ctxt, &name, other, &CACHED, input),
            }
            Ok(())
        });
        args
    }
}

/// `#[cached_impl(…)]`
pub(crate) struct ImplArgs {
    pub(crate) krate: Attr<Path>,
}

impl ImplArgs {
    pub(crate) fn parse(ctxt: &Ctxt, tokens: TokenStream) -> Self {
        let mut args = ImplArgs { krate: Attr::none("crate") };
        each(ctxt, tokens, |input, ctxt| {
            let name = input.call(Ident::parse_any)?;
            match name.to_string().as_str() {
                "crate" => args.krate.set(ctxt, name.span(), krate(input, &name)?),
                other => unexpected(ctxt, &name, other, &IMPL, input),
            }
            Ok(())
        });
        args
    }
}

/// Runs `one` per argument. After a mistake it goes on behind the next comma, so that every mistake is seen.
pub(crate) fn each(ctxt: &Ctxt, tokens: TokenStream, mut one: impl FnMut(ParseStream<'_>, &Ctxt) -> syn::Result<()>) {
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = one(input, ctxt) {
                ctxt.push(error);
                skip_to_comma(input)?;
            } else if !input.is_empty() && !input.peek(Token![,]) {
                let found = input.cursor().token_stream().into_iter().next();
                let found = found.map_or_else(String::new, |token| token.to_string());
                ctxt.error(input.span(), format!("`{found}` is unexpected here"), "put a comma between arguments");
                skip_to_comma(input)?;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    ctxt.ok(parser.parse2(tokens));
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

/// The expression after `name =`.
pub(crate) fn value(input: ParseStream<'_>, name: &Ident, example: &str) -> syn::Result<Expr> {
    if !input.peek(Token![=]) {
        let what = format!("`{name}` needs a value\nhelp: write `{name} = {example}`");
        return Err(syn::Error::new(name.span(), what));
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        let what = format!("`{name} =` is followed by no value\nhelp: write `{name} = {example}`");
        return Err(syn::Error::new(name.span(), what));
    }
    input.parse().map(values::ungrouped)
}

pub(crate) fn krate(input: ParseStream<'_>, name: &Ident) -> syn::Result<Path> {
    let expr = value(input, name, "my_crate::cache_core")?;
    match expr {
        Expr::Path(path) if path.qself.is_none() => Ok(path.path),
        Expr::Lit(lit) if matches!(lit.lit, Lit::Str(_)) => {
            let Lit::Str(text) = &lit.lit else { unreachable!("the guard matched a string") };
            let what = format!("`crate` takes a path, not a string\nhelp: write `crate = {}`", text.value());
            Err(syn::Error::new_spanned(lit, what))
        }
        other => {
            Err(syn::Error::new_spanned(other, "`crate` takes a path\nhelp: write `crate = my_crate::cache_core`"))
        }
    }
}

/// An argument that is not there (yet); its value is skipped.
pub(crate) fn unexpected(ctxt: &Ctxt, name: &Ident, text: &str, names: &Names, input: ParseStream<'_>) {
    if names.later.contains(&text) {
        let what =
            format!("`{text}` is not available yet: it is a known argument that this version does not implement");
        ctxt.error(name.span(), what, format!("remove `{text}`"));
    } else {
        ctxt.error(name.span(), format!("unknown argument `{text}`"), unknown(text, names));
    }
    let _ = skip_to_comma(input);
}

/// `(db, ctx, self)`
pub(crate) fn parse_names(input: ParseStream<'_>) -> syn::Result<Punctuated<TokenStream, Token![,]>> {
    Punctuated::parse_terminated_with(input, |input: ParseStream<'_>| {
        if input.peek(Ident::peek_any) {
            Ok(input.call(Ident::parse_any)?.into_token_stream())
        } else {
            input.parse::<proc_macro2::TokenTree>().map(ToTokens::into_token_stream)
        }
    })
}
