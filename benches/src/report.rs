//! The table for people, and one line per case for programs.

use crate::rounds::{Samples, quantile};

/// A ratio to report.
pub struct Case {
    /// Its name in the `RATIO` line; the contender of the same name is above the fraction bar.
    pub name: &'static str,
    /// The contender below the fraction bar.
    pub base: &'static str,
    /// What the ratio must not exceed.
    pub limit: Option<f64>,
}

/// Prints the table and the `RATIO` lines; returns whether every ratio is within its limit.
///
/// A ratio is the median of the ratios within each round, which a machine that is slower for a while disturbs less than
/// the ratio of the two medians. The quartiles beside it say how far to trust it.
///
/// # Panics
///
/// Panics if a case names a contender that did not run.
#[must_use]
pub fn print(cases: &[Case], samples: &[Samples]) -> bool {
    let find = |name: &str| {
        let found = samples.iter().find(|samples| samples.name == name);
        &found.expect("every case names contenders that ran").nanos
    };
    let mut lines = Vec::new();
    let mut within = true;
    println!("{:<28}{:>10}{:>10}{:>8}{:>16}{:>8}", "case", "ns/op", "bare", "ratio", "quartiles", "limit");
    for case in cases {
        let (ours, base) = (find(case.name), find(case.base));
        let (median, base_median) = (quantile(ours, 0.5), quantile(base, 0.5));
        let per_round: Vec<f64> = ours.iter().zip(base).map(|(ours, base)| ours / base).collect();
        let ratio = quantile(&per_round, 0.5);
        let quartiles = format!("{:.2} to {:.2}", quantile(&per_round, 0.25), quantile(&per_round, 0.75));
        let limit = case.limit.map_or_else(String::new, |limit| format!("{limit:.2}"));
        let above = case.limit.is_some_and(|limit| ratio > limit);
        within &= !above;
        let mark = if above { "  above" } else { "" };
        println!("{:<28}{median:>10.1}{base_median:>10.1}{ratio:>8.2}{quartiles:>16}{limit:>8}{mark}", case.name);
        lines.push(format!("RATIO {} {ratio:.3}", case.name));
    }
    println!();
    lines.iter().for_each(|line| println!("{line}"));
    within
}
