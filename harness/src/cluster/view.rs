//! How one node sees the cluster.

use crate::Server;

/// How far the port of the bus lies above that for clients.
const BUS: u16 = 10_000;

/// A line of `CLUSTER NODES`.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) id: String,
    /// The one that it listens on, whatever it announces.
    pub(super) port: u16,
    pub(super) flags: String,
    /// Whom it follows.
    pub(super) master: Option<String>,
    pub(super) epoch: u64,
    /// First and last of each range it owns.
    pub(super) slots: Vec<(u16, u16)>,
    connected: bool,
}

impl Member {
    /// All members as the node sees them. One that has just died sees nothing.
    pub(super) fn all(node: &Server) -> Vec<Self> {
        let Ok(reply) = node.try_command(&["CLUSTER", "NODES"]) else { return Vec::new() };
        reply.text().lines().filter_map(Self::read).collect()
    }

    /// `id host:port@bus flags master ping pong epoch link slot slot-slot [slot->-id]`.
    fn read(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [id, address, flags, master, _ping, _pong, epoch, link, slots @ ..] = words.as_slice() else { return None };
        let (_, bus) = address.split_once('@')?;
        // That for clients may be a proxy's, and asked over something else than TLS, a node with TLS may not tell it.
        let port = bus.split(',').next()?.parse::<u16>().ok()?.checked_sub(BUS)?;
        Some(Self {
            id: (*id).to_owned(),
            port,
            flags: (*flags).to_owned(),
            master: (*master != "-").then(|| (*master).to_owned()),
            epoch: epoch.parse().ok()?,
            slots: slots.iter().filter_map(|range| self::range(range)).collect(),
            connected: *link == "connected",
        })
    }

    /// Whether the node that looks sees it as one of them.
    pub(super) fn is_well(&self) -> bool {
        let strange = |flag| matches!(flag, "fail" | "fail?" | "handshake" | "noaddr" | "noflags");
        self.connected && !self.flags.split(',').any(strange)
    }

    pub(super) fn owns(&self, slot: u16) -> bool {
        self.slots.iter().any(|&(first, last)| (first..=last).contains(&slot))
    }
}

/// Ranges with the port of their owner, in order.
pub(super) fn owners(members: &[Member]) -> Vec<(u16, u16, u16)> {
    let ranges = members.iter().flat_map(|member| member.slots.iter().map(|&range| (range, member.port)));
    let mut owners: Vec<_> = ranges.map(|((first, last), port)| (first, last, port)).collect();
    owners.sort_unstable();
    owners
}

/// Who follows whom: ports with the names of masters, in order.
pub(super) fn followers(members: &[Member]) -> Vec<(u16, String)> {
    let follows = |member: &Member| Some((member.port, member.master.clone()?));
    let mut followers: Vec<_> = members.iter().filter_map(follows).collect();
    followers.sort_unstable();
    followers
}

/// `7`, `0-5460`; not `[93-<-id]`, which is a slot on its way.
fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{Member, followers, owners};

    #[test]
    fn lines_of_cluster_nodes_are_read() {
        let master = "07c3 127.0.0.1:30004@40004,host slave e7d1 0 1426238317239 4 connected";
        let replica = Member::read(master).expect("it is a line of the specification");
        assert_eq!((replica.port, replica.epoch, replica.master.as_deref()), (30004, 4, Some("e7d1")));
        assert!(replica.is_well() && replica.slots.is_empty());
        let hidden = Member::read("07c3 127.0.0.1:0@40004,,tls-port=30004 slave e7d1 0 1 4 connected");
        assert_eq!(hidden.map(|member| member.port), Some(30004));
        let master = "e7d1 127.0.0.1:15001@40001 myself,master - 0 0 1 connected 0-5460 7000 [93-<-292f]";
        let master = Member::read(master).expect("it is a line of the specification");
        assert!(master.owns(0) && master.owns(5460) && master.owns(7000));
        assert!(!master.owns(5461) && !master.owns(93 + 6000));
        let members = [replica, master];
        assert_eq!(owners(&members), [(0, 5460, 30001), (7000, 7000, 30001)]);
        assert_eq!(followers(&members), [(30004, "e7d1".to_owned())]);
    }

    #[test]
    fn a_member_that_is_lost_is_not_well() {
        for (flags, link) in [("master,fail", "connected"), ("slave,fail?", "connected"), ("master", "disconnected")] {
            let line = format!("id 127.0.0.1:1@10001 {flags} - 0 0 1 {link}");
            assert!(!Member::read(&line).expect("it is a line").is_well(), "{line}");
        }
    }
}
