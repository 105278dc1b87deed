//! `cargo x soak`: what looks for mistakes for as long as it is given, and writes down what it saw.

mod fuzz;
mod outcome;
mod program;

use crate::args::Args;
use crate::command::Failure;

pub(crate) fn run(mut args: Args) -> Result<(), Failure> {
    match args.word().as_deref() {
        Some("simulation") => program::simulation(args),
        Some("chaos") => program::chaos(args),
        Some("fuzz") => fuzz::run(args),
        Some(unknown) => Err(Failure::new(format!("there is no soak `{unknown}`; {THERE_IS}"))),
        None => Err(Failure::new(format!("which soak? {THERE_IS}"))),
    }
}

const THERE_IS: &str = "there is `simulation`, `chaos` and `fuzz`";
