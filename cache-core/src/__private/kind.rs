//! What a function's return type means for its cache.

use std::convert::Infallible;
use std::marker::PhantomData;

use super::probe::ShareProbe;
use crate::flight::Outcome;

/// What a call returned, as far as a mutator needs to know. It may borrow: nothing of it is kept.
pub trait Returned: Copy {
    /// The return type.
    type Ret;
    /// The value in it.
    type Success;

    /// Of what a call returned, the value.
    fn success(ret: &Self::Ret) -> Option<&Self::Success>;

    /// Whether a call did what it was asked to.
    fn succeeded(ret: &Self::Ret) -> bool;
}

/// A way of reading the return type of a cached function: what is the value, what an absence, what an error.
pub trait Kind: Returned + Send + Sync + 'static {
    /// What is stored.
    type Value: 'static;
    /// What `peek` and `put` speak of: `Option<T>` for a function that returns `Result<Option<T>, E>`.
    type Named;
    /// The loader's error.
    type Error: 'static;

    /// Whether a return value can say that there is none.
    const ABSENCES: bool;

    /// A hit as the function returns it.
    fn hit(value: Self::Value) -> Self::Ret;

    #[doc(hidden)]
    fn split(ret: Self::Ret) -> Split<Self>;

    #[doc(hidden)]
    fn join(split: Split<Self>) -> Self::Ret;

    /// What `peek` says of a value, or of a known absence (`None`).
    fn named(value: Option<Self::Value>) -> Option<Self::Named>;

    /// The value that `put` was given; `None` for an absence.
    fn unnamed(named: Self::Named) -> Option<Self::Value>;

    /// For the probe of the error type.
    fn error(self) -> ShareProbe<Self::Error> {
        ShareProbe::new()
    }
}

/// A return value taken apart. (A type of its own, since the flight's is not public.)
pub struct Split<Kd: Kind>(pub(super) Outcome<Kd::Value, Kd::Error>);

macro_rules! kind {
    ($(#[$docs:meta])* $name:ident<$($generic:ident),+>) => {
        $(#[$docs])*
        pub struct $name<$($generic),+>(PhantomData<fn() -> ($($generic,)+)>);

        impl<$($generic),+> Clone for $name<$($generic),+> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$($generic),+> Copy for $name<$($generic),+> {}

        impl<$($generic),+> $name<$($generic),+> {
            #[must_use]
            pub const fn new() -> Self {
                Self(PhantomData)
            }
        }

        impl<$($generic),+> Default for $name<$($generic),+> {
            fn default() -> Self {
                Self::new()
            }
        }
    };
}

kind!(
    /// Every return value is a value.
    PlainKind<R>
);
kind!(
    /// `Ok` is a value, `Err` is not cached.
    ResultKind<T, E>
);
kind!(
    /// `Some` is a value, `None` an absence.
    OptionKind<T>
);
kind!(
    /// `Ok(Some)` is a value, `Ok(None)` an absence, `Err` is not cached.
    ResultOptionKind<T, E>
);

fn no_absence<T>() -> T {
    unreachable!("a load of this kind neither ends nor is answered with an absence")
}

impl<R> Returned for PlainKind<R> {
    type Ret = R;
    type Success = R;

    fn success(ret: &R) -> Option<&R> {
        Some(ret)
    }

    fn succeeded(_: &R) -> bool {
        true
    }
}

impl<R: 'static> Kind for PlainKind<R> {
    type Value = R;
    type Named = R;
    type Error = Infallible;

    const ABSENCES: bool = false;

    #[inline]
    fn hit(value: R) -> R {
        value
    }

    fn split(ret: R) -> Split<Self> {
        Split(Outcome::Value(ret))
    }

    fn join(split: Split<Self>) -> R {
        match split.0 {
            Outcome::Value(value) => value,
            Outcome::Absent => no_absence(),
            Outcome::Error(never) => match never {},
        }
    }

    fn named(value: Option<R>) -> Option<R> {
        value
    }

    fn unnamed(named: R) -> Option<R> {
        Some(named)
    }
}

impl<T, E> Returned for ResultKind<T, E> {
    type Ret = Result<T, E>;
    type Success = T;

    fn success(ret: &Result<T, E>) -> Option<&T> {
        ret.as_ref().ok()
    }

    fn succeeded(ret: &Result<T, E>) -> bool {
        ret.is_ok()
    }
}

impl<T: 'static, E: 'static> Kind for ResultKind<T, E> {
    type Value = T;
    type Named = T;
    type Error = E;

    const ABSENCES: bool = false;

    #[inline]
    fn hit(value: T) -> Result<T, E> {
        Ok(value)
    }

    fn split(ret: Result<T, E>) -> Split<Self> {
        Split(ret.map_or_else(Outcome::Error, Outcome::Value))
    }

    fn join(split: Split<Self>) -> Result<T, E> {
        match split.0 {
            Outcome::Value(value) => Ok(value),
            Outcome::Absent => no_absence(),
            Outcome::Error(error) => Err(error),
        }
    }

    fn named(value: Option<T>) -> Option<T> {
        value
    }

    fn unnamed(named: T) -> Option<T> {
        Some(named)
    }
}

impl<T> Returned for OptionKind<T> {
    type Ret = Option<T>;
    type Success = T;

    fn success(ret: &Option<T>) -> Option<&T> {
        ret.as_ref()
    }

    fn succeeded(_: &Option<T>) -> bool {
        // A mutator that returns `None` may have changed something all the same.
        true
    }
}

impl<T: 'static> Kind for OptionKind<T> {
    type Value = T;
    type Named = T;
    type Error = Infallible;

    const ABSENCES: bool = true;

    #[inline]
    fn hit(value: T) -> Option<T> {
        Some(value)
    }

    fn split(ret: Option<T>) -> Split<Self> {
        Split(ret.map_or(Outcome::Absent, Outcome::Value))
    }

    fn join(split: Split<Self>) -> Option<T> {
        match split.0 {
            Outcome::Value(value) => Some(value),
            Outcome::Absent => None,
            Outcome::Error(never) => match never {},
        }
    }

    fn named(value: Option<T>) -> Option<T> {
        value
    }

    fn unnamed(named: T) -> Option<T> {
        Some(named)
    }
}

impl<T, E> Returned for ResultOptionKind<T, E> {
    type Ret = Result<Option<T>, E>;
    type Success = T;

    fn success(ret: &Result<Option<T>, E>) -> Option<&T> {
        ret.as_ref().ok().and_then(Option::as_ref)
    }

    fn succeeded(ret: &Result<Option<T>, E>) -> bool {
        ret.is_ok()
    }
}

impl<T: 'static, E: 'static> Kind for ResultOptionKind<T, E> {
    type Value = T;
    type Named = Option<T>;
    type Error = E;

    const ABSENCES: bool = true;

    #[inline]
    fn hit(value: T) -> Result<Option<T>, E> {
        Ok(Some(value))
    }

    fn split(ret: Result<Option<T>, E>) -> Split<Self> {
        Split(match ret {
            Ok(Some(value)) => Outcome::Value(value),
            Ok(None) => Outcome::Absent,
            Err(error) => Outcome::Error(error),
        })
    }

    fn join(split: Split<Self>) -> Result<Option<T>, E> {
        match split.0 {
            Outcome::Value(value) => Ok(Some(value)),
            Outcome::Absent => Ok(None),
            Outcome::Error(error) => Err(error),
        }
    }

    fn named(value: Option<T>) -> Option<Option<T>> {
        Some(value)
    }

    fn unnamed(named: Option<T>) -> Option<T> {
        named
    }
}

/// `Result`, whatever alias it is written with: for `returns = "result"` and for naming the value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Result`",
    note = "write `returns = \"value\"` or `returns = \"option\"` to say how the return type is to be read"
)]
pub trait ResultLike {
    /// The value.
    type Ok;
}

impl<T: 'static, E: 'static> ResultLike for Result<T, E> {
    type Ok = T;
}

/// `Option`, whatever alias it is written with: for `returns = "option"` and for naming the value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an `Option`",
    note = "write `returns = \"value\"` or `returns = \"result\"` to say how the return type is to be read"
)]
pub trait OptionLike {
    /// The value.
    type Some;
    /// How it is read.
    type Kind: Kind<Ret = Self>;

    /// How it is read.
    fn kind() -> Self::Kind;
}

impl<T: 'static> OptionLike for Option<T> {
    type Some = T;
    type Kind = OptionKind<T>;

    fn kind() -> Self::Kind {
        OptionKind::new()
    }
}
