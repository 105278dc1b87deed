//! Collects every mistake, so that one build shows all of them.

use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::Span;
use quote::ToTokens;
use syn::Error;

/// The error collector. It panics when it is dropped without [`check`](Ctxt::check): an error that nobody asked for
/// would turn into a silent success.
pub(crate) struct Ctxt {
    errors: RefCell<Option<Vec<Error>>>,
}

impl Ctxt {
    pub(crate) fn new() -> Self {
        Ctxt { errors: RefCell::new(Some(Vec::new())) }
    }

    /// Reports `what` at `span`; `help` is the exact text to write instead.
    pub(crate) fn error(&self, span: Span, what: impl Display, help: impl Display) {
        self.push(Error::new(span, format!("{what}\nhelp: {help}")));
    }

    /// As [`error`](Ctxt::error), underlining all of `tokens`.
    pub(crate) fn error_on(&self, tokens: &impl ToTokens, what: impl Display, help: impl Display) {
        self.push(Error::new_spanned(tokens, format!("{what}\nhelp: {help}")));
    }

    pub(crate) fn push(&self, error: Error) {
        self.errors.borrow_mut().as_mut().expect("the collector is still open").push(error);
    }

    /// Keeps the value, or reports the error and goes on without it.
    pub(crate) fn ok<T>(&self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// True while nothing went wrong.
    pub(crate) fn is_clean(&self) -> bool {
        self.errors.borrow().as_ref().is_none_or(Vec::is_empty)
    }

    /// Closes the collector: all errors as one, if there are any.
    pub(crate) fn check(self) -> syn::Result<()> {
        let errors = self.errors.borrow_mut().take().unwrap_or_default();
        let combined = errors.into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        });
        combined.map_or(Ok(()), Err)
    }
}

impl Drop for Ctxt {
    fn drop(&mut self) {
        if self.errors.borrow().is_some() && !std::thread::panicking() {
            panic!("forgot to check for errors");
        }
    }
}
