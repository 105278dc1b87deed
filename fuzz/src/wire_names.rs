//! A door to the names under which things lie in the shared tier.

use crate::fleet_name::NameRef;
use crate::messages::Name;
use crate::names::{WireNames, Written, begin_group};
use crate::version::Version;

/// The namespace of all of them.
const NS: &str = "ns";

fn names() -> WireNames {
    WireNames::new(NS).expect("a namespace")
}

/// The value of `region:key`, its lease, its identity, and where it is staged. `group`: where the key is in a group.
pub fn names_of_key(group: Option<&str>, key: &str, schema: &str) -> [String; 4] {
    let mut text = String::new();
    if let Some(group) = group {
        begin_group(group, &mut text);
    }
    text.push_str(key);
    let token = Version::parse(&[0xab; Version::LEN]).expect("a token");
    let names = names();
    [names.value(&text, schema), names.lease(&text), names.identity(&text), names.staging(&text, &token)]
}

/// Where the version of a name lies; nowhere for a pattern.
pub fn name_of(name: &Name) -> Option<String> {
    let name = match name {
        Name::Everything => NameRef::Everything,
        Name::Region(text) => NameRef::Region(text),
        Name::Tag(text) => NameRef::Tag(text),
        Name::Key(text) => NameRef::Key(text),
        Name::Pattern(_) => return None,
    };
    Some(name.wire_key(NS))
}

/// What somebody who writes under this name means.
pub fn read_name(name: &str) -> Option<Name> {
    Some(match names().parse(name)? {
        Written::Everything => Name::Everything,
        Written::Region(text) => Name::Region(text.to_owned()),
        Written::Tag(text) => Name::Tag(text.to_owned()),
        Written::Key(text) => Name::Key(text.to_owned()),
    })
}
