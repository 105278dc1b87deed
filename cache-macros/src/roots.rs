//! What a placeholder may start with: the arguments of the function, `self`, and in tags `ret`.

use proc_macro2::Ident;
use syn::Expr;
use syn::visit::Visit;

use crate::ctxt::Ctxt;
use crate::item::{Arg, Function, mentions, same_name};
use crate::paths::at;
use crate::suggest::closest;
use crate::template::Placeholder;

/// What a placeholder starts with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    Receiver,
    Arg(usize),
    /// The returned success value.
    Ret,
}

/// The names in scope of a template.
pub(crate) struct Roots<'a> {
    pub(crate) function: &'a Function,
    pub(crate) args: &'a [Arg],
    /// The body sees what patterns bind; a wrapper around it does not.
    pub(crate) patterns: bool,
}

impl Roots<'_> {
    /// Finds the root and the identifier to write for it, or reports on the placeholder.
    pub(crate) fn resolve(&self, ctxt: &Ctxt, part: &Placeholder, ret: bool) -> Option<(Root, Ident)> {
        let root = part.root.as_str();
        if ret && root == "ret" {
            if let Some(arg) = self.args.iter().find(|arg| arg.is_called("ret")) {
                let what = "`ret` is the returned value in tags, and an argument has that name";
                ctxt.error(arg.ident.span(), what, "give the argument another name");
                return None;
            }
            return Some((Root::Ret, Ident::new("ret", at(part.span))));
        }
        if root == "self"
            && let Some(receiver) = self.function.receiver()
        {
            return Some((Root::Receiver, Ident::new("self", receiver.self_token.span)));
        }
        let named = |arg: &Arg| arg.name.as_ref().is_some_and(|name| same_name(name, root));
        if let Some(index) = self.args.iter().position(named) {
            return Some((Root::Arg(index), self.args[index].ident.clone()));
        }
        if let Some(index) = self.args.iter().position(|arg| arg.is_called(root)) {
            let binding = self.args[index].bindings.iter().find(|binding| same_name(binding, root));
            if self.patterns {
                return binding.map(|binding| (Root::Arg(index), binding.clone()));
            }
            let what = format!("`{{{}}}` is bound by a pattern, which only the body takes apart", part.text);
            ctxt.error(part.span, what, format!("name the argument and take it apart in the body: `{root}_arg: …`"));
            return None;
        }
        self.unknown(ctxt, part, ret);
        None
    }

    fn unknown(&self, ctxt: &Ctxt, part: &Placeholder, ret: bool) {
        let name = self.function.plain_name();
        if part.root == "ret" {
            let help = "the key is needed before the function runs: use arguments here, and `ret` in `tags`";
            ctxt.error(part.span, format!("`{{{}}}` uses the return value in a key", part.text), help);
            return;
        }
        let what = format!("`{{{}}}` names no argument of `{name}`", part.text);
        let mut known = self.names();
        if ret {
            known.push("ret".to_owned());
        }
        let meant = closest(&part.root, known.iter().map(String::as_str));
        let help = match (meant, known.is_empty()) {
            (Some(meant), _) => {
                format!("write `{{{}}}`; the arguments are {}", part.text.replacen(&part.root, meant, 1), list(&known))
            }
            (None, false) => format!("the arguments are {}", list(&known)),
            (None, true) => format!("`{name}` has no arguments"),
        };
        ctxt.error(part.span, what, help);
    }

    /// The names of all arguments, for help texts.
    pub(crate) fn names(&self) -> Vec<String> {
        let receiver = self.function.receiver().map(|_| "self".to_owned());
        let named = self.args.iter().flat_map(|arg| match &arg.name {
            Some(name) => vec![name.to_string()],
            None => arg.bindings.iter().map(Ident::to_string).collect(),
        });
        receiver.into_iter().chain(named).collect()
    }
}

/// `` `db`, `id` ``
pub(crate) fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The arguments (and `self`) that an expression of the attribute uses as variables.
pub(crate) struct Used {
    pub(crate) receiver: bool,
    pub(crate) args: Vec<bool>,
}

impl Used {
    pub(crate) fn in_expr(expr: &Expr, args: &[Arg]) -> Used {
        let mut visitor = Variables { used: Used { receiver: false, args: vec![false; args.len()] }, args };
        visitor.visit_expr(expr);
        visitor.used
    }

    /// The first of them, for messages.
    pub(crate) fn first(&self, args: &[Arg]) -> Option<String> {
        if self.receiver {
            return Some("self".to_owned());
        }
        self.args.iter().position(|used| *used).map(|index| args[index].ident.to_string())
    }
}

struct Variables<'a> {
    used: Used,
    args: &'a [Arg],
}

impl<'ast> Visit<'ast> for Variables<'_> {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        if let Some(ident) = path.path.get_ident() {
            let name = ident.to_string();
            self.used.receiver |= name == "self";
            for (used, arg) in self.used.args.iter_mut().zip(self.args) {
                *used |= arg.is_called(&name);
            }
        }
    }

    /// Macros hide their variables in tokens.
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.used.receiver |= mentions(&mac.tokens, &["self"]);
        for (used, arg) in self.used.args.iter_mut().zip(self.args) {
            *used |= arg.bindings.iter().any(|binding| mentions(&mac.tokens, &[&binding.to_string()]));
        }
    }
}
