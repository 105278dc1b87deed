//! A slot on its way from one master to another.

use super::{Cluster, id, ok};
use crate::{Reply, Server};

/// How long one batch of keys may be under way, in milliseconds.
const BATCH: &str = "5000";

/// A slot that is being moved. As long as it is not [finished](Self::finish), the old owner answers for the keys it still
/// has and redirects with `-ASK` for the others.
#[derive(Debug)]
#[must_use = "the slot stays on its way until `finish`"]
pub struct Migration<'c> {
    cluster: &'c Cluster,
    slot: u16,
    from: &'c Server,
    to: &'c Server,
}

impl<'c> Migration<'c> {
    pub(super) fn begin(cluster: &'c Cluster, slot: u16, from: &'c Server, to: &'c Server) -> Self {
        ok(to, &["CLUSTER", "SETSLOT", &slot.to_string(), "IMPORTING", &id(from)]);
        ok(from, &["CLUSTER", "SETSLOT", &slot.to_string(), "MIGRATING", &id(to)]);
        Self { cluster, slot, from, to }
    }

    /// Moves up to `count` keys, and says how many there were.
    ///
    /// # Panics
    ///
    /// If the new owner does not take them.
    #[must_use]
    pub fn move_keys(&self, count: usize) -> usize {
        let keys = self.from.command(&["CLUSTER", "GETKEYSINSLOT", &self.slot.to_string(), &count.to_string()]);
        let port = self.to.port().to_string();
        let mut command: Vec<Vec<u8>> =
            ["MIGRATE", "127.0.0.1", &port, "", "0", BATCH, "KEYS"].map(|word| word.as_bytes().to_vec()).into();
        for key in keys.array() {
            let Reply::Bulk(key) = key else { panic!("a key was expected, the server replied {key}") };
            command.push(key.clone());
        }
        if !keys.array().is_empty() {
            let reply = self.from.command(&command);
            // NOKEY: all of them expired meanwhile.
            assert!(reply.is_ok() || reply == Reply::Status("NOKEY".to_owned()), "MIGRATE: {reply}");
        }
        keys.array().len()
    }

    /// Makes the new owner the owner; returns when all nodes know. Keys that were not moved are lost to clients.
    pub fn finish(self) {
        let (slot, new) = (self.slot.to_string(), id(self.to));
        // The new owner first: if the old one knew before, clients would be sent in circles.
        ok(self.to, &["CLUSTER", "SETSLOT", &slot, "NODE", &new]);
        ok(self.from, &["CLUSTER", "SETSLOT", &slot, "NODE", &new]);
        let others = self.cluster.masters();
        let others = others.iter().filter(|node| node.is_running());
        for other in others.filter(|node| ![self.to.port(), self.from.port()].contains(&node.port())) {
            ok(other, &["CLUSTER", "SETSLOT", &slot, "NODE", &new]);
        }
        self.cluster.settle();
    }
}
