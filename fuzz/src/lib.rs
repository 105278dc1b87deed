//! The private parsers of `cache-core` and `cache-macros`, compiled from their own files, with a door for each.
//!
//! The fuzz targets are in `tests/targets/`. They could not include these files themselves: as part of a test, a file would
//! bring its own tests along.

#[cfg(not(test))]
#[path = "../../cache-core/src/codec/mod.rs"]
#[allow(dead_code, unused_imports, reason = "only what reads and writes values is used here")]
mod codec;
#[path = "../../cache-macros/src/ctxt.rs"]
#[expect(dead_code, reason = "only templates report here")]
mod ctxt;
#[path = "../../cache-macros/src/duration.rs"]
#[expect(dead_code, reason = "no code is generated here")]
mod duration;
#[cfg(not(test))]
#[path = "../../cache-core/src/envelope/mod.rs"]
#[allow(dead_code, unused_imports, reason = "only what seals and opens is used here")]
mod envelope;
#[cfg(not(test))]
mod envelopes;
#[cfg(not(test))]
#[path = "../../cache-core/src/error.rs"]
#[allow(dead_code, reason = "few mistakes are made here")]
mod error;
#[cfg(not(test))]
#[path = "../../cache-core/src/fleet_name.rs"]
#[allow(dead_code, reason = "nothing is looked up here")]
mod fleet_name;
#[cfg(not(test))]
#[path = "../../cache-core/src/key/mod.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, reason = "only patterns and escaping are used here")]
mod key;
#[cfg(not(test))]
#[path = "../../cache-core/src/tier/message.rs"]
mod message;
#[cfg(not(test))]
mod messages;
#[cfg(not(test))]
#[path = "../../cache-core/src/tier/names.rs"]
#[allow(dead_code, reason = "not all names are read back")]
mod names;
#[cfg(not(test))]
#[path = "../../cache-core/src/random.rs"]
#[allow(dead_code, reason = "nothing is random here")]
mod random;
#[cfg(not(test))]
mod redis;
#[path = "../../cache-macros/src/reserved.rs"]
mod reserved;
#[path = "../../cache-macros/src/template.rs"]
#[expect(dead_code, reason = "no code is generated here")]
mod template;
#[cfg(not(test))]
#[path = "../../cache-core/src/version.rs"]
#[allow(dead_code, reason = "versions come from the fuzzer here")]
mod version;
#[cfg(not(test))]
mod wire_names;

// `cargo bolero` compiles the tests of this library too, and its instrumentation needs what bolero links.
#[cfg(test)]
use bolero as _;
#[cfg(not(test))]
pub use envelopes::{Codec, GOLDEN, Opened, Sealed, codecs, open, read_and_write, seal, write};
#[cfg(not(test))]
pub use messages::{Message, Name, read_message, write_message};
use proc_macro2::{Ident, Span};
#[cfg(not(test))]
pub use redis::{Server, Servers, read_address, slot};
use syn::LitStr;
#[cfg(not(test))]
pub use wire_names::{name_of, names_of_key, read_name};

/// What a parser says about a mistake.
#[derive(Debug)]
pub struct Mistake {
    pub what: String,
    pub help: String,
}

/// Milliseconds.
pub fn duration(text: &str) -> Result<u64, Mistake> {
    match duration::Millis::parse(text) {
        Ok(duration::Millis(millis)) => Ok(millis),
        Err(duration::BadDuration { what, help }) => Err(Mistake { what, help }),
    }
}

/// A template that was accepted: one literal more than there are placeholders.
#[derive(Debug)]
pub struct Template {
    pub literals: Vec<String>,
    pub placeholders: Vec<String>,
    /// What stands between two placeholders and could be part of a value, in the compiler's words.
    pub unseparated: Vec<String>,
}

/// Parses a template and generates the expressions of its placeholders.
pub fn template(text: &str) -> Result<Template, Vec<Mistake>> {
    let template = template::Template::parse(&LitStr::new(text, Span::call_site())).map_err(|mistakes| {
        mistakes.into_iter().map(|bad| Mistake { what: bad.what, help: bad.help }).collect::<Vec<_>>()
    })?;
    let root = Ident::new("argument", Span::call_site());
    template.parts.iter().for_each(|part| drop(part.expr(&root)));
    let ctxt = ctxt::Ctxt::new();
    template.check_separated(&ctxt, "key");
    let unseparated = ctxt.check().err().into_iter().flatten().map(|error| error.to_string()).collect();
    let placeholders = template.parts.into_iter().map(|part| part.text).collect();
    Ok(Template { literals: template.literals, placeholders, unseparated })
}

/// Whether `text` matches the glob.
#[cfg(not(test))]
pub fn matches(pattern: &str, text: &str) -> bool {
    key::pattern::matches(pattern, text)
}

/// What every text begins with that matches the glob.
#[cfg(not(test))]
pub fn literal_prefix(pattern: &str) -> String {
    key::pattern::literal_prefix(pattern)
}
