//! The function under the attribute: a model of its signature. The body stays raw tokens, so that the compiler, not
//! this crate, reports what is half-typed in it.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::visit::Visit;
use syn::{Attribute, FnArg, Pat, PatIdent, ReturnType, Signature, Token, Type, Visibility};

/// A function with its attributes.
#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// With its braces; `None` for a method without body.
    pub(crate) body: Option<Group>,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = ungrouped(input.parse()?);
        if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
            return Ok(Function { attrs, vis, sig, body: None });
        }
        match inside(input.parse()?) {
            TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => {
                Ok(Function { attrs, vis, sig, body: Some(body) })
            }
            other => Err(syn::Error::new(other.span(), "expected the body of a function")),
        }
    }
}

/// The signature without the groups in which types arrive through a macro's `$ty:ty`: only what is asked about a type
/// as a whole could be hidden by them.
fn ungrouped(mut sig: Signature) -> Signature {
    let types = sig.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(arg) => Some(&mut arg.ty),
        FnArg::Receiver(_) => None,
    });
    let output = match &mut sig.output {
        ReturnType::Type(_, ty) => Some(ty),
        ReturnType::Default => None,
    };
    for ty in types.chain(output) {
        while let Type::Group(group) = &mut **ty {
            **ty = (*group.elem).clone();
        }
    }
    sig
}

/// The body that arrives through a macro's `$body:block` is in a group without delimiters.
fn inside(token: TokenTree) -> TokenTree {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            let mut tokens = group.stream().into_iter();
            match (tokens.next(), tokens.next()) {
                (Some(only), None) => inside(only),
                _ => TokenTree::Group(group),
            }
        }
        token => token,
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Function { attrs, vis, sig, body } = self;
        tokens.extend(quote!(#(#attrs)* #vis #sig));
        match body {
            Some(body) => body.to_tokens(tokens),
            None => tokens.extend(quote!(;)),
        }
    }
}

/// One argument, `self` apart.
pub(crate) struct Arg {
    /// Its name, where the pattern is one.
    pub(crate) name: Option<Ident>,
    /// The names its pattern binds.
    pub(crate) bindings: Vec<Ident>,
    /// What the wrapper calls it.
    pub(crate) ident: Ident,
    pub(crate) pat: Pat,
    pub(crate) ty: Type,
    pub(crate) attrs: Vec<Attribute>,
}

impl Arg {
    fn new(index: usize, arg: &syn::PatType) -> Arg {
        let name = match &*arg.pat {
            Pat::Ident(PatIdent { by_ref: None, subpat: None, ident, .. }) => Some(ident.clone()),
            _ => None,
        };
        let mut bindings = Bindings(Vec::new());
        bindings.visit_pat(&arg.pat);
        Arg {
            ident: name.clone().unwrap_or_else(|| format_ident!("__cache_arg{index}")),
            name,
            bindings: bindings.0,
            pat: (*arg.pat).clone(),
            ty: (*arg.ty).clone(),
            attrs: arg.attrs.clone(),
        }
    }

    /// True where `name` is this argument, or a name its pattern binds.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.bindings.iter().any(|binding| same_name(binding, name))
    }

    /// The argument as helpers take it.
    pub(crate) fn declare(&self) -> TokenStream {
        let (ident, ty) = (&self.ident, &self.ty);
        quote!(#ident: #ty)
    }

    pub(crate) fn is_mut_ref(&self) -> bool {
        matches!(&self.ty, Type::Reference(reference) if reference.mutability.is_some())
    }

    pub(crate) fn has_impl_trait(&self) -> bool {
        let mut finder = ImplTrait(false);
        finder.visit_type(&self.ty);
        finder.0
    }
}

impl Function {
    pub(crate) fn name(&self) -> &Ident {
        &self.sig.ident
    }

    /// The name without `r#`.
    pub(crate) fn plain_name(&self) -> String {
        self.sig.ident.unraw().to_string()
    }

    pub(crate) fn is_async(&self) -> bool {
        self.sig.asyncness.is_some()
    }

    pub(crate) fn receiver(&self) -> Option<&syn::Receiver> {
        self.sig.receiver()
    }

    pub(crate) fn args(&self) -> Vec<Arg> {
        let typed = self.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(arg) => Some(arg),
            FnArg::Receiver(_) => None,
        });
        typed.enumerate().map(|(index, arg)| Arg::new(index, arg)).collect()
    }

    /// The return type; `()` where none is written.
    pub(crate) fn ret(&self) -> Type {
        match &self.sig.output {
            ReturnType::Type(_, ty) => (**ty).clone(),
            ReturnType::Default => syn::parse_quote!(()),
        }
    }

    /// Where errors about the return type point.
    pub(crate) fn ret_span(&self) -> Span {
        match &self.sig.output {
            ReturnType::Type(_, ty) => syn::spanned::Spanned::span(ty),
            ReturnType::Default => self.sig.ident.span(),
        }
    }

    /// Only a function inside an `impl` or `trait` can mention `Self`.
    pub(crate) fn mentions_self_type(&self) -> bool {
        self.receiver().is_some()
            || mentions(&self.sig.to_token_stream(), &["Self"])
            || self.body.as_ref().is_some_and(|body| mentions(&body.stream(), &["Self"]))
    }
}

/// True where one of `names` occurs as an identifier, at any depth.
pub(crate) fn mentions(tokens: &TokenStream, names: &[&str]) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.iter().any(|name| same_name(&ident, name)),
        TokenTree::Group(group) => mentions(&group.stream(), names),
        _ => false,
    })
}

/// `type` and `r#type` are one name.
pub(crate) fn same_name(ident: &Ident, name: &str) -> bool {
    ident.unraw() == *name.strip_prefix("r#").unwrap_or(name)
}

struct Bindings(Vec<Ident>);

impl<'ast> Visit<'ast> for Bindings {
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.0.push(pat.ident.clone());
        syn::visit::visit_pat_ident(self, pat);
    }
}

struct ImplTrait(bool);

impl<'ast> Visit<'ast> for ImplTrait {
    fn visit_type_impl_trait(&mut self, _: &'ast syn::TypeImplTrait) {
        self.0 = true;
    }
}
