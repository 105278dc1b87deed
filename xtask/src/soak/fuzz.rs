//! Every fuzz target for a while: its corpus, then bolero's own random inputs, on the stable toolchain.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::outcome::{outcome, seed, targets};
use crate::args::Args;
use crate::command::{self, Command, Failure};
use crate::report::Report;

const SECONDS: u64 = 60;
/// At a time, where there are as many cores.
const JOBS: usize = 2;
/// What a target may take beyond its time: for its corpus, an input under way, and making a failure smaller.
const GRACE: Duration = Duration::from_secs(60);

pub(super) fn run(mut args: Args) -> Result<(), Failure> {
    let seconds: Option<u64> = args.value("--seconds")?;
    let report = !args.flag("--no-report") && seconds.is_some();
    args.finish()?;
    let seconds = seconds.unwrap_or(SECONDS);
    let command = format!("cargo x soak fuzz --seconds {seconds}");
    let report = report.then(|| Report::new("fuzz", "Fuzzing", command));

    let binary = build()?;
    let asked = Command::new(&binary, "--nocapture --test-threads=1").env("CARGO_BOLERO_SELECT", "all").output()?;
    let targets = targets(&asked);
    if targets.is_empty() {
        return Err(Failure::new("bolero names no targets"));
    }
    let jobs = JOBS.min(thread::available_parallelism().map_or(1, usize::from));
    eprintln!("    {} targets, {seconds} s each, {jobs} at a time", targets.len());

    let mut ran = run_all(&binary, &targets, seconds, jobs);
    ran.sort_by(|a, b| a.target.cmp(&b.target));
    let findings: Vec<&Ran> = ran.iter().filter(|ran| ran.finding.is_some()).collect();
    if let Some(report) = report {
        report.write(findings.is_empty(), &section(&ran, jobs))?;
    }
    if findings.is_empty() {
        let total: u64 = ran.iter().map(|ran| ran.executions).sum();
        eprintln!("    {total} executions, no finding");
        return Ok(());
    }
    let told: Vec<String> = findings.iter().filter_map(|ran| ran.finding.clone()).collect();
    Err(Failure::new(told.join("\n\n")))
}

/// Builds the targets, optimised but with all checks, and says where they are.
fn build() -> Result<String, Failure> {
    let build = "test --locked --profile fuzz --test targets --no-run --message-format=json-render-diagnostics";
    let build = Command::cargo(build).arg("--manifest-path").arg("fuzz/Cargo.toml").target_folder("fuzz");
    let messages = build.output()?;
    let executable = messages.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(str::to_owned)
    });
    executable.ok_or_else(|| Failure::new("cargo built no fuzz targets"))
}

/// One target, after its time.
struct Ran {
    target: String,
    executions: u64,
    corpus: u64,
    seconds: f64,
    /// What went wrong, and how to repeat it.
    finding: Option<String>,
}

impl Ran {
    fn per_second(&self) -> f64 {
        self.executions as f64 / self.seconds.max(0.001)
    }

    fn result(&self) -> &'static str {
        if self.finding.is_none() { "ok" } else { "FINDING" }
    }
}

fn run_all(binary: &str, targets: &[String], seconds: u64, jobs: usize) -> Vec<Ran> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ran = run_one(binary, target, seconds);
                    let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    done.push(ran);
                    let (ran, at) = (&done[done.len() - 1], done.len());
                    eprintln!(
                        "    [{at:>2}/{}] {:<28} {:>11} executions {:>7.1} s {:>9.0}/s  {}",
                        targets.len(),
                        ran.target,
                        ran.executions,
                        ran.seconds,
                        ran.per_second(),
                        ran.result()
                    );
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn run_one(binary: &str, target: &str, seconds: u64) -> Ran {
    let start = Instant::now();
    let log = watch(binary, target, seconds);
    let seconds = start.elapsed().as_secs_f64();
    let mut ran = Ran { target: target.to_owned(), executions: 0, corpus: 0, seconds, finding: None };
    match log {
        Ok((passed, log)) => {
            let outcome = outcome(&log);
            ran.finding = (!passed || outcome.is_none()).then(|| finding(target, &log));
            (ran.executions, ran.corpus) = outcome.map_or((0, 0), |outcome| (outcome.executions, outcome.corpus));
        }
        Err(why) => ran.finding = Some(format!("{target}: {why}")),
    }
    ran
}

/// Runs a target until it ends, or hangs; gives what it said.
fn watch(binary: &str, target: &str, seconds: u64) -> Result<(bool, String), String> {
    let folder = command::target().join("soak");
    let path: PathBuf = folder.join(format!("{}.log", target.replace("::", "-")));
    let io = |error: std::io::Error| format!("{}: {error}", path.display());
    fs::create_dir_all(&folder).map_err(io)?;
    let log = File::create(&path).map_err(io)?;
    let command = Command::new(binary, "--exact --nocapture")
        .arg(target)
        .env("BOLERO_RANDOM_TEST_TIME_MS", (seconds * 1000).to_string())
        // Targets say how many they try; here time decides.
        .env("BOLERO_RANDOM_ITERATIONS", usize::MAX.to_string());
    let mut child = command.start(&log).map_err(|_| format!("cannot be started: {command}"))?;
    let limit = Instant::now() + Duration::from_secs(seconds) + GRACE;
    loop {
        if let Some(status) = child.try_wait().map_err(io)? {
            return Ok((status.success(), fs::read_to_string(&path).map_err(io)?));
        }
        if Instant::now() > limit {
            // It is gone either way.
            let _ = child.kill().and_then(|()| child.wait());
            return Err(format!("an input takes more than {} s, or for ever; see {}", GRACE.as_secs(), path.display()));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn finding(target: &str, log: &str) -> String {
    let repeat = match seed(log) {
        Some(seed) => format!("    cd fuzz && BOLERO_RANDOM_SEED={seed} cargo test {target} -- --exact"),
        None => format!("    cd fuzz && cargo test {target} -- --exact"),
    };
    format!("{target}: a finding. To repeat it:\n{repeat}\n{}", told(log).join("\n"))
}

/// The input, made smaller, and what was said about it, between two rules; the end of what was said, if there are none.
fn told(log: &str) -> Vec<&str> {
    let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
    match lines.iter().position(|line| line.ends_with(" Test Failure ========================")) {
        Some(start) => lines[start + 1..].iter().take_while(|line| !line.starts_with("=====")).copied().collect(),
        None => lines[lines.len().saturating_sub(20)..].to_vec(),
    }
}

fn section(ran: &[Ran], jobs: usize) -> String {
    let mut text = format!(
        "bolero's random engine on the stable toolchain, {jobs} at a time; each target tries its corpus first.\n\n\
         | target | executions | of the corpus | seconds | per second | result |\n|---|--:|--:|--:|--:|---|\n"
    );
    for ran in ran {
        let per_second = ran.per_second();
        text.push_str(&format!(
            "| {} | {} | {} | {:.1} | {per_second:.0} | {} |\n",
            ran.target,
            ran.executions,
            ran.corpus,
            ran.seconds,
            ran.result()
        ));
    }
    let (executions, seconds) = ran.iter().fold((0, 0.0), |(n, s), ran| (n + ran.executions, s + ran.seconds));
    text.push_str(&format!("| all | {executions} | | {seconds:.1} | | |\n"));
    for finding in ran.iter().filter_map(|ran| ran.finding.as_deref()) {
        text.push_str(&format!("\n```text\n{finding}\n```\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Ran, finding, section};

    #[test]
    fn a_finding_says_how_to_repeat_it() {
        let rule = "=".repeat(24);
        let log =
            format!("{rule} Test Failure {rule}\n\nBOLERO_RANDOM_SEED=12\n\nError: \nkeys differ\n\n{rule}\nmore\n");
        let told = finding("keys::pairs", &log);
        assert!(told.contains("\n    cd fuzz && BOLERO_RANDOM_SEED=12 cargo test keys::pairs -- --exact\n"));
        assert!(told.ends_with("keys differ"), "{told}");
        assert!(finding("keys::pairs", "killed\n").ends_with("cargo test keys::pairs -- --exact\nkilled"));
    }

    #[test]
    fn the_section_has_a_line_for_each_target() {
        let ran = |target: &str, finding: Option<String>| Ran {
            target: target.to_owned(),
            executions: 100,
            corpus: 2,
            seconds: 2.0,
            finding,
        };
        let text = section(&[ran("a", None), ran("b", Some("bytes: 0".to_owned()))], 2);
        assert!(text.contains("\n| a | 100 | 2 | 2.0 | 50 | ok |\n| b | 100 | 2 | 2.0 | 50 | FINDING |\n"));
        assert!(text.contains("\n| all | 200 | | 4.0 | | |\n"));
        assert!(text.ends_with("```text\nbytes: 0\n```\n"));
    }
}
