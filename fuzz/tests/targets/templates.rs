//! `key = "…"` and `tags = ["…"]`.

use bolero::check;
use cache_fuzz::{Template, template};

use crate::generators::made_of;

const PIECES: &[&str] = &[
    "{id}",
    "{ a.b }",
    "{user.id()}",
    "{a.0}",
    "{self.x}",
    "{ret.r#type}",
    "{a.type}",
    "{a.crate}",
    "{a.r#Self}",
    "{a.ⓐ}",
    "{",
    "}",
    "{{",
    "}}",
    "{}",
    "a",
    "r#",
    "_",
    "self",
    ".",
    "()",
    "(",
    " ",
    ":",
    "::",
    "?",
    "0",
    "4294967296",
    "%",
    "/",
    "ü",
    "\"",
    "\\",
    "\n",
];

/// The rest of `text` after `piece`.
fn after<'t>(text: &'t str, piece: &str) -> &'t str {
    text.strip_prefix(piece).unwrap_or_else(|| panic!("expected {piece:?} at {text:?}"))
}

/// Literals with doubled braces and placeholders in turn are the text that was parsed.
fn assert_is(template: &Template, text: &str) {
    let literals: Vec<String> =
        template.literals.iter().map(|literal| literal.replace('{', "{{").replace('}', "}}")).collect();
    assert_eq!(literals.len(), template.placeholders.len() + 1);
    let mut rest = after(text, &literals[0]);
    for (placeholder, literal) in template.placeholders.iter().zip(&literals[1..]) {
        rest = after(after(rest, "{").trim_start(), placeholder);
        rest = after(after(rest.trim_start(), "}"), literal);
    }
    assert_eq!(rest, "");
}

fn assert_parsed(text: &str) {
    match template(text) {
        Ok(template) => {
            assert_is(&template, text);
            assert!(template.unseparated.iter().all(|mistake| mistake.contains("\nhelp: write ")));
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            let helps = mistakes.iter().all(|mistake| !mistake.what.is_empty() && !mistake.help.is_empty());
            assert!(helps, "{mistakes:?}");
        }
    }
}

#[test]
fn templates() {
    check!().with_iterations(20_000).with_generator(made_of(PIECES, 8)).for_each(|text| assert_parsed(text));
}

#[test]
fn any_text() {
    check!()
        .with_iterations(5_000)
        .with_max_len(128)
        .for_each(|bytes: &[u8]| assert_parsed(&String::from_utf8_lossy(bytes)));
}
