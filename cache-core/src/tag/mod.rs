//! Tags: names that many entries share, so that one call drops them all.

mod live;

use std::borrow::Cow;
use std::fmt;

pub(crate) use live::LiveTags;

use crate::error::{Error, ErrorKind};
use crate::key::{CacheKey, KeyWriter, bounded};

/// A name that entries can be invalidated by.
///
/// Any text that is not empty is a tag. A text of more than 512 bytes is replaced by its SHA-256 digest (it is never
/// cut, so that two long tags stay two tags).
///
/// # Example
///
/// ```
/// use cache_core::Tag;
///
/// assert_eq!(Tag::new("users")?.as_str(), "users");
/// assert_eq!(Tag::of("user", &42).as_str(), "user:42");
/// assert!(Tag::new("").is_err());
/// # Ok::<(), cache_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(Cow<'static, str>);

impl Tag {
    /// The tag called `name`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidTag`] when `name` is empty.
    pub fn new(name: impl Into<String>) -> Result<Self, Error> {
        let name = name.into();
        if name.is_empty() {
            return Err(Error::new(ErrorKind::InvalidTag, "a tag must not be empty"));
        }
        Ok(Self(Cow::Owned(bounded(name))))
    }

    /// The tag `kind:key`, with the key's text escaped, so that no value can name another one's tag.
    ///
    /// This is what `tags = ["user:{id}"]` renders.
    ///
    /// # Example
    ///
    /// ```
    /// # use cache_core::Tag;
    /// assert_eq!(Tag::of("file", &"a:b").as_str(), "file:a%3Ab");
    /// ```
    #[must_use]
    pub fn of<K: CacheKey + ?Sized>(kind: &str, key: &K) -> Self {
        let mut text = String::with_capacity(kind.len() + 24);
        text.push_str(kind);
        text.push(':');
        key.encode_between(None, &mut KeyWriter::new(&mut text));
        Self(Cow::Owned(bounded(text)))
    }

    /// The text of this tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({:?})", self.0)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<&str> for Tag {
    type Error = Error;

    fn try_from(name: &str) -> Result<Self, Error> {
        Self::new(name)
    }
}

impl TryFrom<String> for Tag {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        Self::new(name)
    }
}

impl TryFrom<&Tag> for Tag {
    type Error = Error;

    fn try_from(tag: &Tag) -> Result<Self, Error> {
        Ok(tag.clone())
    }
}
