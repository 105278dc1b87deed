//! Streams of keys that tell eviction policies apart.

use crate::options::Options;
use crate::rounds::quantile;
use crate::zipf::Zipf;

/// How many requests a pattern has, scans not counted.
pub const REQUESTS: usize = 2_000_000;

/// How many entries the caches may hold: one in twenty of the popular keys.
pub const CAPACITY: u64 = 5_000;

const KEYS: u64 = 100_000;
const EXPONENT: f64 = 0.9;

/// A scan comes after so many requests, and reads twice what fits in.
const SCAN_EVERY: usize = 100_000;
const SCAN: u64 = 2 * CAPACITY;

/// The loop is a fifth longer than what fits in: one that evicts the least recently used never hits.
const LOOP: u64 = CAPACITY + CAPACITY / 5;

/// What is asked for, in this order.
pub struct Pattern {
    /// Its name, at the end of the figure's.
    pub name: &'static str,
    /// What it is, in a few words.
    pub what: &'static str,
    /// The keys.
    pub keys: Vec<u64>,
}

/// All patterns. The loop is the same for every seed.
#[must_use]
pub fn all(seed: u64) -> Vec<Pattern> {
    vec![
        Pattern { name: "zipf", what: "Zipf 0.9 over 100 000 keys", keys: zipf(seed).collect() },
        Pattern { name: "scan", what: "the same, with scans of 10 000 keys in between", keys: scan(seed) },
        Pattern { name: "loop", what: "6 000 keys, over and over", keys: (0..LOOP).cycle().take(REQUESTS).collect() },
    ]
}

/// A cache that runs through a stream of keys, loads what it does not have, and says how often. The number is the
/// round's, for a cache that can be seeded.
pub type Contestant = fn(&[u64], u64) -> u64;

/// What came of a pattern.
pub struct Medians {
    /// The pattern's name.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Hits per hundred requests, in the order of the contestants.
    pub hit_ratios: Vec<f64>,
}

/// Runs all patterns over all contestants, each round with a seed of its own.
#[must_use]
pub fn measure(options: &Options, seed: u64, contestants: &[Contestant]) -> Vec<Medians> {
    let mut found: Vec<(&str, &str, Vec<Vec<f64>>)> =
        all(seed).iter().map(|pattern| (pattern.name, pattern.what, vec![Vec::new(); contestants.len()])).collect();
    options.repeat(|round| {
        for (pattern, (_, _, ratios)) in all(seed + round as u64).iter().zip(&mut found) {
            for (contestant, ratios) in contestants.iter().zip(ratios) {
                let loads = contestant(&pattern.keys, round as u64);
                ratios.push(100.0 - 100.0 * loads as f64 / pattern.keys.len() as f64);
            }
        }
    });
    let medians = |ratios: Vec<Vec<f64>>| ratios.iter().map(|ratios| quantile(ratios, 0.5)).collect();
    found.into_iter().map(|(name, what, ratios)| Medians { name, what, hit_ratios: medians(ratios) }).collect()
}

fn zipf(seed: u64) -> impl Iterator<Item = u64> {
    Zipf::new(KEYS, EXPONENT, seed).take(REQUESTS)
}

fn scan(seed: u64) -> Vec<u64> {
    let mut keys = Vec::with_capacity(REQUESTS + REQUESTS / SCAN_EVERY * SCAN as usize);
    let mut unseen = KEYS;
    for (count, key) in (1..).zip(zipf(seed)) {
        keys.push(key);
        if count % SCAN_EVERY == 0 {
            keys.extend(unseen..unseen + SCAN);
            unseen += SCAN;
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{KEYS, LOOP, REQUESTS, SCAN, SCAN_EVERY, all};

    #[test]
    fn patterns_are_what_they_say() {
        let [zipf, scan, circle] = all(7).try_into().ok().expect("three");
        assert_eq!(zipf.keys.len(), REQUESTS);
        assert!(zipf.keys.iter().all(|&key| key < KEYS));

        let scanned: Vec<u64> = scan.keys.iter().copied().filter(|&key| key >= KEYS).collect();
        assert_eq!(scanned.len() as u64, (REQUESTS / SCAN_EVERY) as u64 * SCAN);
        assert_eq!(scanned.iter().collect::<HashSet<_>>().len(), scanned.len(), "what is scanned is asked for once");

        assert_eq!(circle.keys.iter().max(), Some(&(LOOP - 1)));
    }
}
