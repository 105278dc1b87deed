//! `"5m"`, `"1h30m"`, `"250ms"`: durations, read at compile time.

use proc_macro2::TokenStream;
use quote::quote;

/// The clock of the local tier resolves about 4 ms: a shorter life would be noise.
const MINIMUM_MS: u64 = 10;
/// Nobody means a longer one; `"never"` says it better and cannot overflow a deadline.
const MAXIMUM_MS: u64 = 100 * 365 * 24 * 3600 * 1000;

const UNITS: &[(&str, u64)] =
    &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];

/// Whole milliseconds between 10 ms and 100 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Millis(pub(crate) u64);

/// What is wrong with a duration, and what to write.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadDuration {
    pub(crate) what: String,
    pub(crate) help: String,
}

impl Millis {
    /// Parses number-unit pairs without spaces.
    pub(crate) fn parse(text: &str) -> Result<Millis, BadDuration> {
        let bad = |what: String| BadDuration { what, help: forms(text) };
        if text.is_empty() {
            return Err(bad("a duration is empty".to_owned()));
        }
        if text.starts_with(['-', '+']) {
            return Err(bad(format!("`{text}` is not a duration: it has a sign, and a duration has none")));
        }
        let mut total: u64 = 0;
        let mut rest = text;
        let mut last_unit = u64::MAX;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            if digits == 0 {
                return Err(bad(format!("`{text}` is not a duration: a number was expected at `{rest}`")));
            }
            let (number, after) = rest.split_at(digits);
            let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
            let (unit, after) = after.split_at(letters);
            if unit.is_empty() {
                let found = if after.is_empty() { "no unit".to_owned() } else { format!("no unit before `{after}`") };
                return Err(bad(format!("`{text}` is not a duration: `{number}` has {found}")));
            }
            let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
                return Err(bad(format!("`{text}` is not a duration: `{unit}` is not a unit")));
            };
            if *scale >= last_unit {
                return Err(bad(format!("`{text}` is not a duration: units go from large to small, each once")));
            }
            last_unit = *scale;
            let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*scale));
            total = part
                .and_then(|part| total.checked_add(part))
                .filter(|total| *total <= MAXIMUM_MS)
                .ok_or_else(|| bad(format!("`{text}` is longer than 100 years")))?;
            rest = after;
        }
        if total < MINIMUM_MS {
            let what = if total == 0 { "zero" } else { "too short" };
            return Err(bad(format!("`{text}` is {what}: the shortest time the clock tells is 10 ms")));
        }
        Ok(Millis(total))
    }

    /// The expression that makes the `Duration`.
    pub(crate) fn lower(self, rt: &TokenStream) -> TokenStream {
        let Millis(millis) = self;
        if millis.is_multiple_of(1000) {
            let seconds = millis / 1000;
            quote!(#rt::Duration::from_secs(#seconds))
        } else {
            quote!(#rt::Duration::from_millis(#millis))
        }
    }
}

/// The forms there are, led by a guess at what was meant.
fn forms(text: &str) -> String {
    let forms = "\"250ms\", \"30s\", \"5m\", \"1h30m\", \"7d\" (units: ms, s, m, h, d, w)";
    match guess(text) {
        Some(guess) => format!("write \"{guess}\"; valid forms are {forms}"),
        None => format!("valid forms are {forms}"),
    }
}

/// `"5 minutes ago"` → `5m`, `"60"` → `60s`.
fn guess(written: &str) -> Option<String> {
    let text = written.trim().trim_start_matches(['-', '+']);
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    if !matches!(number.parse::<u32>(), Ok(1..)) {
        return None;
    }
    let word = rest.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    let unit = match word.to_ascii_lowercase().as_str() {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "ms" | "millis" | "millisecond" | "milliseconds" => "ms",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        "w" | "week" | "weeks" => "w",
        _ => return None,
    };
    let guess = format!("{number}{unit}");
    (guess != written && Millis::parse(&guess).is_ok()).then_some(guess)
}
