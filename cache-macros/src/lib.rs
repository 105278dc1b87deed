//! The attribute macros of `cache-core`: [`macro@cached`], [`macro@cache_invalidate`], [`macro@cache_put`] and
//! [`macro@cached_impl`].
//!
//! Depend on `cache-core`, which re-exports them: what they generate calls its runtime.
//!
//! Each macro is a pipeline with one file per stage: the arguments as written (`args`, `mutator_args`, `values`), the function
//! (`item`), what both mean together (`key`, `tags`, `returns`), what must not be (`check`), tokens (`expand`), and
//! what remains after a mistake (`fallback`).

mod args;
mod attr;
mod check;
mod check_policy;
mod ctxt;
mod duration;
mod expand;
mod fallback;
mod item;
mod key;
mod mutator_args;
mod paths;
mod reserved;
mod returns;
mod roots;
mod suggest;
mod tags;
mod template;
mod values;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

#[doc = include_str!("../docs/cached.md")]
#[proc_macro_attribute]
pub fn cached(attr: TokenStream, item: TokenStream) -> TokenStream {
    expand::cached(attr.into(), item.into()).into()
}

#[doc = include_str!("../docs/cache_invalidate.md")]
#[proc_macro_attribute]
pub fn cache_invalidate(attr: TokenStream, item: TokenStream) -> TokenStream {
    expand::invalidate::invalidate(attr.into(), item.into()).into()
}

#[doc = include_str!("../docs/cache_put.md")]
#[proc_macro_attribute]
pub fn cache_put(attr: TokenStream, item: TokenStream) -> TokenStream {
    expand::put::put(attr.into(), item.into()).into()
}

#[doc = include_str!("../docs/cached_impl.md")]
#[proc_macro_attribute]
pub fn cached_impl(attr: TokenStream, item: TokenStream) -> TokenStream {
    expand::impl_block::impl_block(attr.into(), item.into()).into()
}
