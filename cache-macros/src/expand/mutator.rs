//! What the attributes of mutators have in common: running the body, reading what it returned, and the registry.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use crate::attr::Attr;
use crate::ctxt::Ctxt;
use crate::expand::Owner;
use crate::expand::body::{in_braces_of, in_place};
use crate::expand::target::Target;
use crate::item::{Function, mentions};
use crate::paths::at;

/// `let __cache_ret = …;`: the body, with its own `return` and `?`.
pub(crate) fn run(function: &Function) -> TokenStream {
    let body = in_place(function, &TokenStream::new());
    if function.is_async() {
        quote!(let __cache_ret = (#body).await;)
    } else {
        let ret = function.ret();
        quote!(let __cache_ret = (|| -> #ret #body)();)
    }
}

/// `let __cache_kind = …;`: how the return type is to be read.
pub(crate) fn kind(rt: &TokenStream, function: &Function) -> TokenStream {
    let ret = function.ret();
    quote! {
        let __cache_kind = {
            #[allow(unused_imports)]
            use #rt::{KindPlain as _, KindResult as _};
            (&&&#rt::Probe::<#ret>::new()).__cache_kind()
        };
    }
}

/// `.await` what is left to do, or leave it to the background.
pub(crate) fn finish(function: &Function) -> TokenStream {
    if function.is_async() { quote!(.await) } else { quote!(.detach()) }
}

/// The cache, as something that outlives the body's use of the arguments.
pub(crate) fn source(rt: &TokenStream, cache: &Attr<Expr>) -> TokenStream {
    match cache.get() {
        Some(expr) => quote_spanned!(at(expr.span())=> #rt::explicit(&(#expr)).owned()),
        None => quote!(#rt::Ambient),
    }
}

/// The function around `body`.
pub(crate) fn wrapper(function: &Function, body: TokenStream) -> TokenStream {
    let Function { attrs, vis, sig, .. } = function;
    let body = in_braces_of(function, body);
    quote!(#(#attrs)* #vis #sig #body)
}

/// What the registry says of a mutator.
pub(crate) struct Entry<'a> {
    pub(crate) function: &'a Function,
    pub(crate) owner: Option<&'a Owner>,
    pub(crate) targets: &'a [Target],
    pub(crate) puts: &'a [Target],
    pub(crate) tags: &'a [String],
}

impl Entry<'_> {
    pub(crate) fn registered(&self, rt: &TokenStream) -> TokenStream {
        let plain = self.function.plain_name();
        let name = match self.owner {
            Some(owner) => format!("{}::{plain}", owner.name),
            None => plain,
        };
        let targets = self.targets.iter().map(|target| &target.text);
        let puts = self.puts.iter().map(|target| &target.text);
        let tags = self.tags;
        quote! {
            const _: () = {
                static __CACHE_MUTATOR: #rt::Mutator = #rt::Mutator {
                    function: #name,
                    module: ::core::module_path!(),
                    file: ::core::file!(),
                    line: ::core::line!(),
                    targets: &[#(#targets),*],
                    puts: &[#(#puts),*],
                    tags: &[#(#tags),*],
                };
                #rt::inventory::submit! { #rt::RegisteredMutator(&__CACHE_MUTATOR) }
            };
        }
    }
}

/// Whether the function succeeded is read from its type.
pub(crate) fn check_return(ctxt: &Ctxt, function: &Function) {
    if let syn::ReturnType::Type(_, ty) = &function.sig.output
        && mentions(&ty.to_token_stream(), &["impl"])
    {
        ctxt.error_on(
            ty,
            format!("`{}` returns an `impl Trait`: whether it succeeded cannot be asked", function.plain_name()),
            "write the type; for `-> impl Future<Output = T>` write `async fn … -> T`",
        );
    }
}
