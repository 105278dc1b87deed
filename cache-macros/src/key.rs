//! The key: a tuple of references to the arguments, or to what the template takes from them. Every argument is in it
//! or skipped; anything else could hand one caller's value to another.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::LitStr;

use crate::args::CachedArgs;
use crate::ctxt::Ctxt;
use crate::item::{Arg, Function};
use crate::paths::at;
use crate::roots::{Root, Roots, list};
use crate::template::Template;

/// The runtime implements keys for tuples up to this length.
const MOST_PARTS: usize = 12;

pub(crate) struct Key {
    /// The template as written, or the default one.
    pub(crate) text: String,
    /// The text around the parts: one more than parts.
    pub(crate) literals: Vec<String>,
    pub(crate) parts: Vec<Part>,
    /// Per argument: the key mentions it.
    pub(crate) roots: Vec<bool>,
    /// Per argument: `skip` names it.
    pub(crate) skipped: Vec<bool>,
}

/// One typed part of the key.
pub(crate) struct Part {
    pub(crate) expr: TokenStream,
    pub(crate) span: Span,
}

impl Key {
    pub(crate) fn build(ctxt: &Ctxt, args: &CachedArgs, roots: &Roots<'_>) -> Option<Key> {
        let skips = Skips::resolve(ctxt, args.skip.get().map_or(&[], Vec::as_slice), roots);
        let key = match args.key.get() {
            Some(literal) => from_template(ctxt, literal, roots, &skips),
            None => from_arguments(ctxt, roots, &skips),
        }?;
        if key.parts.len() > MOST_PARTS {
            let span = args.key.get().map_or_else(|| roots.function.name().span(), LitStr::span);
            let what = format!("the key has {} parts, and the most is {MOST_PARTS}", key.parts.len());
            ctxt.error(span, what, "pass a struct that derives `Hash`-like identity as one part, or nest a tuple");
        }
        Some(key)
    }

    /// `(key_part(&id), key_part(&region.code()))`. Each part goes through a function of its own, at its own span: a
    /// missing `CacheKey` is then one error on the argument, and what follows has no type left to complain about.
    pub(crate) fn tuple(&self, rt: &TokenStream) -> TokenStream {
        let parts = self.parts.iter().map(|part| {
            let expr = &part.expr;
            quote_spanned!(at(part.span)=> #rt::key_part(&#expr))
        });
        quote!((#(#parts,)*))
    }
}

struct Skips {
    receiver: bool,
    args: Vec<bool>,
}

impl Skips {
    fn resolve(ctxt: &Ctxt, names: &[Ident], roots: &Roots<'_>) -> Skips {
        let mut skips = Skips { receiver: false, args: vec![false; roots.args.len()] };
        for name in names {
            let text = name.to_string();
            if text == "self" && roots.function.receiver().is_some() {
                skips.receiver = true;
            } else if let Some(index) = roots.args.iter().position(|arg| arg.is_called(&text)) {
                skips.args[index] = true;
            } else {
                let function = roots.function.plain_name();
                let known = roots.names();
                let help = match crate::suggest::closest(&text, known.iter().map(String::as_str)) {
                    Some(meant) => format!("write `skip({meant})`; the arguments are {}", list(&known)),
                    None if known.is_empty() => format!("remove it: `{function}` has no arguments"),
                    None => format!("the arguments are {}", list(&known)),
                };
                ctxt.error(name.span(), format!("`skip({text})` names no argument of `{function}`"), help);
            }
        }
        skips
    }
}

fn from_template(ctxt: &Ctxt, literal: &LitStr, roots: &Roots<'_>, skips: &Skips) -> Option<Key> {
    let template = match Template::parse(literal) {
        Ok(template) => template,
        Err(errors) => {
            for bad in errors {
                ctxt.error(bad.span, bad.what, bad.help);
            }
            return None;
        }
    };
    let mut used = vec![false; roots.args.len()];
    let mut receiver = false;
    let mut parts = Vec::new();
    let mut whole = true;
    for part in &template.parts {
        let Some((root, ident)) = roots.resolve(ctxt, part, false) else {
            whole = false;
            continue;
        };
        let (skipped, span) = match root {
            Root::Receiver => {
                receiver = true;
                (skips.receiver, part.span)
            }
            Root::Arg(index) => {
                used[index] = true;
                check_keyable(ctxt, roots.function, &roots.args[index]);
                (skips.args[index], if part.is_bare() { roots.args[index].ident.span() } else { part.span })
            }
            Root::Ret => unreachable!("keys do not know `ret`"),
        };
        if skipped {
            let what = format!("`{}` is both in the key and skipped", part.root);
            ctxt.error(part.span, what, format!("remove it from `skip(…)`, or remove `{{{}}}`", part.text));
        }
        parts.push(Part { expr: part.expr(&ident), span });
    }
    template.check_separated(ctxt, "key");
    if whole {
        check_all_decided(ctxt, literal, roots, skips, receiver, &used);
    }
    whole.then(|| Key {
        text: literal.value(),
        literals: template.literals,
        parts,
        roots: used,
        skipped: skips.args.clone(),
    })
}

/// With a template, every argument is a root of it or skipped.
fn check_all_decided(
    ctxt: &Ctxt,
    literal: &LitStr,
    roots: &Roots<'_>,
    skips: &Skips,
    receiver_used: bool,
    used: &[bool],
) {
    let template = literal.value();
    if let Some(receiver) = roots.function.receiver()
        && !receiver_used
        && !skips.receiver
    {
        ctxt.error_on(
            &receiver.self_token,
            "`self` is neither in the key nor skipped: two instances would share entries",
            format!("write `key = \"{{self.tenant}}:{template}\"`, or `skip(self)` if all instances load the same"),
        );
    }
    for ((arg, used), skipped) in roots.args.iter().zip(used).zip(&skips.args) {
        if *used || *skipped {
            continue;
        }
        match &arg.name {
            Some(name) => {
                let what = format!("`{name}` is neither in the key nor skipped: two values of it would share an entry");
                let help = format!(
                    "write `key = \"{template}:{{{name}}}\"`, or `skip({name})` if it does not influence the result"
                );
                ctxt.error(name.span(), what, help);
            }
            None => pattern(ctxt, arg),
        }
    }
}

/// Without a template, all arguments that are not skipped, in order.
fn from_arguments(ctxt: &Ctxt, roots: &Roots<'_>, skips: &Skips) -> Option<Key> {
    let clean = ctxt.is_clean();
    let mut parts = Vec::new();
    let mut names = Vec::new();
    for (arg, skipped) in roots.args.iter().zip(&skips.args) {
        if *skipped {
            continue;
        }
        match &arg.name {
            Some(name) => {
                check_keyable(ctxt, roots.function, arg);
                names.push(format!("{{{name}}}"));
                parts.push(Part { expr: name.to_token_stream(), span: name.span() });
            }
            None => pattern(ctxt, arg),
        }
    }
    if let Some(receiver) = roots.function.receiver()
        && !skips.receiver
    {
        let rest = names.iter().map(|name| format!(":{name}")).collect::<String>();
        ctxt.error_on(
            &receiver.self_token,
            "`self` is an argument that is neither in the key nor skipped: two instances would share entries",
            format!("write `key = \"{{self.tenant}}{rest}\"`, or `skip(self)` if all instances load the same"),
        );
    }
    let mut literals = vec![":".to_owned(); parts.len() + 1];
    if let Some(first) = literals.first_mut() {
        first.clear();
    }
    if let Some(last) = literals.last_mut() {
        last.clear();
    }
    (clean || !parts.is_empty() || ctxt.is_clean()).then(|| Key {
        text: names.join(":"),
        literals,
        parts,
        roots: skips.args.iter().map(|skipped| !skipped).collect(),
        skipped: skips.args.clone(),
    })
}

fn pattern(ctxt: &Ctxt, arg: &Arg) {
    let pat = &arg.pat;
    let ty = tidy(&arg.ty.to_token_stream());
    let help = match arg.bindings.first() {
        Some(binding) => format!(
            "write `{binding}: {ty}` and take it apart in the body, or `skip({binding})` if it does not influence the \
             result"
        ),
        None => format!("write `ctx: {ty}` and `skip(ctx)`"),
    };
    let what = "this argument is a pattern: a key needs a name, and only the body takes patterns apart";
    ctxt.error_on(pat, what, help);
}

fn check_keyable(ctxt: &Ctxt, function: &Function, arg: &Arg) {
    let (ident, function) = (&arg.ident, function.plain_name());
    if arg.is_mut_ref() {
        let what = format!("`{ident}` is a `&mut` argument in the key: it can change while the value is loaded");
        ctxt.error(ident.span(), what, format!("write `skip({ident})`, or take `{ident}` by value"));
    } else if arg.has_impl_trait() {
        let what =
            format!("`{ident}` is an `impl Trait` argument in the key: its type has no name to tell regions apart");
        let help = format!(
            "give it a name, as in `fn {function}<T: …>({ident}: T)`, or `skip({ident})` if it does not influence the \
             result"
        );
        ctxt.error(ident.span(), what, help);
    }
}

/// Tokens as a person would type them.
pub(crate) fn tidy(tokens: &TokenStream) -> String {
    let mut text = tokens.to_string();
    for (from, to) in [
        (" :: ", "::"),
        (" . ", "."),
        (" ,", ","),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" < ", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" :", ":"),
        ("' ", "'"),
    ] {
        text = text.replace(from, to);
    }
    text
}
