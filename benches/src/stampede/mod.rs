//! A thousand tasks that want what nobody has yet: how many loads that makes, and how long it takes.
//!
//! The same waves run over our cache and over others; what a cache makes of them is up to the function it is asked
//! through.

mod figures;
mod source;
mod waves;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use figures::{Rounds, measure};
pub use source::{Answer, Refused, Source};
pub use waves::{KEYS, TASKS};

/// What a task gets; why it got nothing is the cache's affair.
pub type Answered = Result<u64, ()>;

/// Asks a cache for a key, loading from the source what is missing.
pub type Get = Box<dyn Fn(u64, Arc<Source>) -> Pin<Box<dyn Future<Output = Answered> + Send>>>;

/// Makes a [`Get`] of an async function.
pub fn get<F>(get: impl Fn(u64, Arc<Source>) -> F + 'static) -> Get
where
    F: Future<Output = Answered> + Send + 'static,
{
    Box::new(move |key, source| Box::pin(get(key, source)))
}
