//! Arguments of loads that go on without their caller: what is borrowed is copied.
//!
//! One trait per option, so that the one error of an argument that cannot be copied names the option that asks for it;
//! see [`require`](super::require) for how they are built. They are traits of a wrapper: of the argument itself the
//! compiler would say that it should be borrowed once more.

use std::path::{Path, PathBuf};

use super::require::{Never, No, Yes};

/// An argument that is to be copied.
pub struct Borrowed<'a, T: ?Sized>(&'a T);

macro_rules! background {
    ($(#[$attrs:meta])* $trait:ident, $own:ident) => {
        $(#[$attrs])*
        pub trait $trait<M, T: ?Sized> {
            /// Borrows as `T`.
            type Owned;

            fn own(self) -> Self::Owned;
        }

        impl<T: Clone + Send + Sync + 'static> $trait<Yes, T> for Borrowed<'_, T> {
            type Owned = T;

            fn own(self) -> T {
                self.0.clone()
            }
        }

        impl $trait<Yes, str> for Borrowed<'_, str> {
            type Owned = String;

            fn own(self) -> String {
                self.0.to_owned()
            }
        }

        impl<T: Clone + Send + Sync + 'static> $trait<Yes, [T]> for Borrowed<'_, [T]> {
            type Owned = Vec<T>;

            fn own(self) -> Vec<T> {
                self.0.to_vec()
            }
        }

        impl $trait<Yes, Path> for Borrowed<'_, Path> {
            type Owned = PathBuf;

            fn own(self) -> PathBuf {
                self.0.to_owned()
            }
        }

        impl<T: Never + ?Sized> $trait<No, T> for Borrowed<'_, T> {
            type Owned = ();

            fn own(self) {}
        }

        pub fn $own<'a, T: ?Sized, M>(argument: &'a T) -> <Borrowed<'a, T> as $trait<M, T>>::Owned
        where
            Borrowed<'a, T>: $trait<M, T>,
        {
            Borrowed(argument).own()
        }
    };
}

background!(
    #[diagnostic::on_unimplemented(
        message = "`stale_while_revalidate` loads in the background, with a copy of this argument, and `{T}` cannot be copied",
        label = "not `Clone + Send + Sync + 'static`",
        note = "take an `Arc` of it, which is cheap to clone, or remove `stale_while_revalidate`"
    )]
    StaleArg,
    own_stale
);
background!(
    #[diagnostic::on_unimplemented(
        message = "`refresh_ahead` loads in the background, with a copy of this argument, and `{T}` cannot be copied",
        label = "not `Clone + Send + Sync + 'static`",
        note = "take an `Arc` of it, which is cheap to clone, or remove `refresh_ahead`"
    )]
    RefreshAheadArg,
    own_refresh_ahead
);
background!(
    #[diagnostic::on_unimplemented(
        message = "`early` loads in the background, with a copy of this argument, and `{T}` cannot be copied",
        label = "not `Clone + Send + Sync + 'static`",
        note = "take an `Arc` of it, which is cheap to clone, or remove `early`"
    )]
    EarlyArg,
    own_early
);
background!(
    #[diagnostic::on_unimplemented(
        message = "`soft_timeout` loads in the background, with a copy of this argument, and `{T}` cannot be copied",
        label = "not `Clone + Send + Sync + 'static`",
        note = "take an `Arc` of it, which is cheap to clone, or remove `soft_timeout`"
    )]
    SoftTimeoutArg,
    own_soft_timeout
);
