//! The program in short: some faults of each kind, and nothing too old.

#![cfg(unix)]

use std::process::Command;

#[test]
fn nothing_too_old_is_served_while_a_server_fails() {
    let program = Command::new(env!("CARGO_BIN_EXE_cache-chaos"))
        .args(["--topology", "standalone", "--reads", "3000", "--rate", "1200", "--seed", "7"])
        .args(["--faults", "kill-client,cut-all,restart", "--recovery", "20"])
        .output()
        .unwrap();
    let (said, told) = (String::from_utf8_lossy(&program.stdout), String::from_utf8_lossy(&program.stderr));
    assert!(program.status.success(), "{told}\n{said}");
    let figure = |name: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(&format!("CHAOS standalone {name} ")));
        line.and_then(|value| value.parse::<f64>().ok()).unwrap_or_else(|| panic!("no {name} in {said}"))
    };
    assert_eq!((figure("stale_outside"), figure("failed_calls"), figure("faults")), (0.0, 0.0, 3.0));
    assert!(figure("reads") >= 3000.0 && figure("hits") > 0.0 && figure("invalidations") > 0.0, "{said}");
}
