//! What figures and runs depend on: the machine, the toolchain, the commit.

use std::fs;
use std::thread::available_parallelism;

use crate::command::Command;

/// Processor, cores, memory and kernel, in one line.
pub(crate) fn line() -> String {
    let cores = available_parallelism().map_or(0, usize::from);
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let processor = processor(&read("/proc/cpuinfo"));
    let memory = memory(&read("/proc/meminfo"));
    let kernel = read("/proc/sys/kernel/osrelease");
    let kernel = if kernel.trim().is_empty() { std::env::consts::OS } else { kernel.trim() };
    format!("{processor}, {cores} cores, {memory}, {kernel}")
}

/// What `rustc --version` says.
pub(crate) fn rustc() -> String {
    said_by("rustc", "--version")
}

/// What `redis-server --version` says, without the build's own marks.
pub(crate) fn redis() -> String {
    redis_version(&said_by("redis-server", "--version"))
}

/// The commit that is checked out, and whether anything but reports differs from it.
pub(crate) fn commit() -> String {
    let commit = said_by("git", "rev-parse --short=12 HEAD");
    let changed = Command::new("git", "status --porcelain -- . :(exclude)docs/reports").output();
    match changed {
        Ok(changed) if changed.trim().is_empty() => commit,
        Ok(_) => format!("{commit}, with changes that are not committed"),
        Err(_) => format!("{commit}, perhaps with changes"),
    }
}

fn said_by(program: &str, arguments: &str) -> String {
    Command::new(program, arguments).output().map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}

fn processor(cpuinfo: &str) -> String {
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
    model.and_then(|line| line.split_once(':')).map_or("unknown processor", |(_, name)| name.trim()).to_owned()
}

fn memory(meminfo: &str) -> String {
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse::<u64>().ok());
    kib.map_or_else(|| "unknown memory".to_owned(), |kib| format!("{:.1} GiB", kib as f64 / f64::from(1 << 20)))
}

/// `Redis server v=7.0.15 sha=00000000:0 malloc=…`.
fn redis_version(text: &str) -> String {
    let version = text.split_whitespace().find_map(|word| word.strip_prefix("v="));
    version.map_or_else(|| text.to_owned(), |version| format!("redis-server {version}"))
}

#[cfg(test)]
mod tests {
    use super::{memory, processor, redis_version};

    #[test]
    fn reads_what_the_kernel_tells() {
        let cpuinfo = "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) @ 2.80GHz\nmodel name\t: other\n";
        assert_eq!(processor(cpuinfo), "Intel(R) Xeon(R) @ 2.80GHz");
        assert_eq!(processor(""), "unknown processor");
        assert_eq!(memory("MemTotal:       8388608 kB\nMemFree: 1 kB\n"), "8.0 GiB");
        assert_eq!(memory("MemTotal: many\n"), "unknown memory");
    }

    #[test]
    fn reads_what_redis_tells() {
        assert_eq!(redis_version("Redis server v=7.0.15 sha=00000000:0 bits=64"), "redis-server 7.0.15");
        assert_eq!(redis_version("unknown"), "unknown");
    }
}
