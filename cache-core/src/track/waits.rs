//! Who waits for whom: so that loads that need each other's results run instead of waiting for ever.

use parking_lot::Mutex;

use super::FlightId;

/// "The load of the first flight waits for the second flight", for all waits that happen inside of loads.
///
/// Only nested waits are here, a handful at a time; asking and adding happen under one lock, so that of two loads
/// that close a circle at the same moment one sees the other.
///
/// There is one graph in the process, since a circle can lead through several caches; it knows flights by ids and nothing
/// of what they load.
#[derive(Debug)]
pub(crate) struct WaitGraph {
    edges: Mutex<Vec<(FlightId, FlightId)>>,
}

/// A wait in the graph, taken out when it ends.
#[derive(Debug)]
pub(crate) struct WaitEdge<'a> {
    graph: &'a WaitGraph,
    held: Vec<FlightId>,
    awaited: FlightId,
}

pub(crate) static WAITS: WaitGraph = WaitGraph::new();

impl WaitGraph {
    const fn new() -> Self {
        Self { edges: Mutex::new(Vec::new()) }
    }

    /// Enters that the flights `held` wait for `awaited`; `None` when `awaited` waits for one of them already.
    pub(crate) fn enter(&self, all: &[FlightId], held: Vec<FlightId>, awaited: FlightId) -> Option<WaitEdge<'_>> {
        let mut edges = self.edges.lock();
        if leads_to(&edges, awaited, all) {
            return None;
        }
        edges.extend(held.iter().map(|flight| (*flight, awaited)));
        Some(WaitEdge { graph: self, held, awaited })
    }
}

#[cfg(any(test, feature = "test-util"))]
impl WaitGraph {
    /// Whether some load waits for itself, which [`enter`](Self::enter) is there to prevent.
    pub(crate) fn has_circle(&self) -> bool {
        let edges = self.edges.lock();
        edges.iter().any(|(waiting, awaited)| leads_to(&edges, *awaited, &[*waiting]))
    }
}

fn leads_to(edges: &[(FlightId, FlightId)], from: FlightId, goals: &[FlightId]) -> bool {
    let mut reached = vec![from];
    let mut next = 0;
    while let Some(flight) = reached.get(next).copied() {
        if goals.contains(&flight) {
            return true;
        }
        for (_, awaited) in edges.iter().filter(|(waiting, _)| *waiting == flight) {
            if !reached.contains(awaited) {
                reached.push(*awaited);
            }
        }
        next += 1;
    }
    false
}

impl Drop for WaitEdge<'_> {
    fn drop(&mut self) {
        let mut edges = self.graph.edges.lock();
        for flight in &self.held {
            if let Some(index) = edges.iter().rposition(|edge| *edge == (*flight, self.awaited)) {
                edges.swap_remove(index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_refused_and_forgotten_when_a_wait_ends() {
        let graph = WaitGraph::new();
        let first = graph.enter(&[1], vec![1], 2).expect("no circle");
        let _second = graph.enter(&[2], vec![2], 3).expect("no circle");
        assert!(graph.enter(&[3], vec![3], 1).is_none());
        assert!(graph.enter(&[1], vec![1], 1).is_none(), "a load that needs itself");
        drop(first);
        assert!(graph.enter(&[3], vec![3], 1).is_some());
        assert_eq!(graph.edges.lock().len(), 1, "only the second wait is left");
    }

    #[test]
    fn a_deep_recursion_costs_one_edge_a_level() {
        let graph = WaitGraph::new();
        let mut held = vec![0];
        let edges: Vec<_> = (1..=100)
            .map(|level| {
                let edge = graph.enter(&held, vec![level - 1], level).expect("no circle");
                held.push(level);
                edge
            })
            .collect();
        assert_eq!(graph.edges.lock().len(), 100);
        assert!(graph.enter(&held, vec![100], 0).is_none(), "the outermost load is still known");
        drop(edges);
        assert!(graph.edges.lock().is_empty());
    }
}
