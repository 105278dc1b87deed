//! Names as the whole fleet knows them: what entries of the shared tier depend on, and the keys under which their
//! versions lie.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use hashbrown::Equivalent;

/// A name that entries of the shared tier depend on.
#[derive(Debug, Clone)]
pub(crate) enum FleetName {
    /// All entries of a namespace.
    Everything,
    /// All entries of a region.
    Region(Arc<str>),
    /// All entries with a tag.
    Tag(Arc<str>),
    /// All entries that were built from the one with this key: region, `:`, the key's text.
    Key(Arc<str>),
}

/// A [`FleetName`] that is borrowed from where it was read. Both hash alike, and one is found by the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum NameRef<'a> {
    /// See [`FleetName::Everything`].
    Everything,
    /// See [`FleetName::Region`].
    Region(&'a str),
    /// See [`FleetName::Tag`].
    Tag(&'a str),
    /// See [`FleetName::Key`].
    Key(&'a str),
}

impl FleetName {
    /// This name, borrowed.
    pub(crate) fn as_name(&self) -> NameRef<'_> {
        match self {
            Self::Everything => NameRef::Everything,
            Self::Region(name) => NameRef::Region(name),
            Self::Tag(tag) => NameRef::Tag(tag),
            Self::Key(key) => NameRef::Key(key),
        }
    }

    /// See [`NameRef::wire_key`].
    pub(crate) fn wire_key(&self, ns: &str) -> String {
        self.as_name().wire_key(ns)
    }
}

impl NameRef<'_> {
    /// The key under which the version of this name lies in the shared tier. `ns` has no braces.
    ///
    /// Regions and everything are tags that begin with `@`; a user's tag that does has one `@` more. The braces decide
    /// the slot in a cluster: the identity of a key lies beside its value.
    pub(crate) fn wire_key(&self, ns: &str) -> String {
        let mut key = String::new();
        self.write_wire_key(ns, &mut key);
        key
    }

    /// Appends what [`wire_key`](Self::wire_key) makes.
    pub(crate) fn write_wire_key(&self, ns: &str, out: &mut String) {
        let (head, text) = match *self {
            Self::Everything => (":t:{@all", ""),
            Self::Region(name) => (":t:{@r:", name),
            Self::Tag(tag) if tag.starts_with('@') => (":t:{@", tag),
            Self::Tag(tag) => (":t:{", tag),
            Self::Key(key) => (":i:{", key),
        };
        out.reserve(ns.len() + head.len() + text.len() + 1);
        [ns, head, text, "}"].iter().for_each(|part| out.push_str(part));
    }

    /// This name, to keep.
    pub(crate) fn keep(self) -> FleetName {
        match self {
            Self::Everything => FleetName::Everything,
            Self::Region(name) => FleetName::Region(name.into()),
            Self::Tag(tag) => FleetName::Tag(tag.into()),
            Self::Key(key) => FleetName::Key(key.into()),
        }
    }
}

impl PartialEq for FleetName {
    fn eq(&self, other: &Self) -> bool {
        self.as_name() == other.as_name()
    }
}

impl Eq for FleetName {}

impl Hash for FleetName {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.as_name().hash(hasher);
    }
}

impl Equivalent<FleetName> for NameRef<'_> {
    fn equivalent(&self, name: &FleetName) -> bool {
        *self == name.as_name()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn wire_keys_are_those_of_the_format() {
        let key = |name: NameRef<'_>| name.wire_key("app");
        assert_eq!(key(NameRef::Everything), "app:t:{@all}");
        assert_eq!(key(NameRef::Region("users")), "app:t:{@r:users}");
        assert_eq!(key(NameRef::Tag("user:1")), "app:t:{user:1}");
        assert_eq!(key(NameRef::Key("users:1")), "app:i:{users:1}");
        assert_eq!(FleetName::Tag("x".into()).wire_key("app"), "app:t:{x}");
    }

    #[test]
    fn no_tag_is_taken_for_a_region_or_for_everything() {
        let texts = ["all", "@all", "@@all", "@r:a", "@@r:a", "r:a", "a", "@", "@@", "@a"];
        let mut keys: Vec<_> = texts.iter().map(|tag| NameRef::Tag(tag).wire_key("n")).collect();
        keys.extend(texts.iter().map(|region| NameRef::Region(region).wire_key("n")));
        keys.push(NameRef::Everything.wire_key("n"));
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len(), "{keys:?}");
    }

    #[test]
    fn a_borrowed_name_finds_the_owned_one() {
        let names = [NameRef::Everything, NameRef::Region("a"), NameRef::Tag("a"), NameRef::Key("a")];
        let mut versions = hashbrown::HashMap::with_hasher(foldhash::fast::FixedState::default());
        for (index, name) in names.iter().enumerate() {
            versions.insert(name.keep(), index);
        }
        for (index, name) in names.iter().enumerate() {
            assert_eq!(versions.get(name), Some(&index));
            assert_eq!(name.keep().as_name(), *name);
        }
    }
}
