//! Key and tag templates: literal text around placeholders such as `{region.code()}`.

use std::ops::Range;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::LitStr;
use syn::ext::IdentExt;
use syn::parse::Parser;

use crate::ctxt::Ctxt;
use crate::reserved::{RESERVED, WRITTEN};

/// A parsed template. `literals` is always one longer than `parts`.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) literals: Vec<String>,
    pub(crate) parts: Vec<Placeholder>,
}

/// `{root.field.method().0}`
#[derive(Debug)]
pub(crate) struct Placeholder {
    /// The argument (or `self`, `ret`) it starts with.
    pub(crate) root: String,
    pub(crate) accesses: Vec<Access>,
    /// As written, without the braces.
    pub(crate) text: String,
    /// Into the literal where the compiler allows it, else the literal.
    pub(crate) span: Span,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Field(String),
    Index(u32),
    Method(String),
}

/// What is wrong, where, and what to write.
#[derive(Debug)]
pub(crate) struct BadTemplate {
    pub(crate) span: Span,
    pub(crate) what: String,
    pub(crate) help: String,
}

impl Template {
    /// Parses all of it; the mistakes come as a list, so that each placeholder gets its own error.
    pub(crate) fn parse(literal: &LitStr) -> Result<Template, Vec<BadTemplate>> {
        let text = literal.value();
        let mut template = Template { literals: vec![String::new()], parts: Vec::new() };
        let mut errors = Vec::new();
        let mut position = 0;
        while let Some(found) = text[position..].find(['{', '}']) {
            let brace = position + found;
            template.literal().push_str(&text[position..brace]);
            let rest = &text[brace..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                template.literal().push_str(&rest[..1]);
                position = brace + 2;
            } else if rest.starts_with('}') {
                errors.push(BadTemplate {
                    span: subspan(literal, brace..brace + 1),
                    what: format!("a `}}` in \"{text}\" closes nothing"),
                    help: "write `}}` for a literal brace".to_owned(),
                });
                position = brace + 1;
            } else if let Some(close) = rest.find('}') {
                let span = subspan(literal, brace..brace + close + 1);
                match Placeholder::parse(&rest[1..close], span) {
                    Ok(part) => {
                        template.parts.push(part);
                        template.literals.push(String::new());
                    }
                    Err((what, help)) => errors.push(BadTemplate { span, what, help }),
                }
                position = brace + close + 1;
            } else {
                errors.push(BadTemplate {
                    span: subspan(literal, brace..text.len()),
                    what: format!("a `{{` in \"{text}\" is never closed"),
                    help: "close the placeholder, as in `{id}`, or write `{{` for a literal brace".to_owned(),
                });
                position = text.len();
            }
        }
        template.literal().push_str(&text[position..]);
        if errors.is_empty() { Ok(template) } else { Err(errors) }
    }

    /// What stands between two placeholders must not be part of a value: different values would have one text. `what`
    /// is a key or a tag.
    pub(crate) fn check_separated(&self, ctxt: &Ctxt, what: &str) {
        for (pair, between) in self.parts.windows(2).zip(&self.literals[1..]) {
            if separates(between) {
                continue;
            }
            let (left, right) = (&pair[0].text, &pair[1].text);
            let problem = if between.is_empty() {
                format!("nothing separates `{{{left}}}` from `{{{right}}}`: two {what}s could read the same")
            } else if between.contains(|c| WRITTEN.contains(c)) {
                format!(
                    "`{{{left}}}` and `{{{right}}}` are separated by `{between}`, which the text of a value can \
                     contain: `%` escapes a character, and `~` is an absence"
                )
            } else {
                format!(
                    "`{{{left}}}` and `{{{right}}}` are separated by `{between}`, which a value can contain: \
                     `a{between}b` + `c` and `a` + `b{between}c` would be the same {what}"
                )
            };
            ctxt.error(pair[1].span, problem, format!("write `{{{left}}}:{{{right}}}`"));
        }
    }

    fn literal(&mut self) -> &mut String {
        self.literals.last_mut().expect("a template has at least one literal")
    }
}

impl Placeholder {
    fn parse(text: &str, span: Span) -> Result<Placeholder, (String, String)> {
        let text = text.trim();
        if text.is_empty() {
            return Err((
                "the placeholder `{}` names nothing".to_owned(),
                "name an argument, as in `{id}`, or write `{{}}` for literal braces".to_owned(),
            ));
        }
        if let Some((value, spec)) = text.split_once(':')
            && !spec.starts_with(':')
        {
            return Err((
                format!("`{{{text}}}` has a format spec: the parts of a key are typed values, not formatted text"),
                format!("write `{{{}}}`", value.trim()),
            ));
        }
        let shape = || {
            (
                format!("`{{{text}}}` is not a placeholder"),
                "a placeholder is an argument, then fields and methods without arguments: `{id}`, `{region.code}`, \
                 `{user.id()}`"
                    .to_owned(),
            )
        };
        let mut steps = text.split('.').map(str::trim);
        let root = steps.next().filter(|root| is_ident(root)).ok_or_else(shape)?;
        let mut accesses = Vec::new();
        for step in steps {
            let access = if let Some(method) = step.strip_suffix("()").map(str::trim_end) {
                is_member(method).then(|| Access::Method(method.to_owned()))
            } else if is_member(step) {
                Some(Access::Field(step.to_owned()))
            } else if step.bytes().all(|byte| byte.is_ascii_digit()) {
                step.parse().ok().map(Access::Index)
            } else {
                None
            };
            accesses.push(access.ok_or_else(shape)?);
        }
        Ok(Placeholder { root: root.to_owned(), accesses, text: text.to_owned(), span })
    }

    /// True for `{id}`: the argument itself.
    pub(crate) fn is_bare(&self) -> bool {
        self.accesses.is_empty()
    }

    /// The expression, starting from the root as the function knows it.
    pub(crate) fn expr(&self, root: &Ident) -> TokenStream {
        // Located at the placeholder, resolved as the argument is.
        let mut root = root.clone();
        root.set_span(self.span.resolved_at(root.span()));
        let mut expr = root.into_token_stream();
        for access in &self.accesses {
            let span = self.span;
            expr = match access {
                Access::Field(name) => {
                    let name = ident(name, span);
                    quote_spanned!(span=> #expr.#name)
                }
                Access::Index(index) => {
                    let index = syn::Index { index: *index, span };
                    quote_spanned!(span=> #expr.#index)
                }
                Access::Method(name) => {
                    let name = ident(name, span);
                    quote_spanned!(span=> #expr.#name())
                }
            };
        }
        expr
    }
}

/// Whether no value's text contains `between`.
pub(crate) fn separates(between: &str) -> bool {
    between.contains(|c: char| (RESERVED.contains(c) && !WRITTEN.contains(c)) || c.is_whitespace() || c.is_control())
}

/// An identifier, raw where the name is a keyword.
fn ident(name: &str, span: Span) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, span),
        None if syn::parse_str::<Ident>(name).is_err() && name != "self" => Ident::new_raw(name, span),
        None => Ident::new(name, span),
    }
}

fn is_ident(text: &str) -> bool {
    let name = text.strip_prefix("r#").unwrap_or(text);
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first == '_' || first.is_alphabetic())
        && chars.all(|c| c == '_' || c.is_alphanumeric())
        && name != "_"
        && (name == text || !NEVER_RAW.contains(&name))
        // Not every letter may begin a name: the lexer decides.
        && Ident::parse_any.parse_str(text).is_ok_and(|ident| ident == text)
}

/// Whether a field or a method can have this name.
fn is_member(text: &str) -> bool {
    is_ident(text) && !NEVER_RAW.contains(&text)
}

/// Keywords that stay keywords with `r#` in front.
const NEVER_RAW: &[&str] = &["self", "Self", "super", "crate"];

/// The place inside the literal (the compiler tells it on nightly only), else the whole literal.
fn subspan(literal: &LitStr, range: Range<usize>) -> Span {
    let token = literal.token();
    let plain = token.to_string() == format!("\"{}\"", literal.value());
    let inside = plain.then(|| token.subspan(range.start + 1..range.end + 1)).flatten();
    inside.unwrap_or_else(|| literal.span())
}
