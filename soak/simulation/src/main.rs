//! `cargo x soak simulation`: many seeds, one seed with its history, or the deliberate mistakes.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use cache_simulation::args::Args;
use cache_simulation::batch::{Batch, batch};
use cache_simulation::{Plan, run, shrink};

/// So many runs to make a history short.
const SHRINKING: u64 = 20_000;

fn main() -> ExitCode {
    // Loads panic on purpose; what else panics is reported with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let done = Args::read(std::env::args().skip(1)).and_then(|args| match args.replay {
        Some(seed) => Ok(replay(seed)),
        None if args.mutants => mutants(&args),
        None => many(&args),
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn many(args: &Args) -> Result<bool, String> {
    let shown = AtomicU64::new(0);
    let progress = |done: u64| {
        let part = done * 20 / args.seeds.max(1);
        if shown.fetch_max(part, Ordering::Relaxed) < part {
            eprintln!("{done} of {} seeds", args.seeds);
        }
    };
    let batch = batch(args.from..args.from + args.seeds, args.twice, progress);
    for bad in batch.bad.iter().take(20) {
        println!("seed {}: {}", bad.seed, bad.what);
    }
    if let Some(bad) = batch.bad.first() {
        replay(bad.seed);
    }
    let table = table(args, &batch);
    println!("\n{table}");
    println!("SIMULATION seeds {} bad {}", batch.seeds, batch.bad.len());
    println!("SIMULATION reads {} per_second {:.0}", batch.tally.reads, batch.reads_per_second());
    if let Some(file) = &args.report {
        write(file, &table)?;
    }
    Ok(batch.bad.is_empty())
}

fn table(args: &Args, batch: &Batch) -> String {
    let tally = &batch.tally;
    let mut table =
        format!("### Seeds {} to {}\n\n| what | how much |\n|---|---|\n", args.from, args.from + batch.seeds - 1);
    let mut row = |what: &str, how_much: String| writeln!(table, "| {what} | {how_much} |").ok();
    row("seeds", batch.seeds.to_string());
    row("seeds that broke a promise", batch.bad.len().to_string());
    if args.twice {
        row("each run twice, and the same", "yes".to_owned());
    }
    row("reads", tally.reads.to_string());
    row("reads per second", format!("{:.0}", batch.reads_per_second()));
    row("loads", tally.loads.to_string());
    row("commits of the source", tally.commits.to_string());
    row("invalidations and puts", tally.changes.to_string());
    row("reads of what somebody had already invalidated, within the bound of P4", tally.stale.to_string());
    row(
        "the longest of these, in the simulation's time (bound: 1.6 s)",
        format!("{:.2} s", tally.longest as f64 / 1e9),
    );
    row("time", format!("{:.0} s", batch.took.as_secs_f64()));
    table
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    std::fs::write(file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))
}

/// One seed with its history, made short if it finds something.
fn replay(seed: u64) -> bool {
    let plan = Plan::of(seed);
    let outcome = run(&plan, true);
    let Some(finding) = outcome.findings.first() else {
        outcome.trace.iter().for_each(|line| println!("{line}"));
        println!("seed {seed} keeps all promises; digest {:016x}", outcome.digest);
        return true;
    };
    println!("seed {seed}: {}", finding.what);
    eprintln!("making it short …");
    let short = shrink(&plan, SHRINKING);
    println!(
        "of {} events these are enough, with the chances {} ({} runs):\n",
        plan.events.len(),
        short.plan.chances,
        short.runs
    );
    println!("{:#?}", short.plan.settings);
    short.plan.events.iter().for_each(|event| println!("{event}"));
    println!();
    let found = short.outcome.trace.iter().position(|line| line.contains("FOUND")).unwrap_or_default();
    short.outcome.trace.iter().take(found + 1).for_each(|line| println!("{line}"));
    false
}

#[cfg(not(mutants))]
fn mutants(_: &Args) -> Result<bool, String> {
    Err("the mistakes are compiled in with --cfg mutants: `cargo x soak simulation --mutants`".to_owned())
}

#[cfg(mutants)]
fn mutants(args: &Args) -> Result<bool, String> {
    use cache_simulation::mutants::hunt_all;
    let mut table = String::from(
        "### Deliberate mistakes\n\n| mistake | first seed that notices | what it says |\n|---|---|---|\n",
    );
    let mut all = true;
    for (mutant, caught) in hunt_all(&args.mutant, args.from..args.from + args.seeds) {
        let (seed, what) =
            caught.map_or_else(|| ("none".to_owned(), String::new()), |caught| (caught.seed.to_string(), caught.what));
        all &= seed != "none";
        println!("MUTANT {mutant:?} {seed} {what}");
        writeln!(table, "| `{mutant:?}` | {seed} | {what} |").ok();
    }
    if let Some(file) = &args.report {
        write(file, &table)?;
    }
    Ok(all)
}
