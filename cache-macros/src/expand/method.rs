//! Beside a method: sibling methods. No struct, enum or static may stand in an `impl`, and items inside the method
//! could not name `Self`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::expand::Plan;

impl Plan<'_> {
    /// The body, the statics and the helpers, each with the lints of generated code where it is generated.
    pub(crate) fn siblings(&self, _suffix: &str) -> TokenStream {
        let (body, helpers) = (self.body_fn(), self.helpers());
        let statics = self.statics();
        quote! {
            #body
            #statics
            #helpers
        }
    }

    /// The conditions of the method, repeated on its siblings.
    pub(crate) fn cfgs(&self) -> TokenStream {
        let cfgs = self.function.attrs.iter().filter(|attr| crate::expand::body::is_cfg(attr));
        quote!(#(#cfgs)*)
    }
}
