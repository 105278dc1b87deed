//! `cargo x help`.

use crate::test::STEPS;

const COMMANDS: &str = "\
cargo x <command>

  test [--fast] [--only <step>]
        Sets the machine up, then runs what CI runs, in the order below, and stops at the first step that fails.
        --fast leaves out the slow steps; --only runs one step.

  check
        The steps fmt and clippy.

  setup
        The step setup: adds rustfmt and clippy where rustup can; installs system packages where we are root and there
        is apt, and otherwise says what to install. Without cargo-nextest the tests run under `cargo test`.

  ui
        Runs the compile-fail tests and writes the messages of this compiler into their .stderr files. Read the
        difference before you commit it: these texts are part of the interface.

  bench <name> [--rounds <n>] [--seconds <n>] [--peers] [--check]
        A table, then one line `RATIO <name> <value>` per case.
        hit        a hit through #[cached] against a bare quick_cache
        flight     how many loads a thousand tasks make of one cold key, and how long they wait
        memory     bytes per entry, the time of invalidations, and what is left of expired entries
        policies   hit ratios against a bare quick_cache
        redis      the shared tier against raw commands, in a fleet and when Redis fails; starts servers
        --rounds   how many rounds; each has a number of its own if not given
        --seconds  stop after that time, though not before three rounds
        --peers    afterwards the same over other caches (compiles them first)
        --check    fail if a figure is beyond its limit

  soak simulation [--seeds <n>] [--from <seed>] [--mutants] [--replay <seed>]
        Whole fleets on a simulated tier, network and clock, one history per seed, each held to the promises.
        --seeds    so many histories
        --from     begin with this seed
        --mutants  builds the protocol with mistakes, one at a time: each has to be found
        --replay   one history once more, step by step

  soak chaos [--reads <n>] [--topology standalone|sentinel|cluster|all] [--seed <n>]
        A fleet of processes on real servers that are stopped, cut off and failed over, and what its reads returned.
        Also --clients, --rate, --recovery and --faults, of which the program itself tells what they are.

  soak fuzz [--seconds <n>]
        Every fuzz target for 60 seconds, or so many per target, two at a time: its corpus (fuzz/tests/targets/__fuzz__),
        then random inputs. What each of them says is in target/soak/.

        A soak whose length is given (--seeds, --reads, --seconds), and one with --mutants, adds to today's report
        in docs/reports/, with machine, toolchain, commit and command, whether it passes or not; with --no-report it
        does not. One without, or a replay, leaves no report. A finding prints its seed.

  help
        This text.

Steps of `cargo x test`:
";

pub(crate) fn print() {
    let mut text = COMMANDS.to_owned();
    for step in STEPS {
        let slow = if step.slow { " (slow)" } else { "" };
        text.push_str(&format!("  {:<14}{}{slow}\n", step.name, step.what));
    }
    print!("{text}");
}
