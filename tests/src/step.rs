//! Futures polled by hand, so that a test says in which order things happen.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// A call that goes on only when the test polls it.
pub struct Step<'f, T>(Option<Pin<Box<dyn Future<Output = T> + 'f>>>);

impl<'f, T> Step<'f, T> {
    /// A call that has not begun.
    pub fn new(call: impl Future<Output = T> + 'f) -> Self {
        Self(Some(Box::pin(call)))
    }

    /// A call that has gone as far as it can on its own.
    ///
    /// # Panics
    ///
    /// If it ends at once.
    pub fn held(call: impl Future<Output = T> + 'f) -> Self {
        let mut step = Self::new(call);
        assert!(step.poll().is_none(), "the call was to be held and has ended");
        step
    }

    /// Lets the call go on as far as it can; returns its result when it ends.
    ///
    /// # Panics
    ///
    /// If it had ended before.
    pub fn poll(&mut self) -> Option<T> {
        let call = self.0.as_mut().expect("a call is not polled after its end");
        match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => {
                self.0 = None;
                Some(result)
            }
            Poll::Pending => None,
        }
    }

    /// The result of a call that can end now.
    ///
    /// # Panics
    ///
    /// If it cannot.
    pub fn done(&mut self) -> T {
        self.poll().expect("the call was to end and has not")
    }
}
