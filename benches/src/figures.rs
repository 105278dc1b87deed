//! The report of benchmarks whose cases are not times per look-up: a table for people, and one line per figure for
//! programs.

/// What a figure must keep to.
#[derive(Clone, Copy)]
pub enum Limit {
    /// Not above.
    AtMost(f64),
    /// Not below.
    AtLeast(f64),
}

impl Limit {
    fn allows(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtMost(limit) => format!("<= {limit}"),
            Self::AtLeast(limit) => format!(">= {limit}"),
        }
    }
}

/// A figure to report.
pub struct Figure {
    /// Its name in the `RATIO` line.
    pub name: String,
    /// How it came out.
    pub value: f64,
    /// What it must keep to; `None` for figures that only the reader judges.
    pub limit: Option<Limit>,
    /// What it counts, in a few words.
    pub what: &'static str,
}

impl Figure {
    /// A figure without a limit.
    pub fn new(name: impl Into<String>, value: f64, what: &'static str) -> Self {
        Self { name: name.into(), value, limit: None, what }
    }

    /// The same with a limit.
    #[must_use]
    pub fn limit(self, limit: Limit) -> Self {
        Self { limit: Some(limit), ..self }
    }
}

/// Prints the table and the `RATIO` lines; returns whether every figure keeps to its limit.
#[must_use]
pub fn print(figures: &[Figure]) -> bool {
    let widest = figures.iter().map(|figure| figure.name.len()).max().unwrap_or(0).max(28);
    let mut within = true;
    println!("{:<widest$}{:>12}{:>10}  what", "figure", "value", "limit");
    for figure in figures {
        let limit = figure.limit.map_or_else(String::new, Limit::text);
        let kept = figure.limit.is_none_or(|limit| limit.allows(figure.value));
        within &= kept;
        let mark = if kept { "" } else { "  beyond" };
        println!("{:<widest$}{:>12}{limit:>10}  {}{mark}", figure.name, digits(figure.value), figure.what);
    }
    println!();
    figures.iter().for_each(|figure| println!("RATIO {} {}", figure.name, digits(figure.value)));
    within
}

/// Enough digits to compare by, also of a time that is next to nothing.
fn digits(value: f64) -> String {
    if value == value.trunc() && value.abs() < 1e9 {
        format!("{value:.0}")
    } else if value.abs() < 0.1 {
        format!("{value:.6}")
    } else {
        format!("{value:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Figure, Limit, digits, print};

    #[test]
    fn limits_hold_in_their_direction() {
        let figure = |value, limit| [Figure::new("x", value, "").limit(limit)];
        assert!(print(&figure(2.0, Limit::AtMost(2.0))));
        assert!(!print(&figure(2.1, Limit::AtMost(2.0))));
        assert!(print(&figure(-1.0, Limit::AtLeast(-1.0))));
        assert!(!print(&figure(-1.1, Limit::AtLeast(-1.0))));
        assert!(!print(&figure(f64::NAN, Limit::AtMost(2.0))), "no figure is no good figure");
    }

    #[test]
    fn small_figures_keep_their_digits() {
        assert_eq!(digits(1.0), "1");
        assert_eq!(digits(62.8126), "62.813");
        assert_eq!(digits(0.000_211), "0.000211");
    }
}
