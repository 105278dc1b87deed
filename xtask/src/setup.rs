//! What a machine needs beyond the Rust toolchain, installed where that is ours to do and named where it is not.

use crate::command::{Command, Failure};

/// A program from the system's packages.
struct System {
    program: &'static str,
    packages: &'static str,
    why: &'static str,
}

const SYSTEM: &[System] = &[
    System {
        program: "cc",
        packages: "gcc libc6-dev",
        why: "links programs and compiles the SQLite that examples/shop brings along",
    },
    System {
        program: "redis-server",
        packages: "redis-server",
        why: "is started by harness/ for the tests that talk to real servers, sentinels and clusters (7.0 or newer)",
    },
];

/// Parts of the toolchain that a minimal rustup profile leaves out.
const COMPONENTS: &[(&str, &str)] = &[("rustfmt", "fmt --version"), ("clippy", "clippy --version")];

pub(crate) fn run() -> Result<(), Failure> {
    if cfg!(unix) {
        system()?;
    }
    for (component, probe) in COMPONENTS {
        if !Command::cargo(probe).works() {
            add_component(component)?;
        }
    }
    if !has_nextest() {
        eprintln!(
            "    cargo-nextest is not installed: the tests run under `cargo test`, all of one file in one process."
        );
        eprintln!("    `cargo install --locked cargo-nextest` gives the runner that CI uses.");
    }
    Ok(())
}

pub(crate) fn has_nextest() -> bool {
    Command::cargo("nextest --version").works()
}

fn system() -> Result<(), Failure> {
    let missing: Vec<&System> = SYSTEM.iter().filter(|system| !on_path(system.program)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|system| system.packages).collect();
    let packages = packages.join(" ");
    if is_root() && on_path("apt-get") {
        // An index that is out of date in parts is still good enough to try with.
        let update = Command::new("apt-get", "update -qq").env("DEBIAN_FRONTEND", "noninteractive").run();
        let install =
            Command::new("apt-get", "install -y -qq --no-install-recommends").env("DEBIAN_FRONTEND", "noninteractive");
        let install = packages.split_whitespace().fold(install, Command::arg);
        return install.run().or_else(|failure| match update {
            // Some packages start a service. Where that cannot be, the installation fails, and the program is there.
            _ if missing.iter().all(|system| on_path(system.program)) => Ok(()),
            Ok(()) => Err(failure),
            Err(_) => Err(failure.within("`apt-get update` failed before it")),
        });
    }
    let reasons: Vec<String> =
        missing.iter().map(|system| format!("    `{}` {}", system.program, system.why)).collect();
    Err(Failure::new(format!(
        "programs are missing:\n{}\nOn Debian or Ubuntu: apt-get install {packages}",
        reasons.join("\n")
    )))
}

fn add_component(component: &str) -> Result<(), Failure> {
    if !on_path("rustup") {
        return Err(Failure::new(format!("the toolchain lacks `{component}`: install it the way you installed Rust")));
    }
    Command::new("rustup", "component add").arg(component).run()
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).any(|folder| folder.join(&file).is_file())
}

fn is_root() -> bool {
    Command::new("id", "-u").output().is_ok_and(|id| id.trim() == "0")
}
