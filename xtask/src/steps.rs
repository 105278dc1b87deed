//! Named steps that run one after the other, each with its time.

use std::time::Instant;

use crate::command::Failure;

pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// Left out by `--fast`.
    pub(crate) slow: bool,
    pub(crate) run: fn() -> Result<(), Failure>,
}

/// Runs the steps in order and stops at the first that fails. Nothing is printed after the last one, so that the
/// output ends with what that step said last.
pub(crate) fn run(steps: &[&Step]) -> Result<(), Failure> {
    for (index, step) in steps.iter().enumerate() {
        eprintln!("==> [{}/{}] {}: {}", index + 1, steps.len(), step.name, step.what);
        let start = Instant::now();
        let context = format!("step `{}` failed (`cargo x test --only {0}` runs all of it)", step.name);
        (step.run)().map_err(|failure| failure.within(&context))?;
        if index + 1 < steps.len() {
            eprintln!("    {} ok in {:.1} s", step.name, start.elapsed().as_secs_f64());
        }
    }
    Ok(())
}
