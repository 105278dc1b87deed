//! `#[cache_invalidate]`: what a mutator drops, after it has succeeded or as `on` says.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Path;

use crate::check;
use crate::ctxt::Ctxt;
use crate::expand::Owner;
use crate::expand::mutator::{self, Entry};
use crate::expand::target::{self, Target};
use crate::fallback;
use crate::item::Function;
use crate::mutator_args::{InvalidateArgs, On};
use crate::paths;
use crate::roots::Roots;
use crate::tags::Tags;

/// `#[cache_invalidate(attr)] item`
pub(crate) fn invalidate(attr: TokenStream, item: TokenStream) -> TokenStream {
    let function = match fallback::function("cache_invalidate", &item) {
        Ok(function) => function,
        Err(error) => return fallback::with_errors(&item, &error),
    };
    invalidate_function(attr, &function, None, None).unwrap_or_else(|error| fallback::with_errors(&item, &error))
}

/// `#[cache_invalidate]` with what the caller knows about the block around the function.
pub(crate) fn invalidate_function(
    attr: TokenStream,
    function: &Function,
    owner: Option<&Owner>,
    krate: Option<&Path>,
) -> syn::Result<TokenStream> {
    let ctxt = Ctxt::new();
    let args = InvalidateArgs::parse(&ctxt, attr);
    let rt = paths::runtime(args.krate.get().or(krate));
    let list = function.args();
    check::shape(&ctxt, "cache_invalidate", function);
    mutator::check_return(&ctxt, function);
    if args.targets.is_empty() && !args.tags.is_set() && ctxt.is_clean() {
        ctxt.error(
            function.name().span(),
            format!("`#[cache_invalidate]` on `{}` names nothing to drop", function.plain_name()),
            "write `#[cache_invalidate(get_user(id))]`, or `tags = [\"user:{id}\"]`",
        );
    }
    let roots = Roots { function, args: &list, patterns: true };
    let tags = Tags::build(&ctxt, &rt, args.tags.get().map_or(&[], Vec::as_slice), &roots);
    let targets = target::lower(&ctxt, &rt, &args.targets, "target", args.cache.is_set());
    if args.on() == On::Before {
        check::nothing_returned_yet(&ctxt, &args);
    }
    ctxt.check()?;
    let entry = Entry { function, owner, targets: &targets, puts: &[], tags: &tags.texts };
    let mutator = Mutator { rt: &rt, function, args: &args, tags: &tags, targets: &targets };
    let (registered, body) = (entry.registered(&rt), mutator.body());
    Ok(mutator::wrapper(function, quote!(#registered #body)))
}

/// Everything that is known once all checks have passed.
struct Mutator<'a> {
    rt: &'a TokenStream,
    function: &'a Function,
    args: &'a InvalidateArgs,
    tags: &'a Tags,
    targets: &'a [Target],
}

impl Mutator<'_> {
    fn body(&self) -> TokenStream {
        match self.args.on() {
            On::Ok => self.ok(),
            On::Before => self.before(),
            On::Always => self.always(&TokenStream::new()),
            On::Around => {
                let finish = mutator::finish(self.function);
                self.always(&quote!(__cache_always.announce()#finish;))
            }
        }
    }

    /// After a success.
    fn ok(&self) -> TokenStream {
        let (rt, names) = (self.rt, self.names());
        let (known, fire) = (self.known(&mutator::source(rt, &self.args.cache)), self.fire());
        let (run, kind) = (mutator::run(self.function), mutator::kind(rt, self.function));
        let count = names.len();
        // With nothing that needs `ret`, arrays of known length; else what was known before is joined to what is known
        // now. An absence is a success without a value: what does not need `ret` is dropped all the same.
        let join = self.late().map(|late| {
            quote! {
                let (__cache_late_targets, __cache_late_tags) = ::core::option::Option::unzip(#late);
            }
        });
        let chain = join.is_some().then(|| {
            quote! {
                let __cache_targets = ::core::iter::Iterator::chain(
                    ::core::iter::IntoIterator::into_iter(__cache_targets),
                    ::core::iter::Iterator::flatten(::core::iter::IntoIterator::into_iter(__cache_late_targets)),
                );
                let __cache_tags = ::core::iter::Iterator::chain(
                    ::core::iter::IntoIterator::into_iter(__cache_tags),
                    ::core::iter::Iterator::flatten(::core::iter::IntoIterator::into_iter(__cache_late_tags)),
                );
            }
        });
        quote! {
            #known
            #run
            #kind
            if #rt::succeeded(__cache_kind, &__cache_ret) {
                #join
                let __cache_targets: [#rt::Target; #count] = [#(#names),*];
                #chain
                #fire
            }
            __cache_ret
        }
    }

    fn before(&self) -> TokenStream {
        let (rt, names) = (self.rt, self.names());
        let (known, fire) = (self.known(&mutator::source(rt, &self.args.cache)), self.fire());
        let run = mutator::run(self.function);
        let count = names.len();
        quote! {
            #known
            let __cache_targets: [#rt::Target; #count] = [#(#names),*];
            #fire
            #run
            __cache_ret
        }
    }

    /// After the body, whatever became of it: what is known before is in a guard.
    fn always(&self, first: &TokenStream) -> TokenStream {
        let (rt, names) = (self.rt, self.names());
        let source = match self.args.cache.get() {
            Some(_) => mutator::source(rt, &self.args.cache),
            // A future may be dropped where another cache is the ambient one.
            None => quote!(#rt::Ambient.owned()),
        };
        let (known, run, finish) = (self.known(&source), mutator::run(self.function), mutator::finish(self.function));
        let count = names.len();
        let late = self.late().map(|late| {
            let kind = mutator::kind(rt, self.function);
            quote! {
                #kind
                if let ::core::option::Option::Some((__cache_targets, __cache_tags)) = #late {
                    __cache_always.add(__cache_targets, __cache_tags);
                }
            }
        });
        let mutable = (late.is_some() || !first.is_empty()).then(|| quote!(mut));
        quote! {
            #known
            let __cache_targets: [#rt::Target; #count] = [#(#names),*];
            let #mutable __cache_always = #rt::Always::new(&__cache_source, __cache_targets, __cache_tags);
            #first
            #run
            #late
            __cache_always.fire()#finish;
            __cache_ret
        }
    }

    /// The source, and what can be evaluated before the body takes the arguments away.
    fn known(&self, source: &TokenStream) -> TokenStream {
        let (names, before) = (self.names(), self.tags.before(self.rt));
        let early = self.targets.iter().filter(|target| !target.late).map(|target| &target.expr);
        quote! {
            let __cache_source = #source;
            #(let #names = #early;)*
            #before
        }
    }

    /// The targets that [`known`](Self::known) binds.
    fn names(&self) -> Vec<Ident> {
        let early = self.targets.iter().filter(|target| !target.late).count();
        (0..early).map(|index| format_ident!("__cache_target{index}")).collect()
    }

    /// The targets and tags that need `ret`, as an `Option` of both; nothing if there are none.
    fn late(&self) -> Option<TokenStream> {
        let targets = self.targets.iter().filter(|target| target.late).map(|target| &target.expr).collect::<Vec<_>>();
        let (rt, tags) = (self.rt, &self.tags.late);
        let (target_count, tag_count) = (targets.len(), tags.len());
        (target_count + tag_count > 0).then(|| {
            quote! {
                #rt::with_success(__cache_kind, &__cache_ret, |ret| {
                    let __cache_targets: [#rt::Target; #target_count] = [#(#targets),*];
                    let __cache_tags: [#rt::TagText; #tag_count] = [#(#tags),*];
                    (__cache_targets, __cache_tags)
                })
            }
        })
    }

    fn fire(&self) -> TokenStream {
        let rt = self.rt;
        if self.function.is_async() {
            quote!(#rt::fire(__cache_source, __cache_targets, __cache_tags).await;)
        } else {
            quote!(#rt::fire_blocking(__cache_source, __cache_targets, __cache_tags);)
        }
    }
}
