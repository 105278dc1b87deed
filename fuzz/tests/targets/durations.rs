//! `ttl = "…"`.

use bolero::check;
use cache_fuzz::duration;

use crate::generators::made_of;

const PIECES: &[&str] = &[
    "1",
    "2",
    "30",
    "00",
    "9",
    "10",
    "5214",
    "36500",
    "3153600000000",
    "3153600000001",
    "18446744073709551616",
    "18446744073709552",
    "w",
    "d",
    "h",
    "m",
    "s",
    "ms",
    "M",
    "min",
    "minutes",
    "-",
    "+",
    " ",
    "٣",
];
const CENTURY: u128 = 100 * 365 * 86_400_000;

/// The milliseconds of a valid duration: each unit at most once, from large to small, after a number.
fn expected(text: &str) -> Option<u128> {
    let units = [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    let (mut rest, mut total) = (text, 0_u128);
    for (unit, millis) in units {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = &rest[..rest.len() - after.len()];
        match after.strip_prefix(unit) {
            Some(after) if !number.is_empty() && !after.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                // A number that is too large for any type is too large for a duration.
                let number = number.parse::<u128>().unwrap_or(u128::MAX);
                total = total.saturating_add(number.saturating_mul(millis));
                rest = after;
            }
            _ => {}
        }
    }
    (rest.is_empty() && (10..=CENTURY).contains(&total)).then_some(total)
}

fn assert_parsed(text: &str) {
    match duration(text) {
        Ok(millis) => assert_eq!(Some(u128::from(millis)), expected(text)),
        Err(mistake) => {
            assert_eq!(expected(text), None, "refused: {mistake:?}");
            assert!(!mistake.what.is_empty() && !mistake.help.is_empty());
        }
    }
}

#[test]
fn durations() {
    check!().with_iterations(20_000).with_generator(made_of(PIECES, 8)).for_each(|text| assert_parsed(text));
}

#[test]
fn any_text() {
    check!()
        .with_iterations(5_000)
        .with_max_len(64)
        .for_each(|bytes: &[u8]| assert_parsed(&String::from_utf8_lossy(bytes)));
}
