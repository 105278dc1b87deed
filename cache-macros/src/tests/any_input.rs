//! The parsers, given any text.

use std::iter;

use proc_macro2::Span;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed};
use syn::LitStr;

use crate::duration::Millis;
use crate::template::Template;

/// The same inputs every time, unless `PROPTEST_CASES` asks for others.
fn runs(cases: u32) -> Config {
    // The usual generator takes most of the time where nothing is optimised.
    let rng_algorithm = RngAlgorithm::XorShift;
    let config = Config { failure_persistence: None, rng_algorithm, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return config;
    }
    Config { cases, rng_seed: RngSeed::Fixed(0), ..config }
}

fn concat(pieces: impl Strategy<Value = String>, most: usize) -> impl Strategy<Value = String> {
    vec(pieces, 0..most).prop_map(|pieces| pieces.concat())
}

fn one_of(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(pieces).prop_map(str::to_owned)
}

/// Numbers with units, in any order, and now and then something else.
fn duration() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        6 => (0..100_u32).prop_map(|number| number.to_string()),
        2 => any::<u64>().prop_map(|number| number.to_string()),
        1 => "[0-9]{0,60}",
        1 => one_of(&["3153600000000", "3153600000001", "5214", "36500", "00", "9", "10", "18446744073709551616", "٣"]),
    ];
    let unit = prop_oneof![9 => one_of(&["ms", "s", "m", "h", "d", "w"]), 1 => one_of(&["", "M", "us", "min", " "])];
    let pair = (number, unit).prop_map(|(number, unit)| number + &unit);
    prop_oneof![9 => concat(pair, 5), 1 => ".{0,12}"]
}

/// The milliseconds of a valid duration, by the rules in the documentation.
fn expected(text: &str) -> Option<u128> {
    const SCALES: [(&str, u128); 6] =
        [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    const CENTURY: u128 = 100 * 365 * 86_400_000;
    let characters: Vec<char> = text.chars().collect();
    let runs: Vec<String> =
        characters.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()).map(String::from_iter).collect();
    let mut scales = SCALES.iter();
    let mut total = 0_u128;
    for pair in runs.chunks(2) {
        let [number, unit] = pair else { return None };
        // From large to small, each once: what was passed does not come back.
        let (_, scale) = scales.find(|(name, _)| name == unit)?;
        let number = number
            .chars()
            .try_fold(0_u128, |number, digit| Some((number * 10 + u128::from(digit.to_digit(10)?)).min(CENTURY + 1)))?;
        total += number * scale;
    }
    (10..=CENTURY).contains(&total).then_some(total)
}

/// What templates are made of, well formed and not.
fn template() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => one_of(&["{id}", "{ a.b }", "{user.id()}", "{a.0}", "{self.x}", "{ret.r#type}", "{a.type}"]),
        4 => one_of(&[":", "user", "ü", "{{", "}}", "/"]),
        2 => one_of(&["{", "}", "{}", "{ }", ".", "()", "{a:?}", "{a::b}", "{_}", "{a.self}", "{a.crate}", "{a.r#Self}"]),
        1 => any::<char>().prop_map(|character| format!("{{a.{character}}}")),
        1 => any::<char>().prop_map(String::from),
    ];
    concat(piece, 7)
}

/// Takes `piece` off the front of `text`.
fn strip<'t>(text: &'t str, piece: &str) -> Result<&'t str, TestCaseError> {
    text.strip_prefix(piece).ok_or_else(|| TestCaseError::fail(format!("expected {piece:?} at {text:?}")))
}

proptest! {
    #![proptest_config(runs(5_000))]

    #[test]
    fn exactly_the_valid_durations_are_read(text in duration()) {
        match Millis::parse(&text) {
            Ok(Millis(millis)) => prop_assert_eq!(Some(u128::from(millis)), expected(&text)),
            Err(bad) => {
                prop_assert_eq!(expected(&text), None, "refused: {}", bad.what);
                // What is advised can be written.
                if let Some((_, advice)) = bad.help.split_once("write \"") {
                    let advice = advice.split('"').next().unwrap_or_default();
                    prop_assert!(Millis::parse(advice).is_ok(), "{} is advised", advice);
                }
            }
        }
    }

    #[test]
    fn a_template_is_its_literals_and_placeholders(text in template()) {
        match Template::parse(&LitStr::new(&text, Span::call_site())) {
            Ok(template) => {
                prop_assert_eq!(template.literals.len(), template.parts.len() + 1);
                let mut rest = text.as_str();
                for (literal, part) in template.literals.iter().zip(template.parts.iter().map(Some).chain(iter::once(None))) {
                    rest = strip(rest, &literal.replace('{', "{{").replace('}', "}}"))?;
                    if let Some(part) = part {
                        rest = strip(rest, "{")?.trim_start();
                        rest = strip(strip(rest, &part.text)?.trim_start(), "}")?;
                        // Whatever was let through can be generated.
                        part.expr(&syn::parse_quote!(argument));
                    }
                }
                prop_assert_eq!(rest, "");
            }
            Err(mistakes) => {
                prop_assert!(!mistakes.is_empty());
                prop_assert!(mistakes.iter().all(|bad| !bad.what.is_empty() && !bad.help.is_empty()));
            }
        }
    }
}
