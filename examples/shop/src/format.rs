//! Numbers the way people read them.

use std::time::Duration;

/// `1234567` → `1 234 567`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Three digits and a unit: `43 µs`, `1.25 ms`, `312 ms`, `2.1 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let micros = duration.as_secs_f64() * 1e6;
    match micros {
        m if m < 1e3 => format!("{m:.0} µs"),
        m if m < 1e4 => format!("{:.2} ms", m / 1e3),
        m if m < 1e5 => format!("{:.1} ms", m / 1e3),
        m if m < 1e6 => format!("{:.0} ms", m / 1e3),
        m => format!("{:.1} s", m / 1e6),
    }
}

/// Cents as a price: `1999` → `19.99`.
pub(crate) fn price(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// `once`, `7 times`.
pub(crate) fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{} times", thousands(count)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [0, 12, 123, 1234, 1_234_567].map(thousands),
            ["0", "12", "123", "1 234", "1 234 567"].map(String::from)
        );
    }

    #[test]
    fn durations_keep_three_digits() {
        let micros = [7, 999, 1_250, 12_340, 312_000, 2_100_000];
        let text = ["7 µs", "999 µs", "1.25 ms", "12.3 ms", "312 ms", "2.1 s"];
        assert_eq!(micros.map(|m| duration(Duration::from_micros(m))), text.map(String::from));
    }
}
