//! Deliberate mistakes in the protocol, and how many seeds each of them takes to be noticed.

use cache_core::{Mutant, make_mutant};

use crate::plan::Plan;
use crate::run::run;

/// How a mistake was noticed.
#[derive(Debug, Clone)]
pub struct Caught {
    /// The seed that noticed it.
    pub seed: u64,
    /// What was found.
    pub what: String,
}

/// The first of these seeds that notices a mistake.
#[must_use]
pub fn hunt(mutant: Mutant, seeds: std::ops::Range<u64>) -> Option<Caught> {
    make_mutant(Some(mutant));
    let caught = seeds.into_iter().find_map(|seed| {
        let plan = Plan::of(seed);
        let outcome = run(&plan, false);
        let finding = outcome.findings.into_iter().next()?;
        Some(Caught { seed, what: finding.what })
    });
    make_mutant(None);
    caught
}

/// Those whose name begins so, on all cores.
#[must_use]
pub fn hunt_all(name: &str, seeds: std::ops::Range<u64>) -> Vec<(Mutant, Option<Caught>)> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let found = parking_lot::Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(mutant) = Mutant::ALL.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    if !format!("{mutant:?}").starts_with(name) {
                        continue;
                    }
                    let caught = hunt(*mutant, seeds.clone());
                    eprintln!(
                        "{mutant:?}: {}",
                        caught.as_ref().map_or("not noticed".to_owned(), |caught| format!("seed {}", caught.seed))
                    );
                    found.lock().push((*mutant, caught));
                }
            });
        }
    });
    let mut found = found.into_inner();
    found.sort_by_key(|(mutant, _)| Mutant::ALL.iter().position(|other| other == mutant));
    found
}
