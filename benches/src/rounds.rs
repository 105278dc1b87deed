//! Interleaved rounds: every contender runs once per round, so that a slow moment of the machine hits all of them.

use std::time::{Duration, Instant};

/// Fewer rounds than this have no median worth the name.
pub const FEWEST: usize = 3;

/// One loop to be timed.
pub struct Contender<'a> {
    /// What the report calls it.
    pub name: &'static str,
    /// Lookups per run, per thread.
    pub lookups: usize,
    /// Runs them; returns how long they took.
    pub run: Box<dyn FnMut() -> Duration + 'a>,
}

/// Nanoseconds per lookup, one figure per round.
pub struct Samples {
    /// The contender's name.
    pub name: &'static str,
    /// In the order of the rounds.
    pub nanos: Vec<f64>,
}

/// Runs all contenders `rounds` times, or until `budget` is used up. Who begins rotates, and every other round goes
/// backwards, so that nobody always runs after the same neighbour.
pub fn measure(contenders: &mut [Contender<'_>], rounds: usize, budget: Option<Duration>) -> Vec<Samples> {
    let mut samples: Vec<Samples> =
        contenders.iter().map(|contender| Samples { name: contender.name, nanos: Vec::new() }).collect();
    let start = Instant::now();
    for round in 0..rounds {
        if round >= FEWEST && budget.is_some_and(|budget| start.elapsed() >= budget) {
            break;
        }
        for index in order(contenders.len(), round) {
            let contender = &mut contenders[index];
            let time = (contender.run)();
            samples[index].nanos.push(time.as_nanos() as f64 / contender.lookups as f64);
        }
    }
    samples
}

fn order(count: usize, round: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.rotate_left(round / 2 % count.max(1));
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

/// The value at `share` of the sorted figures; one half is the median.
///
/// # Panics
///
/// Panics if there are no figures.
#[must_use]
pub fn quantile(figures: &[f64], share: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = share * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    low + (high - low) * position.fract()
}

#[cfg(test)]
mod tests {
    use super::{order, quantile};

    #[test]
    fn every_contender_runs_once_per_round() {
        for round in 0..20 {
            let mut order = order(7, round);
            order.sort_unstable();
            assert_eq!(order, [0, 1, 2, 3, 4, 5, 6]);
        }
        assert_ne!(order(7, 0), order(7, 2));
        assert_ne!(order(7, 0), order(7, 1));
    }

    #[test]
    fn medians() {
        assert!((quantile(&[3.0, 1.0, 2.0], 0.5) - 2.0).abs() < 1e-9);
        assert!((quantile(&[1.0, 2.0], 0.5) - 1.5).abs() < 1e-9);
        assert!((quantile(&[4.0], 0.25) - 4.0).abs() < 1e-9);
    }
}
