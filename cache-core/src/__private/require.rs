//! Demands on the user's types, each with one error that teaches.
//!
//! A demand is a trait with two implementations, told apart by a marker: one for types that meet it, and one for
//! types that are [`Never`], which nothing is. With a single implementation the compiler would look through it and
//! report the bounds inside (`T: Clone`); with two it reports the demand itself. What the demand returns is a type of
//! the trait, so that after a failed one there is no type left for further errors to be about.

use super::kind::{Kind, OptionKind, ResultKind, ResultLike, ResultOptionKind};
use crate::key::CacheKey;
use crate::region::{CacheValue, SharedValue};
use crate::timeout::LoadTimeout;

/// The demand is met.
pub struct Yes;
/// The marker of the implementation that never applies.
pub struct No;
/// Implemented by nothing.
pub trait Never {}

#[diagnostic::on_unimplemented(
    message = "`{V}` cannot be kept in a cache",
    label = "values are handed out as clones, to any thread",
    note = "a cached value must be `Clone + Send + Sync + 'static`: derive `Clone`, or return `Arc<{V}>`"
)]
pub trait StoredKind<M, V> {
    type Kind;

    fn same(self) -> Self::Kind;
}

impl<Kd: Kind> StoredKind<Yes, Kd::Value> for Kd
where
    Kd::Value: CacheValue,
{
    type Kind = Kd;

    fn same(self) -> Kd {
        self
    }
}

impl<Kd: Never, V> StoredKind<No, V> for Kd {
    type Kind = Kd;

    fn same(self) -> Kd {
        self
    }
}

/// Every cached value must be one.
pub fn require_value<Kd: Kind + StoredKind<M, <Kd as Kind>::Value>, M>(
    kind: Kd,
) -> <Kd as StoredKind<M, <Kd as Kind>::Value>>::Kind {
    kind.same()
}

#[diagnostic::on_unimplemented(
    message = "`{V}` cannot be kept in the shared tier",
    label = "this value is not one that serde writes and reads",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it, or keep it in this process only: `tier = \"l1\"`"
)]
pub trait SharedKind<M, V> {
    type Kind;

    fn same(self) -> Self::Kind;
}

impl<Kd: Kind> SharedKind<Yes, Kd::Value> for Kd
where
    Kd::Value: SharedValue,
{
    type Kind = Kd;

    fn same(self) -> Kd {
        self
    }
}

impl<Kd: Never, V> SharedKind<No, V> for Kd {
    type Kind = Kd;

    fn same(self) -> Kd {
        self
    }
}

/// Every value that may go to the shared tier must be one.
pub fn require_shared<Kd: Kind + SharedKind<M, <Kd as Kind>::Value>, M>(
    kind: Kd,
) -> <Kd as SharedKind<M, <Kd as Kind>::Value>>::Kind {
    kind.same()
}

#[diagnostic::on_unimplemented(
    message = "`{V}` is not what this function caches",
    label = "the macro reads the name of the return type, the compiler its definition, and they differ",
    note = "say how the return type is to be read: `returns = \"result\"`, `\"option\"` or `\"value\"`"
)]
pub trait NamedKind<M, V> {
    type Kind;

    fn same(self) -> Self::Kind;
}

impl<Kd: Kind> NamedKind<Yes, Kd::Named> for Kd {
    type Kind = Kd;

    fn same(self) -> Kd {
        self
    }
}

impl<Kd: Never, V> NamedKind<No, V> for Kd {
    type Kind = Kd;

    fn same(self) -> Kd {
        self
    }
}

/// What `peek` and `put` are declared with must be what is cached.
pub fn require_named<V, Kd: Kind + NamedKind<M, V>, M>(kind: Kd) -> <Kd as NamedKind<M, V>>::Kind {
    kind.same()
}

/// `returns = "result"`.
pub fn require_result<R: ResultLike, Kd: Kind<Ret = R>>(kind: Kd) -> Kd {
    kind
}

#[diagnostic::on_unimplemented(
    message = "`negative_ttl` has nothing it could keep for this return type",
    label = "neither an absence nor an error that can be copied",
    note = "it keeps `None`, and errors that are `Clone`; with another error add `share_err = |error| …`"
)]
pub trait NegativeKind<M> {}

impl<T> NegativeKind<Yes> for OptionKind<T> {}
impl<T, E> NegativeKind<Yes> for ResultOptionKind<T, E> {}
impl<T, E: Clone + Send + 'static> NegativeKind<Yes> for ResultKind<T, E> {}
impl<Kd: Never> NegativeKind<No> for Kd {}

/// `negative_ttl` must have something to keep.
pub fn require_negative<Kd: Kind + NegativeKind<M>, M>(_: Kd) {}

#[diagnostic::on_unimplemented(
    message = "`{E}` cannot say that a load was dropped at its timeout",
    label = "a load that is dropped ends with this function's error",
    note = "implement `From<cache_core::LoadTimeout>` for the error of the `Result` that it returns"
)]
pub trait TimeoutKind<M, E> {
    fn timed_out(self) -> fn(LoadTimeout) -> E;
}

impl<Kd: Kind> TimeoutKind<Yes, Kd::Error> for Kd
where
    Kd::Error: From<LoadTimeout>,
{
    fn timed_out(self) -> fn(LoadTimeout) -> Kd::Error {
        Kd::Error::from
    }
}

impl<Kd: Never, E> TimeoutKind<No, E> for Kd {
    fn timed_out(self) -> fn(LoadTimeout) -> E {
        |_| unreachable!("nothing is never")
    }
}

/// The error of a function with a timeout must be able to say so.
pub fn require_timeout<Kd: Kind + TimeoutKind<M, <Kd as Kind>::Error>, M>(
    kind: Kd,
) -> fn(LoadTimeout) -> <Kd as Kind>::Error {
    kind.timed_out()
}

#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "argument is neither a usable key nor skipped",
    note = "an argument that does not influence the result is left out with `skip(…)`",
    note = "an argument that does is keyed by what identifies it: `key = \"{{user.id}}\"`; floats and types of your own have no key of their own (see `CacheKey`)"
)]
pub trait KeyPart<M> {
    type Ref<'a>
    where
        Self: 'a;

    fn part(&self) -> Self::Ref<'_>;
}

impl<T: CacheKey + ?Sized> KeyPart<Yes> for T {
    type Ref<'a>
        = &'a T
    where
        T: 'a;

    #[inline]
    fn part(&self) -> &T {
        self
    }
}

impl<T: Never + ?Sized> KeyPart<No> for T {
    type Ref<'a>
        = &'a T
    where
        T: 'a;

    fn part(&self) -> &T {
        self
    }
}

/// Every keyed argument must be one: called once per argument, so that the error points at it.
#[inline]
pub fn key_part<T: KeyPart<M> + ?Sized, M>(part: &T) -> T::Ref<'_> {
    part.part()
}
