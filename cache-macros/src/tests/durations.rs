//! Durations at compile time.

use crate::duration::Millis;

#[test]
fn numbers_with_units_add_up() {
    for (text, millis) in [
        ("10ms", 10),
        ("250ms", 250),
        ("1s", 1000),
        ("5m", 300_000),
        ("1h30m", 5_400_000),
        ("1d12h", 129_600_000),
        ("2w", 1_209_600_000),
        ("1m30s250ms", 90_250),
    ] {
        assert_eq!(Millis::parse(text), Ok(Millis(millis)), "{text}");
    }
}

#[test]
fn whole_seconds_are_lowered_to_seconds() {
    let rt = quote::quote!(rt);
    assert_eq!(Millis(90_000).lower(&rt).to_string(), "rt :: Duration :: from_secs (90u64)");
    assert_eq!(Millis(1500).lower(&rt).to_string(), "rt :: Duration :: from_millis (1500u64)");
}

#[test]
fn mistakes_are_named_and_answered() {
    for (text, what, help) in [
        ("", "is empty", "valid forms are"),
        ("0s", "`0s` is zero", "valid forms are"),
        ("0h0m", "is zero", "valid forms are"),
        ("9ms", "is too short", "valid forms are"),
        ("60", "`60` has no unit", "write \"60s\""),
        ("5 minutes ago", "no unit before ` minutes ago`", "write \"5m\""),
        ("5 m", "no unit", "write \"5m\""),
        ("5min", "`min` is not a unit", "write \"5m\""),
        ("5M", "`M` is not a unit", "write \"5m\""),
        ("-5m", "has a sign", "write \"5m\""),
        ("1.5h", "no unit before `.5h`", "valid forms are"),
        ("m", "a number was expected", "valid forms are"),
        ("1m1h", "from large to small", "valid forms are"),
        ("1s1s", "each once", "valid forms are"),
        ("101d5200w", "from large to small", "valid forms are"),
        ("5300w", "longer than 100 years", "valid forms are"),
        ("99999999999999999999s", "longer than 100 years", "valid forms are"),
        ("18446744073709551615ms", "longer than 100 years", "valid forms are"),
        ("٣s", "a number was expected", "valid forms are"),
    ] {
        let bad = Millis::parse(text).expect_err(text);
        assert!(bad.what.contains(what), "{text}: {}", bad.what);
        assert!(bad.help.contains(help), "{text}: {}", bad.help);
    }
}
