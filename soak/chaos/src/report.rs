//! What a run says at its end.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use crate::args::Args;
use crate::driver::Run;

/// Name, value and meaning of each figure.
fn figures(run: &Run) -> Vec<(String, String, &'static str)> {
    let found = &run.findings;
    let seconds = |nanoseconds: u64| format!("{:.3}", nanoseconds as f64 / 1e9);
    let figure = |name: &str, value: String, meaning| (name.to_owned(), value, meaning);
    let mut figures = vec![
        figure("reads", found.reads.to_string(), "calls that returned a value"),
        figure("reads_per_s", format!("{:.0}", found.reads as f64 / run.seconds), "all processes together"),
        figure("duration_s", format!("{:.0}", run.seconds), "with all pauses"),
        figure("hits", format!("{:.4}", found.hits()), "part of the reads that asked the source for nothing"),
        figure("stale_outside", found.outside.to_string(), "reads older than promised (P3, P4, strong): must be 0"),
        figure("stale_outside_own", found.own.to_string(), "of these, of what the process had itself invalidated (P3)"),
        figure("brought_back", found.brought_back.to_string(), "reads of what a lossy failover had brought back"),
        figure(
            "after_stall",
            found.after_stall.to_string(),
            "reads beyond the bound in the first 0.25 s of a process that had stood still for longer than the bound",
        ),
        figure("lossy_failovers", run.lossy.to_string(), "failovers that provably lost acknowledged writes"),
        figure("stale_inside", found.inside.to_string(), "reads of what another process had invalidated, in the bound"),
        figure("longest_stale_s", seconds(found.longest_inside), "the longest of these, after that had returned"),
        figure("bound_s", seconds(found.bound), "the bound (P4)"),
        figure("failed_calls", found.failed.to_string(), "calls that hung or mixed values up: must be 0"),
        figure("source_errors", found.source_errors.to_string(), "errors of the database, which are no cache's"),
        figure(
            "longest_call_s",
            seconds(found.longest_call),
            "a read, with its load, in processes that did not stand still",
        ),
        figure("commits", found.commits.to_string(), "new versions of rows"),
        figure("invalidations", found.invalidations.to_string(), "calls that invalidated or put"),
        figure(
            "unconfirmed",
            found.not_told_at_once.to_string(),
            "of these, queued or by a macro, which does not tell",
        ),
        figure("loads", found.loads.to_string(), "loads of all entries"),
        figure("loads_per_invalidation", format!("{:.2}", found.loads_per_invalidation()), "one drops several entries"),
    ];
    let all: Vec<f64> = run.recoveries.values().flatten().copied().collect();
    let (median, longest) = spread(&all);
    figures.extend([
        figure("faults", all.len().to_string(), "one at a time"),
        figure("recovery_median_s", format!("{median:.3}"), "until the tier was used again, of all faults"),
        figure("recovery_longest_s", format!("{longest:.3}"), "the longest of these"),
    ]);
    figures
}

/// For programs.
pub(crate) fn lines(run: &Run) -> Vec<String> {
    let name = run.topology.name();
    let mut lines: Vec<String> =
        figures(run).into_iter().map(|(figure, value, _)| format!("CHAOS {name} {figure} {value}")).collect();
    for (fault, took) in &run.recoveries {
        let (fault, (_, longest)) = (fault.replace('-', "_"), spread(took));
        lines.push(format!("CHAOS {name} faults_{fault} {}", took.len()));
        lines.push(format!("CHAOS {name} recovery_{fault}_s {longest:.3}"));
    }
    lines
}

/// For people.
pub(crate) fn table(run: &Run) -> String {
    let mut table = format!("{}\n", run.topology.name());
    for (name, value, meaning) in figures(run) {
        let _ = writeln!(table, "  {name:24} {value:>10}  {meaning}");
    }
    let _ = writeln!(table, "  {:24} {:>10} {:>10} {:>10}", "fault", "how often", "median s", "longest s");
    for (fault, took) in &run.recoveries {
        let (median, longest) = spread(took);
        let _ = writeln!(table, "  {fault:24} {:>10} {median:>10.3} {longest:>10.3}", took.len());
    }
    table
}

/// A section of a report.
pub(crate) fn section(run: &Run, args: &Args, broken: &[String]) -> String {
    let mut text = format!("## {}\n\n", run.topology.name());
    let _ = writeln!(text, "`--reads {} --clients {} --seed {}`", args.reads, args.clients, args.seed);
    let verdict = if broken.is_empty() { "All limits are kept.".to_owned() } else { broken.join("; ") };
    let _ = writeln!(text, "\n{verdict}\n\n| figure | value | |\n|---|---:|---|");
    for (name, value, meaning) in figures(run) {
        let _ = writeln!(text, "| {name} | {value} | {meaning} |");
    }
    text.push_str(
        "\nFrom the end of a fault (of a failover: its announcement; of a killed client: the start of another one) until \
         every client has invalidated, loaded and found a value again:\n\n\
         | fault | how often | median s | longest s |\n|---|---:|---:|---:|\n",
    );
    for (fault, took) in &run.recoveries {
        let (median, longest) = spread(took);
        let _ = writeln!(text, "| {fault} | {} | {median:.3} | {longest:.3} |", took.len());
    }
    text.push('\n');
    text
}

/// Median and longest.
fn spread(took: &[f64]) -> (f64, f64) {
    let mut sorted = took.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = |position: usize| sorted.get(position).copied().unwrap_or_default();
    let median = f64::midpoint(middle(sorted.len().saturating_sub(1) / 2), middle(sorted.len() / 2));
    (median, sorted.last().copied().unwrap_or_default())
}

/// Appends to a file.
pub(crate) fn append(file: &Path, text: &str) -> io::Result<()> {
    File::options().create(true).append(true).open(file)?.write_all(text.as_bytes())
}
