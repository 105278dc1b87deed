//! The arguments of `#[cache_invalidate]` and `#[cache_put]`, as written.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, LitStr, Path, Token};

use crate::args::{each, krate, unexpected, value};
use crate::attr::Attr;
use crate::ctxt::Ctxt;
use crate::suggest::Names;
use crate::values;

const INVALIDATE: Names = Names { valid: &["tags", "cache", "on", "crate"], later: &[] };
const PUT: Names = Names { valid: &["cache", "crate"], later: &[] };

/// `get_user(id)` or `self.users.get_user(id)`: whose entry a mutator drops or fills.
pub(crate) struct TargetArg(pub(crate) Expr);

/// `on = …`: when a mutator drops.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// After a success.
    Ok,
    /// After the body, whatever became of it.
    Always,
    Before,
    /// Both before and always.
    Around,
}

/// `#[cache_invalidate(…)]`
pub(crate) struct InvalidateArgs {
    pub(crate) targets: Vec<TargetArg>,
    pub(crate) tags: Attr<Vec<LitStr>>,
    pub(crate) cache: Attr<Expr>,
    pub(crate) on: Attr<On>,
    pub(crate) krate: Attr<Path>,
}

impl InvalidateArgs {
    pub(crate) fn parse(ctxt: &Ctxt, tokens: TokenStream) -> Self {
        let mut args = InvalidateArgs {
            targets: Vec::new(),
            tags: Attr::none("tags"),
            cache: Attr::none("cache"),
            on: Attr::none("on"),
            krate: Attr::none("crate"),
        };
        each(ctxt, tokens, |input, ctxt| {
            let Some(name) = name(input)? else {
                args.targets.push(TargetArg(values::ungrouped(input.parse()?)));
                return Ok(());
            };
            let span = name.span();
            match name.to_string().as_str() {
                "tags" => args.tags.put(ctxt, span, values::tags(ctxt, value(input, &name, "[\"users\"]")?)),
                "cache" => args.cache.set(ctxt, span, value(input, &name, "my_cache()")?),
                "on" => args.on.put(ctxt, span, values::on(ctxt, value(input, &name, "\"ok\"")?)),
                "crate" => args.krate.set(ctxt, span, krate(input, &name)?),
                other => unexpected(ctxt, &name, other, &INVALIDATE, input),
            }
            Ok(())
        });
        args
    }

    /// When it drops; after a success where nothing is said.
    pub(crate) fn on(&self) -> On {
        self.on.get().copied().unwrap_or(On::Ok)
    }
}

/// `#[cache_put(…)]`
pub(crate) struct PutArgs {
    pub(crate) targets: Vec<TargetArg>,
    pub(crate) cache: Attr<Expr>,
    pub(crate) krate: Attr<Path>,
}

impl PutArgs {
    pub(crate) fn parse(ctxt: &Ctxt, tokens: TokenStream) -> Self {
        let mut args = PutArgs { targets: Vec::new(), cache: Attr::none("cache"), krate: Attr::none("crate") };
        each(ctxt, tokens, |input, ctxt| {
            let Some(name) = name(input)? else {
                args.targets.push(TargetArg(values::ungrouped(input.parse()?)));
                return Ok(());
            };
            match name.to_string().as_str() {
                "cache" => args.cache.set(ctxt, name.span(), value(input, &name, "my_cache()")?),
                "crate" => args.krate.set(ctxt, name.span(), krate(input, &name)?),
                "on" => {
                    value(input, &name, "\"ok\"")?;
                    ctxt.error(
                        name.span(),
                        "`#[cache_put]` has no `on`: only a success returns a value that can be put",
                        "remove `on`; to drop an entry however the function ends, write `#[cache_invalidate(get_user(id), \
                         on = \"always\")]` instead",
                    );
                }
                "tags" => {
                    value(input, &name, "[\"users\"]")?;
                    ctxt.error(
                        name.span(),
                        "`#[cache_put]` has no `tags`: what it puts has the tags of the `#[cached]` function",
                        "remove `tags`; to drop what has them, write `#[cache_invalidate(tags = […])]` beside it",
                    );
                }
                other => unexpected(ctxt, &name, other, &PUT, input),
            }
            Ok(())
        });
        args
    }
}

/// The name in `name = …`; else a target follows.
fn name(input: ParseStream<'_>) -> syn::Result<Option<Ident>> {
    if input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
        return input.call(Ident::parse_any).map(Some);
    }
    Ok(None)
}
