//! A set-once cell per argument: duplicates are reported in one place.

use proc_macro2::Span;

use crate::ctxt::Ctxt;

/// One argument of an attribute: at most one value, and the span of its name.
pub(crate) struct Attr<T> {
    name: &'static str,
    value: Option<(Span, T)>,
}

impl<T> Attr<T> {
    pub(crate) fn none(name: &'static str) -> Self {
        Attr { name, value: None }
    }

    /// Sets the value; a second one is an error on the second name.
    pub(crate) fn set(&mut self, ctxt: &Ctxt, span: Span, value: T) {
        if self.value.is_some() {
            let name = self.name;
            ctxt.error(span, format!("`{name}` is given twice"), format!("keep one `{name}` and remove the other"));
        } else {
            self.value = Some((span, value));
        }
    }

    /// Sets what was read, if it could be.
    pub(crate) fn put(&mut self, ctxt: &Ctxt, span: Span, value: Option<T>) {
        if let Some(value) = value {
            self.set(ctxt, span, value);
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref().map(|(_, value)| value)
    }

    /// The span of the argument's name, where it was given.
    pub(crate) fn span(&self) -> Option<Span> {
        self.value.as_ref().map(|(span, _)| *span)
    }

    pub(crate) fn is_set(&self) -> bool {
        self.value.is_some()
    }
}
