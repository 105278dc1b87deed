//! The example does what it says.

use std::process::Command;

#[test]
fn the_body_runs_twice() {
    let output = Command::new(env!("CARGO_BIN_EXE_quickstart")).output().expect("the example starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.ends_with("3 calls, the body ran 2 times\n"), "{text}");
}
