//! The arguments of `#[cached]` and `#[cached_impl]`, as written, and how arguments are read.

use proc_macro2::{Ident, Span, TokenStream};
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
        "capacity",
        "weigh",
        "tier",
        "version",
        "name",
        "cache",
        "track",
        "returns",
        "share_err",
        "helpers",
        "crate",
    ],
    later: &[
        "stale_while_revalidate",
        "stale_if_error",
        "refresh_ahead",
        "early",
        "cache_if",
        "condition",
        "timeout",
        "soft_timeout",
        "tti",
        "consistency",
        "codec",
        "compress",
        "encrypt",
        "hash_tag",
    ],
};
const IMPL: Names = Names { valid: &["crate"], later: &[] };

/// `ttl = …`
pub(crate) enum Ttl {
    Literal(crate::duration::Millis, LitStr),
    Default,
    Never,
    Expr(Expr),
}

/// `negative_ttl = …`
pub(crate) enum Life {
    Literal(crate::duration::Millis),
    Expr(Expr),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    Local,
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
    pub(crate) capacity: Attr<Expr>,
    pub(crate) weigh: Attr<Expr>,
    pub(crate) tier: Attr<Tier>,
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
            capacity: Attr::none("capacity"),
            weigh: Attr::none("weigh"),
            tier: Attr::none("tier"),
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
                "ttl" => put(&mut args.ttl, ctxt, span, values::ttl(ctxt, value(input, &name, "\"5m\"")?)),
                "key" => put(&mut args.key, ctxt, span, values::text(ctxt, "key", value(input, &name, "\"{id}\"")?)),
                "skip" => args.skip.set(ctxt, span, values::names(ctxt, input, &name)?),
                "tags" => put(&mut args.tags, ctxt, span, values::tags(ctxt, value(input, &name, "[\"users\"]")?)),
                "jitter" => put(&mut args.jitter, ctxt, span, values::jitter(ctxt, value(input, &name, "10")?)),
                "negative_ttl" => {
                    put(&mut args.negative_ttl, ctxt, span, values::life(ctxt, value(input, &name, "\"30s\"")?));
                }
                "capacity" => {
                    put(&mut args.capacity, ctxt, span, values::capacity(ctxt, value(input, &name, "5000")?));
                }
                "weigh" => args.weigh.set(ctxt, span, value(input, &name, "|value: &V| 1")?),
                "tier" => put(&mut args.tier, ctxt, span, values::tier(ctxt, value(input, &name, "\"l1\"")?)),
                "version" => put(&mut args.version, ctxt, span, values::version(ctxt, value(input, &name, "2")?)),
                "name" => put(&mut args.name, ctxt, span, values::name(ctxt, value(input, &name, "\"users\"")?)),
                "cache" => args.cache.set(ctxt, span, value(input, &name, "my_cache()")?),
                "track" => put(&mut args.track, ctxt, span, values::flag(ctxt, "track", value(input, &name, "false")?)),
                "returns" => {
                    put(&mut args.returns, ctxt, span, values::returns(ctxt, value(input, &name, "\"value\"")?));
                }
                "share_err" => args.share_err.set(ctxt, span, value(input, &name, "|error: &E| error.share()")?),
                "helpers" => put(&mut args.helpers, ctxt, span, values::helpers(ctxt, value(input, &name, "false")?)),
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

pub(crate) fn put<T>(attr: &mut Attr<T>, ctxt: &Ctxt, span: Span, value: Option<T>) {
    if let Some(value) = value {
        attr.set(ctxt, span, value);
    }
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
    input.parse()
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
