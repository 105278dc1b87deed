//! In which order things go wrong.

use super::Topology;
use super::fault::Fault;
use crate::args::Args;
use crate::popularity::Random;

/// Rounds of all faults without end, each in an order of its own; or those that were asked for, in that order.
pub(crate) struct Schedule {
    round: Vec<Fault>,
    position: usize,
    shuffles: bool,
    random: Random,
}

impl Schedule {
    pub(crate) fn new(args: &Args, topology: Topology) -> Result<Self, String> {
        let (round, shuffles) = match &args.faults {
            Some(names) => (Fault::named(names, topology)?, false),
            None => (Fault::all(topology), true),
        };
        let mut schedule = Self { round, position: 0, shuffles, random: Random::new(args.seed) };
        schedule.begin_round();
        Ok(schedule)
    }

    /// Whether no round is under way.
    pub(crate) fn is_between_rounds(&self) -> bool {
        self.position == 0
    }

    /// What is next.
    pub(crate) fn next(&mut self) -> Option<Fault> {
        let fault = *self.round.get(self.position)?;
        self.position += 1;
        if self.position == self.round.len() {
            self.begin_round();
        }
        Some(fault)
    }

    fn begin_round(&mut self) {
        self.position = 0;
        if self.shuffles {
            self.random.shuffle(&mut self.round);
        }
    }
}
