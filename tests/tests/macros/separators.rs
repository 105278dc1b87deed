//! What may stand between two placeholders is what no value's text contains (promise P7): the macros and the runtime
//! agree on it.

use std::collections::HashSet;

use cache_core::test_util::TestCache;
use cache_core::{Tag, cached};

#[path = "../../../cache-macros/src/reserved.rs"]
mod reserved;

fn text_of(value: &str) -> String {
    let tag = Tag::of("t", &value);
    tag.as_str().strip_prefix("t:").expect("a tag begins with its kind").to_owned()
}

#[test]
fn what_the_macros_take_for_a_separator_is_escaped_in_values() {
    for separator in reserved::RESERVED.chars().filter(|c| !reserved::WRITTEN.contains(*c)) {
        let text = text_of(&format!("a{separator}b"));
        assert!(!text.contains(separator), "{separator:?} in {text}");
    }
    for blank in [' ', '\t', '\n', '\u{a0}', '\0', '\u{7f}'] {
        assert!(!text_of(&blank.to_string()).contains(blank), "{blank:?}");
    }
}

#[test]
fn what_is_reserved_for_the_encoding_is_escaped_too() {
    assert_eq!((text_of("%"), text_of("~")), ("%25".to_owned(), "%7E".to_owned()));
}

#[test]
fn nothing_else_is_escaped_so_that_nothing_that_separates_is_missing_from_the_list() {
    for character in (0_u8..128).map(char::from) {
        let special = reserved::RESERVED.contains(character) || character.is_whitespace() || character.is_control();
        assert_eq!(text_of(&character.to_string()).contains(character) && character != '%', !special, "{character:?}");
    }
    assert_eq!(text_of("a-b_c.d'e<f>g$h^iü"), "a-b_c.d'e<f>g$h^iü");
}

#[test]
fn texts_of_parts_are_apart_whatever_separates_them() {
    #[cached(ttl = "1h", key = "{first}:{second}")]
    fn colon(first: &str, second: &str) -> usize {
        first.len() + second.len()
    }
    #[cached(ttl = "1h", key = "{first}-/-{second}")]
    fn slash(first: &str, second: &str) -> usize {
        first.len() + second.len()
    }
    #[cached(ttl = "1h", key = "{first} {second}")]
    fn blank(first: &str, second: &str) -> usize {
        first.len() + second.len()
    }
    #[cached(ttl = "1h", key = "{{{first}}}{{{second}}}")]
    fn braces(first: &str, second: &str) -> usize {
        first.len() + second.len()
    }
    TestCache::new().run_sync(|| {
        assert_eq!([colon("a", ""), slash("a", ""), blank("a", ""), braces("a", "")], [1; 4]);
        let values = ["", "a", ":", "-", "/", "-/-", "-/", " ", "a:", ":a", "}", "{", "}{", "%3A", "%", "a-", "/-"];
        for key in [colon::key, slash::key, blank::key, braces::key] {
            let texts: HashSet<String> =
                values.iter().flat_map(|first| values.iter().map(|second| key(first, second))).collect();
            assert_eq!(texts.len(), values.len() * values.len());
        }
    });
}
