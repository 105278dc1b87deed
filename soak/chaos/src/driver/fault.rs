//! What can go wrong.

use super::Topology;

/// A fault. Those of the network have one client or all of them behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Connections are closed, and new ones refused.
    Cut,
    CutAll,
    /// Answers take 120 ms: below the response timeout.
    Delay,
    /// Answers take 400 ms: above it.
    TooSlow,
    TooSlowAll,
    /// Clients read the end of the stream.
    HalfClose,
    HalfCloseAll,
    /// Everything is swallowed, for longer than the bound of P4.
    BlackHole,
    BlackHoleAll,
    /// The server hears and is not heard.
    Deaf,
    /// The same four, in front of one primary of a cluster, for all clients.
    NodeCut,
    NodeTooSlow,
    NodeHalfClose,
    NodeBlackHole,
    /// `CLIENT PAUSE … ALL`.
    Pause,
    /// `CLIENT PAUSE … WRITE`.
    PauseWrites,
    /// `CLIENT KILL TYPE NORMAL`.
    KillConnections,
    /// `CLIENT KILL TYPE PUBSUB`.
    KillSubscriptions,
    /// `CLIENT KILL ID` of a random half of all connections.
    KillSome,
    /// SIGSTOP, and SIGCONT before anybody takes over.
    Freeze,
    /// SIGKILL, and a restart with nothing of what was there.
    Restart,
    Flush,
    /// Memory is short: keys go.
    Evict,
    /// Memory is short and nothing goes: writes are refused.
    Full,
    /// SIGKILL of a client, and another one in its place.
    KillClient,
    /// SIGSTOP of a client for longer than the bound of P4, and SIGCONT.
    StallClient,
    /// A failover that is asked for, with the old primary alive.
    Failover,
    /// SIGKILL of a primary; a replica takes over.
    KillPrimary,
    /// SIGSTOP of a primary; a replica takes over, then SIGCONT.
    FreezePrimary,
    /// Slots with popular keys move from one primary to another.
    Reshard,
}

use Fault::*;

/// With the names that people give.
const NAMES: [(Fault, &str); 30] = [
    (Cut, "cut"),
    (CutAll, "cut-all"),
    (Delay, "delay"),
    (TooSlow, "too-slow"),
    (TooSlowAll, "too-slow-all"),
    (HalfClose, "half-close"),
    (HalfCloseAll, "half-close-all"),
    (BlackHole, "black-hole"),
    (BlackHoleAll, "black-hole-all"),
    (Deaf, "deaf"),
    (NodeCut, "node-cut"),
    (NodeTooSlow, "node-too-slow"),
    (NodeHalfClose, "node-half-close"),
    (NodeBlackHole, "node-black-hole"),
    (Pause, "pause"),
    (PauseWrites, "pause-writes"),
    (KillConnections, "kill-connections"),
    (KillSubscriptions, "kill-subscriptions"),
    (KillSome, "kill-some"),
    (Freeze, "freeze"),
    (Restart, "restart"),
    (Flush, "flush"),
    (Evict, "evict"),
    (Full, "full"),
    (KillClient, "kill-client"),
    (StallClient, "stall-client"),
    (Failover, "failover"),
    (KillPrimary, "kill-primary"),
    (FreezePrimary, "freeze-primary"),
    (Reshard, "reshard"),
];

impl Fault {
    pub(crate) fn name(self) -> &'static str {
        NAMES.iter().find(|(fault, _)| *fault == self).map_or("?", |(_, name)| name)
    }

    /// All that can happen there.
    pub(crate) fn all(topology: Topology) -> Vec<Self> {
        NAMES.iter().map(|(fault, _)| *fault).filter(|fault| fault.happens_to(topology)).collect()
    }

    /// Those of these names.
    pub(crate) fn named(names: &[String], topology: Topology) -> Result<Vec<Self>, String> {
        let find = |name: &String| {
            let found = Self::all(topology).into_iter().find(|fault| fault.name() == name);
            found.ok_or_else(|| format!("there is no fault {name} in a {}", topology.name()))
        };
        names.iter().map(find).collect()
    }

    /// Clients of sentinels and clusters talk to the addresses that those announce: no client has a network of its own.
    fn happens_to(self, topology: Topology) -> bool {
        match self {
            Cut | CutAll | Delay | TooSlow | TooSlowAll | HalfClose | HalfCloseAll | BlackHole | BlackHoleAll
            | Deaf | Restart => topology == Topology::Standalone,
            Failover | KillPrimary | FreezePrimary => topology != Topology::Standalone,
            NodeCut | NodeTooSlow | NodeHalfClose | NodeBlackHole | Reshard => topology == Topology::Cluster,
            Pause | PauseWrites | KillConnections | KillSubscriptions | KillSome | Freeze | Flush | Evict | Full
            | KillClient | StallClient => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, NAMES, Topology};

    #[test]
    fn every_fault_has_a_name_of_its_own_and_happens_somewhere() {
        for (fault, name) in NAMES {
            assert_eq!(NAMES.iter().filter(|(_, other)| *other == name).count(), 1, "{name}");
            assert!(Topology::ALL.iter().any(|topology| Fault::all(*topology).contains(&fault)), "{name}");
        }
        assert!(Fault::named(&["reshard".to_owned()], Topology::Standalone).is_err());
    }
}
