//! The names under which things lie in the shared tier. Part of the format: another version of the framework, and
//! people with a console, rely on them.
//!
//! Kind first, so that a listener can choose; then what belongs together in braces, so that it lies on one node; the
//! schema of a value outside of the braces and last, so that all schemas of a key can be invalidated together.

use std::ops::Range;

use smallvec::SmallVec;

use crate::error::{Error, ErrorKind};
use crate::fleet_name::NameRef;
use crate::key::KeyWriter;
use crate::version::Version;

/// How many fences late tags share.
pub(crate) const FENCES: usize = 256;

/// Begins a `region:key` that is in a group: the first pair of braces around it, and so its node, is the group's.
pub(crate) fn begin_group(group: &str, out: &mut String) {
    // Braces around nothing do not group: each name would have a node of its own.
    KeyWriter::new(out).text(if group.is_empty() { "-" } else { group });
    out.push('}');
}

/// The name of a value, and where in it its key is.
#[derive(Debug, Clone)]
pub(crate) struct ValueName {
    text: String,
    key: Range<usize>,
}

impl ValueName {
    /// `region:key`.
    pub(crate) fn key(&self) -> &str {
        &self.text[self.key.clone()]
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

/// Makes names within a namespace.
#[derive(Debug, Clone)]
pub(crate) struct WireNames {
    ns: String,
}

impl WireNames {
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] for a namespace that would put all keys on one node, or that is empty.
    pub(crate) fn new(ns: &str) -> Result<Self, Error> {
        if ns.is_empty() || ns.contains(|character: char| "{}*?[]\\".contains(character) || character.is_whitespace()) {
            let what = "a namespace is a short word without braces, spaces and wildcards, such as `shop`";
            return Err(Error::new(ErrorKind::Configuration, what));
        }
        Ok(Self { ns: ns.to_owned() })
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.ns
    }

    /// The value of `region:key`, as `schema` writes it.
    pub(crate) fn value(&self, key: &str, schema: &str) -> String {
        self.value_name(schema, |text| text.push_str(key)).text
    }

    /// [`value`](Self::value), of the key that is written to it.
    pub(crate) fn value_name(&self, schema: &str, write_key: impl FnOnce(&mut String)) -> ValueName {
        let mut text = String::with_capacity(self.ns.len() + schema.len() + 64);
        text.push_str(&self.ns);
        text.push_str(":v:{");
        let start = text.len();
        write_key(&mut text);
        let key = start..text.len();
        text.push_str("}@");
        text.push_str(schema);
        ValueName { text, key }
    }

    pub(crate) fn lease(&self, key: &str) -> String {
        [&self.ns, ":l:{", key, "}"].concat()
    }

    /// Where one attempt puts its value ahead: a name of this attempt alone.
    pub(crate) fn staging(&self, key: &str, token: &Version) -> String {
        let mut name = String::with_capacity(self.ns.len() + key.len() + 6 + 2 * Version::LEN);
        [&self.ns, ":s:{", key, "}:"].iter().for_each(|part| name.push_str(part));
        token.write_hex(&mut name);
        name
    }

    pub(crate) fn identity(&self, key: &str) -> String {
        format!("{}:i:{{{key}}}", self.ns)
    }

    pub(crate) fn fence(&self, bucket: usize) -> String {
        format!("{}:f:{{fence}}:{bucket}", self.ns)
    }

    /// The set of schemas that values of a region were stored under.
    pub(crate) fn schemas(&self, region: &str) -> String {
        format!("{}:r:{{{region}}}", self.ns)
    }

    /// Counters and limiters, by the name of the counter and the key.
    pub(crate) fn number(&self, key: &str) -> String {
        format!("{}:n:{{{key}}}", self.ns)
    }

    pub(crate) fn channel(&self) -> String {
        format!("{}:invalidations", self.ns)
    }

    /// The globs for the leases of what a pattern over `region:key` means. They go first, so that no load that runs can
    /// store what the next pass has removed.
    pub(crate) fn lease_globs(&self, pattern: &str) -> [String; 2] {
        self.both("l", pattern, "")
    }

    /// The globs for what else a pattern over `region:key` means, in the order in which it has to go.
    pub(crate) fn globs(&self, pattern: &str) -> Vec<String> {
        [self.both("i", pattern, ""), self.both("v", pattern, "@*")].concat()
    }

    /// A glob for keys that match, and one for those that were grouped: they have the group first.
    fn both(&self, before: &str, pattern: &str, after: &str) -> [String; 2] {
        let ns = &self.ns;
        [format!("{ns}:{before}:{{{pattern}}}{after}"), format!("{ns}:{before}:{{*\\}}{pattern}}}{after}")]
    }

    /// What a name that was written by somebody means: the `region:key` of a value, or a tag's own text.
    pub(crate) fn parse<'a>(&self, name: &'a str) -> Option<Written<'a>> {
        let rest = name.strip_prefix(&self.ns)?.strip_prefix(':')?;
        if let Some(value) = rest.strip_prefix("v:{") {
            return value.rsplit_once("}@").map(|(key, _)| Written::Key(key));
        }
        let tag = rest.strip_prefix("t:{")?.strip_suffix('}')?;
        Some(match tag.strip_prefix('@') {
            None => Written::Tag(tag),
            Some("all") => Written::Everything,
            Some(escaped) if escaped.starts_with('@') => Written::Tag(escaped),
            Some(region) => Written::Region(region.strip_prefix("r:")?),
        })
    }
}

/// The wire keys of some names, made together.
#[derive(Debug, Default)]
pub(crate) struct WireKeys {
    text: String,
    ends: SmallVec<[usize; 6]>,
}

impl WireKeys {
    pub(crate) fn of<'n>(names: impl IntoIterator<Item = NameRef<'n>>, ns: &str) -> Self {
        let mut keys = Self::default();
        for name in names {
            if keys.text.is_empty() {
                keys.text.reserve(256);
            }
            name.write_wire_key(ns, &mut keys.text);
            keys.ends.push(keys.text.len());
        }
        keys
    }

    /// Them, in the order of the names.
    pub(crate) fn list(&self) -> SmallVec<[&str; 6]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start..*end]).collect()
    }
}

/// What a name in the shared tier stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written<'a> {
    Everything,
    Region(&'a str),
    Tag(&'a str),
    Key(&'a str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_format() {
        let names = WireNames::new("shop").unwrap();
        assert_eq!(names.value("user:42", "00ff"), "shop:v:{user:42}@00ff");
        assert_eq!(names.lease("user:42"), "shop:l:{user:42}");
        let token = Version::parse(&[0xab; Version::LEN]).unwrap();
        assert_eq!(names.staging("user:42", &token), format!("shop:s:{{user:42}}:{}", "ab".repeat(16)));
        assert_eq!(names.identity("user:42"), NameRef::Key("user:42").wire_key("shop"));
        let grouped = |text: &mut String| {
            begin_group("ten}ant", text);
            text.push_str("user:42");
        };
        assert_eq!(names.lease_globs("user:*"), ["shop:l:{user:*}", "shop:l:{*\\}user:*}"]);
        let globs = names.globs("user:*");
        assert_eq!(globs[2..], ["shop:v:{user:*}@*", "shop:v:{*\\}user:*}@*"]);
        assert_eq!(names.value_name("00ff", grouped).as_str(), "shop:v:{ten%7Dant}user:42}@00ff");
        let hits = |name: &str| globs.iter().any(|glob| crate::key::pattern::matches(glob, name));
        assert!(hits("shop:v:{ten%7Dant}user:42}@00ff") && !hits("shop:v:{ten%7Dant}page:42}@00ff"));
    }

    #[test]
    fn a_name_is_read_back() {
        let names = WireNames::new("shop").unwrap();
        assert_eq!(names.parse(&names.value("a}@b", "00ff")), Some(Written::Key("a}@b")));
        for (name, written) in [
            (NameRef::Everything, Written::Everything),
            (NameRef::Region("users"), Written::Region("users")),
            (NameRef::Tag("users"), Written::Tag("users")),
            (NameRef::Tag("@users"), Written::Tag("@users")),
        ] {
            assert_eq!(names.parse(&name.wire_key("shop")), Some(written));
        }
        assert_eq!(names.parse("other:v:{a}@b"), None);
        assert_eq!(names.parse("shop:x"), None);
    }

    #[test]
    fn a_namespace_must_not_spoil_the_slots() {
        for bad in ["", "{app}", "my app", "app*"] {
            assert!(WireNames::new(bad).is_err(), "{bad:?}");
        }
    }
}
