//! The text of keys and tags: delimiter-safe, injective, bounded.
//!
//! Strings are percent-encoded where they contain a character that separates or means something ([`RESERVED`]), white
//! space or a control character. `None` is `~`, which no string can be; lists and nested tuples are bracketed; an item
//! of a list that has no text is `""`; bytes are hexadecimal. Text beyond [`MAX_TEXT`] bytes is replaced by its SHA-256
//! digest, never cut: two long keys that differ at the end stay two keys.

use std::fmt::{Display, Write};

use sha2::{Digest, Sha256};

use super::CacheKey;

/// The longest text, in bytes, that is kept as it is.
pub(crate) const MAX_TEXT: usize = 512;

/// Writes the text of a key. See [`CacheKey::encode`].
#[derive(Debug)]
pub struct KeyWriter<'a> {
    out: &'a mut String,
}

impl<'a> KeyWriter<'a> {
    pub(crate) fn new(out: &'a mut String) -> Self {
        Self { out }
    }

    /// Writes `text` so that it cannot be taken for a delimiter, a pattern or an absence.
    ///
    /// # Example
    ///
    /// ```
    /// use cache_core::{CacheKey, Tag};
    ///
    /// // `a:b` as one value is not the two values `a` and `b`.
    /// assert_eq!(Tag::of("user", &"a:b").as_str(), "user:a%3Ab");
    /// assert_eq!(Tag::of("user", &("a", "b")).as_str(), "user:a:b");
    /// ```
    pub fn text(&mut self, text: &str) {
        for character in text.chars() {
            if needs_escape(character) {
                let mut bytes = [0; 4];
                for byte in character.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(self.out, "%{byte:02X}");
                }
            } else {
                self.out.push(character);
            }
        }
    }

    /// Writes a number or another text of our own making, which needs no escaping.
    pub(crate) fn display(&mut self, value: &dyn Display) {
        let _ = write!(self.out, "{value}");
    }

    /// [`display`](Self::display) for the numbers that keys mostly are, in a quarter of its time.
    pub(crate) fn unsigned(&mut self, value: &(impl Copy + Into<u64>)) {
        let mut left: u64 = (*value).into();
        // 2⁶⁴ has twenty digits.
        let (mut digits, mut start) = ([0; 20], 20);
        loop {
            start -= 1;
            digits[start] = b'0' + (left % 10) as u8;
            left /= 10;
            if left == 0 {
                break;
            }
        }
        self.out.extend(digits[start..].iter().map(|digit| char::from(*digit)));
    }

    pub(crate) fn literal(&mut self, literal: &str) {
        self.out.push_str(literal);
    }

    pub(crate) fn hex(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let _ = write!(self.out, "{byte:02x}");
        }
    }

    pub(crate) fn absent(&mut self) {
        self.out.push('~');
    }

    /// Writes the content of a `Some`; one more `~` keeps `Some(None)` apart from `None`.
    pub(crate) fn present(&mut self, content: impl FnOnce(&mut KeyWriter<'_>)) {
        let start = self.out.len();
        content(self);
        if self.out[start..].starts_with('~') {
            self.out.insert(start, '~');
        }
    }

    pub(crate) fn list<T>(
        &mut self,
        open: char,
        close: char,
        items: &[T],
        mut write: impl FnMut(&T, &mut KeyWriter<'_>),
    ) {
        self.out.push(open);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            let start = self.out.len();
            write(item, self);
            if self.out.len() == start {
                // A list of one empty item is not an empty list. (`"` is escaped everywhere else.)
                self.out.push_str("\"\"");
            }
        }
        self.out.push(close);
    }
}

/// The characters that separate or mean something: what may stand between two parts of a template, since no part
/// contains them as they are. `cache-macros` has the same list.
const RESERVED: &str = ":,;/|()[]{}*?%~#\\\"=&@+!";

fn needs_escape(character: char) -> bool {
    RESERVED.contains(character) || character.is_whitespace() || character.is_control()
}

/// The text of `key`, between the pieces of a template or separated by `:`.
pub(crate) fn render<K: CacheKey + ?Sized>(key: &K, literals: Option<&[&str]>) -> String {
    let mut text = String::new();
    render_to(key, literals, &mut text);
    text
}

/// Appends what [`render`] makes.
pub(crate) fn render_to<K: CacheKey + ?Sized>(key: &K, literals: Option<&[&str]>, out: &mut String) {
    let start = out.len();
    key.encode_between(literals, &mut KeyWriter::new(out));
    bound(out, start);
}

/// `text`, or `#` and its SHA-256 digest when it is longer than [`MAX_TEXT`]. (`#` is escaped everywhere else.)
pub(crate) fn bounded(mut text: String) -> String {
    bound(&mut text, 0);
    text
}

fn bound(text: &mut String, start: usize) {
    if text.len() - start <= MAX_TEXT {
        return;
    }
    let digest = Sha256::digest(&text.as_bytes()[start..]);
    text.truncate(start);
    text.push('#');
    KeyWriter::new(text).hex(&digest);
}
