//! Beside a free function: an empty enum of its name, which holds the body and the helpers. Types and functions have
//! different namespaces, so one `use` imports both.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::expand::Plan;
use crate::expand::body::is_cfg;
use crate::expand::helpers::helper_lints;
use crate::paths::generated;

impl Plan<'_> {
    /// The enum, the impl with the user's body, the impl with the helpers.
    pub(crate) fn free_items(&self, holder: &Ident) -> TokenStream {
        let vis = generated(&self.function.vis);
        let cfgs = self.function.attrs.iter().filter(|attr| is_cfg(attr)).collect::<Vec<_>>();
        let (body, statics, helpers) = (self.body_fn(), self.statics(), self.helpers());
        let lints = helper_lints();
        let docs = format!("The cache of `{}`.", self.function.plain_name());
        quote! {
            #(#cfgs)*
            #[doc = #docs]
            #[doc(hidden)]
            #[allow(unknown_lints, non_camel_case_types, clippy::empty_enum, clippy::empty_enums,
                    clippy::exhaustive_enums)]
            #vis enum #holder {}

            #(#cfgs)*
            impl #holder {
                #body
            }

            #(#cfgs)*
            #lints
            impl #holder {
                #statics
                #helpers
            }
        }
    }
}
