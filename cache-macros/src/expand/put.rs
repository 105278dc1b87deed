//! `#[cache_put]`: whose entries are filled with what a mutator returned.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{GenericArgument, Path, PathArguments, ReturnType, Type};

use crate::check;
use crate::ctxt::Ctxt;
use crate::expand::Owner;
use crate::expand::mutator::{self, Entry};
use crate::expand::target::{self, Target};
use crate::fallback;
use crate::item::Function;
use crate::key::tidy;
use crate::mutator_args::PutArgs;
use crate::paths;

/// `#[cache_put(attr)] item`
pub(crate) fn put(attr: TokenStream, item: TokenStream) -> TokenStream {
    let function = match fallback::function("cache_put", &item) {
        Ok(function) => function,
        Err(error) => return fallback::with_errors(&item, &error),
    };
    put_function(attr, &function, None, None).unwrap_or_else(|error| fallback::with_errors(&item, &error))
}

/// `#[cache_put]` with what the caller knows about the block around the function.
pub(crate) fn put_function(
    attr: TokenStream,
    function: &Function,
    owner: Option<&Owner>,
    krate: Option<&Path>,
) -> syn::Result<TokenStream> {
    let ctxt = Ctxt::new();
    let args = PutArgs::parse(&ctxt, attr);
    let rt = paths::runtime(args.krate.get().or(krate));
    check::shape(&ctxt, "cache_put", function);
    mutator::check_return(&ctxt, function);
    if args.targets.is_empty() && ctxt.is_clean() {
        ctxt.error(
            function.name().span(),
            format!("`#[cache_put]` on `{}` names no entry to fill", function.plain_name()),
            "write `#[cache_put(get_user(id))]`",
        );
    }
    let targets = target::lower(&ctxt, &rt, &args.targets, "__cache_put_target", args.cache.is_set());
    check_value(&ctxt, function, &targets);
    ctxt.check()?;
    let entry = Entry { function, owner, targets: &[], puts: &targets, tags: &[] };
    let (registered, body) = (entry.registered(&rt), body(&rt, function, &args, &targets));
    Ok(mutator::wrapper(function, quote!(#registered #body)))
}

fn body(rt: &TokenStream, function: &Function, args: &PutArgs, targets: &[Target]) -> TokenStream {
    let uses_ret = targets.iter().any(|target| target.late);
    let source = (uses_ret || args.cache.is_set()).then(|| {
        let source = mutator::source(rt, &args.cache);
        quote!(let __cache_source = #source;)
    });
    let since = uses_ret.then(|| quote!(let __cache_since = #rt::Since::now(&__cache_source);));
    let named = targets
        .iter()
        .enumerate()
        .map(|(index, target)| (format_ident!("__cache_target{index}", span = target.span), target));
    let (late, early): (Vec<_>, Vec<_>) = named.partition(|(_, target)| target.late);
    let bind = |(name, target): &(Ident, &Target)| {
        let expr = &target.expr;
        quote!(let #name = #expr;)
    };
    let known = early.iter().map(bind);
    // All of them before the first is filled.
    let found = late.iter().map(bind);
    let fills = early.iter().chain(&late).map(|(name, target)| {
        let made = target.late.then(|| quote!(.since(&__cache_since)));
        quote_spanned!(target.span=> #rt::fill(&mut __cache_puts, ret, #name #made);)
    });
    let clears = early.iter().map(|(name, _)| name);
    let (run, kind, finish) = (mutator::run(function), mutator::kind(rt, function), mutator::finish(function));
    quote! {
        #source
        #since
        #(#known)*
        #run
        #kind
        let mut __cache_puts = #rt::Puts::new();
        match #rt::ended(__cache_kind, &__cache_ret) {
            #rt::Ended::Value(ret) => { #(#found)* #(#fills)* }
            #rt::Ended::Absent => { #(#clears.clear();)* }
            #rt::Ended::Failed => {}
        }
        __cache_puts.done() #finish;
        __cache_ret
    }
}

/// Of a function that returns nothing there is nothing to put.
fn check_value(ctxt: &Ctxt, function: &Function, targets: &[Target]) {
    let what = format!("`{}` returns nothing: there is no value to put", function.plain_name());
    let target = targets.first().map_or("get_user(id)", |target| target.text.as_str());
    let help = format!("return what `{target}` returns, or drop its entry: `#[cache_invalidate({target})]`");
    match &function.sig.output {
        ReturnType::Default => ctxt.error(function.name().span(), what, help),
        ReturnType::Type(_, ty) if is_nothing(ty) => ctxt.error_on(ty, what, help),
        ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)) => {
            ctxt.error_on(ty, format!("`{}` never returns", function.plain_name()), "remove `#[cache_put]`");
        }
        ReturnType::Type(..) => {}
    }
}

/// `()`, and what is around it: `Result<(), E>`.
fn is_nothing(ty: &Type) -> bool {
    match ty {
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| match &last.arguments {
            PathArguments::AngleBracketed(arguments)
                if ["Result", "Option"].contains(&tidy(&last.ident.to_token_stream()).as_str()) =>
            {
                matches!(arguments.args.first(), Some(GenericArgument::Type(ty)) if is_nothing(ty))
            }
            _ => false,
        }),
        _ => false,
    }
}
