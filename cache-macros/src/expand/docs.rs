//! The "# Cache" section of a function's documentation. The helpers themselves are hidden, or links to the function
//! would be ambiguous.

use proc_macro2::TokenStream;
use quote::quote;

use crate::expand::{Plan, Style};

impl Plan<'_> {
    /// Only where the author documents the function: an undocumented one must still be reported as such.
    pub(crate) fn wrapper_docs(&self) -> TokenStream {
        if !self.function.attrs.iter().any(|attr| attr.path().is_ident("doc")) {
            return TokenStream::new();
        }
        let lines = self.doc_lines();
        quote!(#(#[doc = #lines])*)
    }

    fn doc_lines(&self) -> Vec<String> {
        let mut lines = vec![String::new(), "# Cache".to_owned(), String::new()];
        let key = if self.key.parts.is_empty() { "one entry".to_owned() } else { format!("`{}`", self.key.text) };
        lines.push(format!("- key: {key}"));
        lines.push(format!("- ttl: `{}`", self.ttl_text()));
        if !self.tags.texts.is_empty() {
            let tags = self.tags.texts.iter().map(|tag| format!("`{tag}`")).collect::<Vec<_>>().join(", ");
            lines.push(format!("- tags: {tags}"));
        }
        let chosen = |wanted: &dyn Fn(usize) -> bool| {
            let names = self.list.iter().enumerate().filter(|(index, _)| wanted(*index));
            names.map(|(_, arg)| arg.ident.to_string()).collect::<Vec<_>>().join(", ")
        };
        let keys = chosen(&|index| self.key.roots[index] || self.source.args[index]);
        let put = chosen(&|index| self.key.roots[index] || self.source.args[index] || self.tags.roots[index]);
        let put = if put.is_empty() { "value".to_owned() } else { format!("{put}, value") };
        let all = chosen(&|_| true);
        let helpers = match &self.style {
            Style::Free { holder } => vec![
                format!("`{holder}::invalidate({keys})`"),
                format!("`{holder}::invalidate_all()`"),
                format!("`{holder}::peek({keys})`"),
                format!("`{holder}::put({put})`"),
                format!("`{holder}::target({keys})`"),
                format!("`{holder}::key({keys})`"),
                format!("`{holder}::region()`"),
                format!("`{holder}::refresh({all})`"),
                format!("`{holder}::uncached({all})`"),
            ],
            Style::Method { suffix } => vec![
                format!("`invalidate_{suffix}({keys})`"),
                format!("`invalidate_all_{suffix}()`"),
                format!("`peek_{suffix}({keys})`"),
                format!("`put_{suffix}({put})`"),
                format!("`target_{suffix}({keys})`"),
                format!("`key_{suffix}({keys})`"),
                format!("`refresh_{suffix}({all})`"),
                format!("`uncached_{suffix}({all})`"),
            ],
            Style::InPlace => Vec::new(),
        };
        if !helpers.is_empty() {
            lines.push(format!("- helpers: {}", helpers.join(", ")));
        }
        lines
    }
}
