//! [`CacheKey`] for the types of the standard library.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::NonZero;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::{CacheKey, KeyWriter};

/// Types that are their own owned form and whose `Display` holds no delimiter.
macro_rules! plain {
    ($write:ident: $($type:ty),* $(,)?) => { $(
        impl CacheKey for $type {
            type Owned = $type;

            #[inline]
            fn hash_key<H: Hasher>(&self, hasher: &mut H) {
                self.hash(hasher);
            }

            #[inline]
            fn eq_owned(&self, owned: &$type) -> bool {
                self == owned
            }

            #[inline]
            fn to_owned_key(&self) -> $type {
                *self
            }

            fn encode(&self, writer: &mut KeyWriter<'_>) {
                writer.$write(self);
            }
        }
    )* };
}

plain!(display: i8, i16, i32, i64, isize, u128, usize, bool);
plain!(unsigned: u16, u32, u64);
plain!(display: NonZero<i8>, NonZero<i16>, NonZero<i32>, NonZero<i64>, NonZero<isize>);
plain!(display: NonZero<u8>, NonZero<u16>, NonZero<u32>, NonZero<u64>, NonZero<u128>, NonZero<usize>);

/// Types that are their own owned form and whose text has to be escaped.
macro_rules! escaped {
    ($($type:ty => |$this:ident| $text:expr),* $(,)?) => { $(
        impl CacheKey for $type {
            type Owned = $type;

            fn hash_key<H: Hasher>(&self, hasher: &mut H) {
                self.hash(hasher);
            }

            fn eq_owned(&self, owned: &$type) -> bool {
                self == owned
            }

            fn to_owned_key(&self) -> $type {
                self.clone()
            }

            fn encode(&self, writer: &mut KeyWriter<'_>) {
                let $this = self;
                writer.text(&$text);
            }
        }
    )* };
}

escaped!(
    char => |this| this.to_string(),
    IpAddr => |this| this.to_string(),
    Ipv4Addr => |this| this.to_string(),
    Ipv6Addr => |this| this.to_string(),
    SocketAddr => |this| match this {
        SocketAddr::V4(v4) => v4.to_string(),
        SocketAddr::V6(v6) => v6_text(v6),
    },
    SocketAddrV4 => |this| this.to_string(),
    SocketAddrV6 => |this| v6_text(this),
    Duration => |this| format!("{}ns", this.as_nanos()),
);

/// With the flow label, which `Display` leaves out and equality counts.
fn v6_text(address: &SocketAddrV6) -> String {
    match address.flowinfo() {
        0 => address.to_string(),
        flow => format!("{address}/{flow}"),
    }
}

impl CacheKey for i128 {
    type Owned = i128;

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        // `write_i128` means something else in our tables.
        hasher.write_u128(self.cast_unsigned());
    }

    fn eq_owned(&self, owned: &i128) -> bool {
        self == owned
    }

    fn to_owned_key(&self) -> i128 {
        *self
    }

    fn encode(&self, writer: &mut KeyWriter<'_>) {
        writer.display(self);
    }
}

impl CacheKey for u8 {
    type Owned = u8;

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        self.hash(hasher);
    }

    fn eq_owned(&self, owned: &u8) -> bool {
        self == owned
    }

    fn to_owned_key(&self) -> u8 {
        *self
    }

    fn encode(&self, writer: &mut KeyWriter<'_>) {
        writer.display(self);
    }

    fn encode_slice(items: &[u8], writer: &mut KeyWriter<'_>) {
        writer.hex(items);
    }
}

impl CacheKey for str {
    type Owned = Box<str>;

    #[inline]
    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        // Without the end mark of `Hash`: it makes "ab", "c" and "a", "bc" differ, which our hash function sees to.
        hasher.write(self.as_bytes());
    }

    #[inline]
    fn eq_owned(&self, owned: &Box<str>) -> bool {
        *self == **owned
    }

    fn to_owned_key(&self) -> Box<str> {
        self.into()
    }

    fn encode(&self, writer: &mut KeyWriter<'_>) {
        writer.text(self);
    }
}

impl<T: CacheKey> CacheKey for [T] {
    type Owned = Box<[T::Owned]>;

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_usize(self.len());
        for item in self {
            item.hash_key(hasher);
        }
    }

    fn eq_owned(&self, owned: &Box<[T::Owned]>) -> bool {
        self.len() == owned.len() && self.iter().zip(owned).all(|(item, owned)| item.eq_owned(owned))
    }

    fn to_owned_key(&self) -> Box<[T::Owned]> {
        self.iter().map(CacheKey::to_owned_key).collect()
    }

    fn encode(&self, writer: &mut KeyWriter<'_>) {
        T::encode_slice(self, writer);
    }
}

impl<T: CacheKey> CacheKey for Option<T> {
    type Owned = Option<T::Owned>;

    fn hash_key<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u8(u8::from(self.is_some()));
        if let Some(value) = self {
            value.hash_key(hasher);
        }
    }

    fn eq_owned(&self, owned: &Option<T::Owned>) -> bool {
        match (self, owned) {
            (Some(value), Some(owned)) => value.eq_owned(owned),
            (None, None) => true,
            _ => false,
        }
    }

    fn to_owned_key(&self) -> Option<T::Owned> {
        self.as_ref().map(CacheKey::to_owned_key)
    }

    fn encode(&self, writer: &mut KeyWriter<'_>) {
        match self {
            Some(value) => writer.present(|writer| value.encode(writer)),
            None => writer.absent(),
        }
    }
}

/// Types that hand everything on to what they point to.
macro_rules! pointer {
    ($([$($generics:tt)*] $type:ty => $target:ty),* $(,)?) => { $(
        impl<$($generics)*> CacheKey for $type {
            type Owned = <$target as CacheKey>::Owned;

            #[inline]
            fn hash_key<H: Hasher>(&self, hasher: &mut H) {
                <$target as CacheKey>::hash_key(self, hasher);
            }

            #[inline]
            fn eq_owned(&self, owned: &<Self as CacheKey>::Owned) -> bool {
                <$target as CacheKey>::eq_owned(self, owned)
            }

            fn to_owned_key(&self) -> <Self as CacheKey>::Owned {
                <$target as CacheKey>::to_owned_key(self)
            }

            fn encode(&self, writer: &mut KeyWriter<'_>) {
                <$target as CacheKey>::encode(self, writer);
            }
        }
    )* };
}

pointer!(
    [T: CacheKey + ?Sized] &T => T,
    [T: CacheKey + ?Sized] &mut T => T,
    [T: CacheKey + ?Sized] Box<T> => T,
    [T: CacheKey + ?Sized] Rc<T> => T,
    [T: CacheKey + ?Sized] Arc<T> => T,
    [T: CacheKey + ToOwned + ?Sized] Cow<'_, T> => T,
    [] String => str,
    [T: CacheKey] Vec<T> => [T],
    [T: CacheKey, const N: usize] [T; N] => [T],
);

impl CacheKey for () {
    type Owned = ();

    fn hash_key<H: Hasher>(&self, _: &mut H) {}

    fn eq_owned(&self, (): &()) -> bool {
        true
    }

    fn to_owned_key(&self) {}

    fn encode(&self, writer: &mut KeyWriter<'_>) {
        writer.literal("()");
    }

    fn encode_between(&self, literals: Option<&[&str]>, writer: &mut KeyWriter<'_>) {
        writer.literal(literals.and_then(|literals| literals.first()).copied().unwrap_or_default());
    }
}

macro_rules! tuple {
    ($($name:ident $index:tt),*) => {
        impl<$($name: CacheKey),*> CacheKey for ($($name,)*) {
            type Owned = ($($name::Owned,)*);

            #[inline]
            fn hash_key<HashState: Hasher>(&self, hasher: &mut HashState) {
                $( self.$index.hash_key(hasher); )*
            }

            #[inline]
            fn eq_owned(&self, owned: &Self::Owned) -> bool {
                $( self.$index.eq_owned(&owned.$index) )&&*
            }

            fn to_owned_key(&self) -> Self::Owned {
                ($( self.$index.to_owned_key(), )*)
            }

            fn encode(&self, writer: &mut KeyWriter<'_>) {
                writer.literal("(");
                $( if $index > 0 { writer.literal(","); } self.$index.encode(writer); )*
                writer.literal(")");
            }

            fn encode_between(&self, literals: Option<&[&str]>, writer: &mut KeyWriter<'_>) {
                let piece = |index: usize| match literals {
                    Some(literals) => literals.get(index).copied().unwrap_or_default(),
                    None if index == 0 => "",
                    None => ":",
                };
                $( writer.literal(piece($index)); self.$index.encode(writer); )*
                if let Some(last) = literals.and_then(|literals| literals.get([$($index),*].len())) {
                    writer.literal(last);
                }
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
