//! Tags: what an entry depends on. A tag of arguments is known before the load; one that mentions `ret` after it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::LitStr;

use crate::ctxt::Ctxt;
use crate::paths::at;
use crate::roots::{Root, Roots};
use crate::template::Template;

#[derive(Default)]
pub(crate) struct Tags {
    /// As written.
    pub(crate) texts: Vec<String>,
    /// Expressions of type `TagText` over the arguments.
    pub(crate) eager: Vec<TokenStream>,
    /// Expressions of type `TagText` over `ret` and the rendered parts.
    pub(crate) late: Vec<TokenStream>,
    /// Parts of late tags that come from arguments: rendered before the body takes the arguments away.
    pub(crate) rendered: Vec<TokenStream>,
    /// Per argument: a tag mentions it.
    pub(crate) roots: Vec<bool>,
}

impl Tags {
    pub(crate) fn build(ctxt: &Ctxt, rt: &TokenStream, literals: &[LitStr], roots: &Roots<'_>) -> Tags {
        let mut tags = Tags { roots: vec![false; roots.args.len()], ..Tags::default() };
        for literal in literals.iter().filter(|literal| !literal.value().is_empty()) {
            match Template::parse(literal) {
                Ok(template) => tags.add(ctxt, rt, literal, &template, roots),
                Err(errors) => {
                    for bad in errors {
                        ctxt.error(bad.span, bad.what, bad.help);
                    }
                }
            }
        }
        tags
    }

    fn add(&mut self, ctxt: &Ctxt, rt: &TokenStream, literal: &LitStr, template: &Template, roots: &Roots<'_>) {
        let text = literal.value();
        if self.texts.contains(&text) {
            ctxt.error(literal.span(), format!("the tag \"{text}\" is given twice"), "remove one of them");
            return;
        }
        template.check_separated(ctxt, "tag");
        let late = template.parts.iter().any(|part| part.root == "ret");
        let first = &template.literals[0];
        let mut tag = quote!(#rt::TagText::new(#first));
        for (part, literal) in template.parts.iter().zip(&template.literals[1..]) {
            let Some((root, ident)) = roots.resolve(ctxt, part, true) else { continue };
            let expr = part.expr(&ident);
            let span = at(part.span);
            if let Root::Arg(index) = root {
                self.roots[index] = true;
            }
            tag = if late && root != Root::Ret {
                let name = format_ident!("__cache_part{}", self.rendered.len());
                self.rendered.push(quote_spanned!(span=> #rt::part(&#expr)));
                quote!(#tag.part(&#name))
            } else {
                quote_spanned!(span=> #tag.part(&#expr))
            };
            if !literal.is_empty() {
                tag = quote!(#tag.text(#literal));
            }
        }
        self.texts.push(text);
        if late {
            self.late.push(tag);
        } else {
            self.eager.push(tag);
        }
    }

    /// `let __cache_tags = […]; let __cache_part0 = …;`
    pub(crate) fn before(&self, rt: &TokenStream) -> TokenStream {
        let (eager, count) = (&self.eager, self.eager.len());
        let rendered = self.rendered.iter().enumerate().map(|(index, part)| {
            let name = format_ident!("__cache_part{index}");
            quote!(let #name = #part;)
        });
        quote! {
            let __cache_tags: [#rt::TagText; #count] = [#(#eager),*];
            #(#rendered)*
        }
    }

    /// What the tags take from the value, as statements over `ret` and `__cache_late`.
    pub(crate) fn late(&self) -> Vec<TokenStream> {
        self.late.iter().map(|tag| quote!(__cache_late.tag(#tag);)).collect()
    }
}
