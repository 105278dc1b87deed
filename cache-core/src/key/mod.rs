//! What identifies an entry within its region.

mod impls;
mod stored;
mod text;

pub(crate) mod pattern;

use std::hash::Hasher;

pub(crate) use stored::{ByHash, KeyHasher, Look, StoredKey};
pub use text::KeyWriter;
pub(crate) use text::{MAX_TEXT, bounded, render, render_to};

/// A value that can be (part of) a cache key.
///
/// A hit neither allocates nor formats anything: a borrowed key is hashed and compared with the owned one in the
/// cache. Text is rendered only for the shared tier, patterns and people, and it is injective: two different keys
/// never have the same text, whatever they contain (promise P7).
///
/// Implemented for integers, `bool`, `char`, strings, `Option`, slices, `Vec`, arrays, tuples, smart pointers, network
/// addresses and [`Duration`](std::time::Duration); not for floats, whose equality is no basis for a key. For types of
/// your own, either key by a field (`key = "{user.id}"`) or implement this trait by handing on to a part:
///
/// ```
/// use cache_core::{CacheKey, KeyWriter};
/// use std::hash::Hasher;
///
/// #[derive(Clone, PartialEq, Eq)]
/// struct UserId(u64);
///
/// impl CacheKey for UserId {
///     type Owned = u64;
///     fn hash_key<H: Hasher>(&self, hasher: &mut H) { self.0.hash_key(hasher) }
///     fn eq_owned(&self, owned: &u64) -> bool { self.0 == *owned }
///     fn to_owned_key(&self) -> u64 { self.0 }
///     fn encode(&self, writer: &mut KeyWriter<'_>) { self.0.encode(writer) }
/// }
/// ```
///
/// # Contract
///
/// For every key `k`: `k.eq_owned(&k.to_owned_key())` MUST hold; `k` and `k.to_owned_key()` MUST hash and encode
/// alike; `encode` MUST write different text for keys that are not equal.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "argument is neither a usable key nor skipped",
    note = "an argument that does not influence the result is left out with `skip(…)`",
    note = "an argument that does is keyed by what identifies it: `key = \"{{user.id}}\"`; floats and types of your own have no key of their own (see `CacheKey`)"
)]
pub trait CacheKey {
    /// The form that is kept in the cache.
    type Owned: CacheKey<Owned = Self::Owned> + Eq + Send + Sync + 'static;

    /// Feeds this key to a hasher.
    fn hash_key<H: Hasher>(&self, hasher: &mut H);

    /// Whether this is the key that is kept as `owned`.
    fn eq_owned(&self, owned: &Self::Owned) -> bool;

    /// The form to keep. Called on a miss only.
    fn to_owned_key(&self) -> Self::Owned;

    /// Writes this key's text.
    fn encode(&self, writer: &mut KeyWriter<'_>);

    /// Writes a whole list of keys; bytes have a form of their own.
    #[doc(hidden)]
    fn encode_slice(items: &[Self], writer: &mut KeyWriter<'_>)
    where
        Self: Sized,
    {
        writer.list('[', ']', items, |item, writer| item.encode(writer));
    }

    /// Writes this key between the literal pieces of a template (one more piece than there are parts).
    #[doc(hidden)]
    fn encode_between(&self, literals: Option<&[&str]>, writer: &mut KeyWriter<'_>) {
        let literals = literals.unwrap_or(&[]);
        writer.literal(literals.first().copied().unwrap_or_default());
        self.encode(writer);
        writer.literal(literals.get(1).copied().unwrap_or_default());
    }
}
