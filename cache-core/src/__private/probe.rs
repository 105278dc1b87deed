//! Asking types what they are, without specialisation: autoref picks the most specific answer.
//!
//! It does so among all traits in scope, so these methods have names that no user's trait for all types has.

use std::marker::PhantomData;

use super::kind::{Kind, OptionKind, PlainKind, ResultKind, ResultOptionKind};
use crate::entry::Sharing;

/// `(&&&Probe::<R>::new()).__cache_kind()` is the [`Kind`] of `R`, whatever alias `R` is written with: method look-up tries
/// the receiver with most references first.
pub struct Probe<R>(PhantomData<fn() -> R>);

impl<R> Probe<R> {
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<R> Default for Probe<R> {
    fn default() -> Self {
        Self::new()
    }
}

/// The answers for `Result` and `Option`.
pub trait KindResult {
    type Kind;

    fn __cache_kind(&self) -> Self::Kind;
}

impl<T, E> KindResult for &&Probe<Result<Option<T>, E>> {
    type Kind = ResultOptionKind<T, E>;

    fn __cache_kind(&self) -> Self::Kind {
        ResultOptionKind::new()
    }
}

impl<T> KindResult for &&Probe<Option<T>> {
    type Kind = OptionKind<T>;

    fn __cache_kind(&self) -> Self::Kind {
        OptionKind::new()
    }
}

impl<T, E> KindResult for &Probe<Result<T, E>> {
    type Kind = ResultKind<T, E>;

    fn __cache_kind(&self) -> Self::Kind {
        ResultKind::new()
    }
}

/// The answer for everything else.
pub trait KindPlain {
    type Kind;

    fn __cache_kind(&self) -> Self::Kind;
}

impl<R> KindPlain for Probe<R> {
    type Kind = PlainKind<R>;

    fn __cache_kind(&self) -> Self::Kind {
        PlainKind::new()
    }
}

/// `(&ShareProbe::<E>::new()).__cache_share()` is the way to copy an `E`, if there is one.
pub struct ShareProbe<E>(PhantomData<fn() -> E>);

impl<E> ShareProbe<E> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E: Clone + Send + 'static> ShareProbe<E> {
    #[must_use]
    pub fn __cache_share(&self) -> Option<Sharing<E>> {
        Some(Sharing::by(E::clone))
    }
}

/// The answer for errors that cannot be copied.
pub trait ShareFallback<E> {
    fn __cache_share(&self) -> Option<Sharing<E>>;
}

impl<E> ShareFallback<E> for &ShareProbe<E> {
    fn __cache_share(&self) -> Option<Sharing<E>> {
        None
    }
}

/// `share_err = f`.
#[must_use]
pub fn share_by<Kd: Kind>(_: Kd, share: fn(&Kd::Error) -> Kd::Error) -> Option<Sharing<Kd::Error>>
where
    Kd::Error: Send,
{
    Some(Sharing::by(share))
}

/// A copy of an argument that the body is going to move.
pub fn clone_argument<T: Clone>(argument: &T) -> T {
    argument.clone()
}
