//! Key and tag templates.

use proc_macro2::Span;
use syn::LitStr;

use crate::reserved::{RESERVED, WRITTEN};
use crate::template::{Access, Template, separates};

fn parse(text: &str) -> Result<Template, Vec<String>> {
    Template::parse(&LitStr::new(text, Span::call_site()))
        .map_err(|errors| errors.into_iter().map(|bad| bad.what).collect())
}

#[test]
fn literals_surround_parts() {
    for (text, literals, parts) in [
        ("", &[""][..], &[][..]),
        ("users", &["users"], &[]),
        ("{id}", &["", ""], &["id"]),
        ("user:{id}:x", &["user:", ":x"], &["id"]),
        ("{a}:{b.c}", &["", ":", ""], &["a", "b.c"]),
        ("{{{a}}}", &["{", "}"], &["a"]),
        ("{{}}", &["{}"], &[]),
        ("ü{a}ü", &["ü", "ü"], &["a"]),
    ] {
        let template = parse(text).expect(text);
        assert_eq!(template.literals, literals, "{text}");
        assert_eq!(template.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>(), parts, "{text}");
    }
}

#[test]
fn accesses_are_fields_indices_and_methods() {
    let template = parse("{ region.code().0.r#type }").expect("valid");
    let part = &template.parts[0];
    assert_eq!(part.root, "region");
    assert_eq!(part.accesses, [Access::Method("code".into()), Access::Index(0), Access::Field("r#type".into())]);
    assert!(!part.is_bare());
    let root = syn::parse_quote!(region);
    assert_eq!(part.expr(&root).to_string(), "region . code () . 0 . r#type");
}

#[test]
fn each_mistake_is_one_error() {
    for (text, whats) in [
        ("{}", &["names nothing"][..]),
        ("{ }", &["names nothing"]),
        ("{id", &["never closed"]),
        ("id}", &["closes nothing"]),
        ("{id:?}", &["format spec"]),
        ("{id:>5}:{}", &["format spec", "names nothing"]),
        ("{a + b}", &["not a placeholder"]),
        ("{f(x)}", &["not a placeholder"]),
        ("{a.b(1)}", &["not a placeholder"]),
        ("{a..b}", &["not a placeholder"]),
        ("{1}", &["not a placeholder"]),
        ("{a::b}", &["not a placeholder"]),
        ("{*a}", &["not a placeholder"]),
        ("{_}", &["not a placeholder"]),
        ("{a}}", &["closes nothing"]),
        ("{a.crate}", &["not a placeholder"]),
        ("{a.Self()}", &["not a placeholder"]),
        ("{a.r#super}", &["not a placeholder"]),
        ("{a.ⓐ}", &["not a placeholder"]),
    ] {
        let found = parse(text).expect_err(text);
        assert_eq!(found.len(), whats.len(), "{text}: {found:?}");
        for (found, what) in found.iter().zip(whats) {
            assert!(found.contains(what), "{text}: {found}");
        }
    }
}

#[test]
fn only_what_no_value_contains_separates() {
    for reserved in RESERVED.chars() {
        assert_eq!(separates(&reserved.to_string()), !WRITTEN.contains(reserved), "{reserved}");
    }
    for separator in [" ", "\n", "\u{a0}", "\0", "-:-", ":x", " of "] {
        assert!(separates(separator), "{separator:?}");
    }
    for none in ["", "x", "-", "_", ".", "ü", "-and-", "%3A", "~", "<", ">", "'", "`", "$", "^"] {
        assert!(!separates(none), "{none:?}");
    }
}
