//! Makes a run that finds something as short as it can be.

use crate::dice::Dice;
use crate::plan::{Event, Plan, What};
use crate::run::{Outcome, run};

/// A short run that still finds something.
#[derive(Debug, Clone)]
pub struct Shrunk {
    /// It.
    pub plan: Plan,
    /// What it came to, with its history.
    pub outcome: Outcome,
    /// How many runs that took.
    pub runs: u64,
}

/// So many other chances are given to a plan that finds nothing any more.
const CHANCES: u64 = 12;

/// Leaves out of a plan what it does not need, in ever smaller parts (Zeller, Hildebrandt: "Simplifying and isolating
/// failure-inducing input", 2002), for at most so many runs. What is left may go another way through the same events: its
/// chances are part of the result.
#[must_use]
pub fn shrink(plan: &Plan, most: u64) -> Shrunk {
    let mut shrinking = Shrinking { plan: plan.clone(), runs: 0, most, dice: Dice::new(plan.seed, 5) };
    let mut parts = 2;
    while shrinking.plan.events.len() > 1 && shrinking.runs < most {
        let size = shrinking.plan.events.len().div_ceil(parts);
        let smaller = (0..parts).any(|part| shrinking.try_without(part * size, size));
        if smaller {
            parts = 2.max(parts - 1);
        } else if size == 1 {
            break;
        } else {
            parts = (parts * 2).min(shrinking.plan.events.len());
        }
    }
    shrinking.read_less();
    let outcome = run(&shrinking.plan, true);
    Shrunk { plan: shrinking.plan, outcome, runs: shrinking.runs }
}

struct Shrinking {
    plan: Plan,
    runs: u64,
    most: u64,
    dice: Dice,
}

impl Shrinking {
    /// Leaves out these events, if something is found without them.
    fn try_without(&mut self, from: usize, many: usize) -> bool {
        let events = &self.plan.events;
        let rest = events.iter().enumerate().filter(|(place, _)| !(from..from + many).contains(place));
        let rest: Vec<Event> = rest.map(|(_, event)| event.clone()).collect();
        rest.len() < self.plan.events.len() && self.try_with(rest)
    }

    fn try_with(&mut self, events: Vec<Event>) -> bool {
        let mut plan = Plan { events, ..self.plan.clone() };
        for chance in 0..CHANCES {
            if self.runs >= self.most {
                return false;
            }
            if chance > 0 {
                plan.chances = self.dice.next();
            }
            self.runs += 1;
            if !run(&plan, false).findings.is_empty() {
                self.plan = plan;
                return true;
            }
        }
        false
    }

    /// Reads once where once is enough.
    fn read_less(&mut self) {
        for place in 0..self.plan.events.len() {
            let mut events = self.plan.events.clone();
            if let What::Read { times, .. } = &mut events[place].what
                && *times > 1
            {
                *times = 1;
                self.try_with(events);
            }
        }
    }
}
