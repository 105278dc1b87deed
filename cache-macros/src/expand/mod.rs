//! From arguments and model to tokens.

pub(crate) mod body;
pub(crate) mod cached;
pub(crate) mod call;
pub(crate) mod docs;
pub(crate) mod free;
pub(crate) mod generics;
pub(crate) mod helpers;
pub(crate) mod impl_block;
pub(crate) mod invalidate;
pub(crate) mod load;
pub(crate) mod method;
pub(crate) mod mutator;
pub(crate) mod put;
pub(crate) mod target;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Path;

use crate::args::{CachedArgs, Helpers};
use crate::check;
use crate::ctxt::Ctxt;
use crate::fallback;
use crate::item::{Arg, Function};
use crate::key::Key;
use crate::paths;
use crate::roots::{Roots, Used};
use crate::tags::Tags;
use generics::Generics;

/// What `#[cached_impl]` knows about the block around a function.
#[derive(Clone)]
pub(crate) struct Owner {
    /// The last segment of the type, for names.
    pub(crate) name: String,
    /// Has type or const parameters: one function then stands for many.
    pub(crate) generic: bool,
    /// In a trait impl, where no sibling may be added.
    pub(crate) trait_impl: bool,
}

/// Where the generated functions live.
pub(crate) enum Style {
    /// In an empty enum of the function's name.
    Free { holder: Ident },
    /// Beside the method, called `invalidate_<suffix>` and so on.
    Method { suffix: String },
    /// Nowhere: the body stays in place and there are no helpers.
    InPlace,
}

/// Everything that is known once all checks have passed.
pub(crate) struct Plan<'a> {
    pub(crate) rt: TokenStream,
    pub(crate) function: &'a Function,
    pub(crate) owner: Option<&'a Owner>,
    pub(crate) args: &'a CachedArgs,
    pub(crate) list: &'a [Arg],
    pub(crate) style: Style,
    pub(crate) key: Key,
    pub(crate) tags: Tags,
    pub(crate) generics: Generics<'a>,
    /// What `cache = expr` uses.
    pub(crate) source: Used,
}

/// The function, and what stands beside it.
pub(crate) struct Expansion {
    pub(crate) item: TokenStream,
    pub(crate) beside: TokenStream,
}

/// `#[cached(attr)] item`
pub(crate) fn cached(attr: TokenStream, item: TokenStream) -> TokenStream {
    let function = match fallback::function("cached", &item) {
        Ok(function) => function,
        Err(error) => return fallback::with_errors(&item, &error),
    };
    match cached_function(attr, &function, None, None) {
        Ok(Expansion { item, beside }) => quote!(#item #beside),
        Err(error) => fallback::with_errors(&item, &error),
    }
}

/// `#[cached]` with what the caller knows about the block around the function.
pub(crate) fn cached_function(
    attr: TokenStream,
    function: &Function,
    owner: Option<&Owner>,
    krate: Option<&Path>,
) -> syn::Result<Expansion> {
    let ctxt = Ctxt::new();
    let args = CachedArgs::parse(&ctxt, attr);
    let list = function.args();
    let rt = paths::runtime(args.krate.get().or(krate));
    check::cached(&ctxt, &args, function, &list);
    let roots = Roots { function, args: &list, patterns: false };
    let key = Key::build(&ctxt, &args, &roots);
    let tags = Tags::build(&ctxt, &rt, args.tags.get().map_or(&[], Vec::as_slice), &roots);
    ctxt.check()?;
    let key = key.expect("a key that was not built was reported");
    let source = match args.cache.get() {
        Some(expr) => Used::in_expr(expr, &list),
        None => Used { receiver: false, args: vec![false; list.len()] },
    };
    let plan = Plan {
        style: style(function, &args, owner),
        generics: Generics::new(function, &list, &key.skipped),
        rt,
        function,
        owner,
        args: &args,
        list: &list,
        key,
        tags,
        source,
    };
    Ok(plan.expand())
}

fn style(function: &Function, args: &CachedArgs, owner: Option<&Owner>) -> Style {
    let method = owner.is_some() || function.mentions_self_type();
    match args.helpers.get() {
        Some(Helpers::Off) => Style::InPlace,
        Some(Helpers::Named(name)) if method => Style::Method { suffix: name.to_string() },
        None if method => Style::Method { suffix: function.plain_name() },
        Some(Helpers::Named(name)) => Style::Free { holder: generated(name) },
        None => Style::Free { holder: generated(function.name()) },
    }
}

/// The same name and place, as a generated item: an unused function is one `dead_code` warning, not two.
fn generated(name: &Ident) -> Ident {
    let mut name = name.clone();
    name.set_span(paths::at(name.span()));
    name
}

impl Plan<'_> {
    fn expand(&self) -> Expansion {
        let beside = match &self.style {
            Style::Free { holder } => self.free_items(holder),
            Style::Method { suffix } => self.siblings(suffix),
            Style::InPlace => TokenStream::new(),
        };
        Expansion { item: self.wrapper(), beside }
    }
}
