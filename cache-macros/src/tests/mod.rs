//! Unit tests of the stages, and snapshots of what they expand to.

mod any_input;
mod durations;
mod errors;
mod moments;
mod mutators;
mod puts;
mod snapshots;
mod suggestions;
mod templates;

use proc_macro2::TokenStream;

/// The expansion as a person would read it.
fn pretty(expanded: TokenStream) -> String {
    let file = syn::parse2(expanded).expect("an expansion is items");
    prettyplease::unparse(&file)
}

/// The messages of the `compile_error!`s in an expansion.
fn messages(expanded: &TokenStream) -> Vec<String> {
    struct Messages(Vec<String>);
    impl<'ast> syn::visit::Visit<'ast> for Messages {
        fn visit_macro(&mut self, mac: &'ast syn::Macro) {
            if mac.path.segments.last().is_some_and(|last| last.ident == "compile_error") {
                let text: syn::LitStr = mac.parse_body().expect("a message");
                self.0.push(text.value());
            }
        }
    }
    let file: syn::File = syn::parse2(expanded.clone()).expect("an expansion is items");
    let mut found = Messages(Vec::new());
    syn::visit::Visit::visit_file(&mut found, &file);
    found.0
}
