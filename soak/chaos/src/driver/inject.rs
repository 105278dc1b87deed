//! One fault, from its beginning to its end.

use std::thread::sleep;
use std::time::Duration;

use cache_harness::{Proxy, Server, slot};

use super::fault::Fault;
use super::fleet::Fleet;
use super::memory;
use super::sentry::Sentry;
use super::servers::Servers;
use crate::entries::ROWS;
use crate::moment::{Moment, now};
use crate::popularity::Random;

const SHORT: Duration = Duration::from_secs(3);

/// Above the bound of P4, by enough for reads that would break it.
const LONG: Duration = Duration::from_secs(12);

/// Below what a sentinel takes for a death.
const UNNOTICED: Duration = Duration::from_millis(600);

/// How many slots move.
const MOVES: usize = 6;

/// How it ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mended {
    /// From when on everything could work again: the end of the fault; after a failover, its announcement; the start of
    /// a process in another one's place.
    pub(crate) at: Moment,
    /// Acknowledged writes that the new primary provably does not have.
    pub(crate) lost: i64,
    /// The client that stood still.
    pub(crate) stalled: Option<usize>,
}

/// Breaks something, and mends it.
pub(crate) fn inject(fault: Fault, servers: &Servers, fleet: &mut Fleet, random: &mut Random) -> Mended {
    let mut stalled = None;
    let lost = match fault {
        Fault::Cut | Fault::CutAll | Fault::Delay | Fault::TooSlow | Fault::TooSlowAll => {
            network(fault, servers.proxies(), random)
        }
        Fault::HalfClose | Fault::HalfCloseAll | Fault::BlackHole | Fault::BlackHoleAll | Fault::Deaf => {
            network(fault, servers.proxies(), random)
        }
        Fault::NodeCut | Fault::NodeTooSlow | Fault::NodeHalfClose | Fault::NodeBlackHole => {
            let primaries = servers.primaries();
            let proxy = servers.proxy_of(primaries[random.below(primaries.len())]);
            network(fault, proxy.map(std::slice::from_ref).unwrap_or_default(), random)
        }
        Fault::Failover | Fault::KillPrimary | Fault::FreezePrimary => {
            let (at, lost) = promote(fault, servers, random);
            return Mended { at, lost, stalled };
        }
        Fault::KillClient => {
            fleet.replace(random.below(fleet.len()), &|client| servers.url(client));
            0
        }
        Fault::StallClient => {
            let client = random.below(fleet.len());
            fleet.stall(client, LONG);
            stalled = Some(client);
            0
        }
        Fault::Reshard => reshard(servers, random),
        _ => each_primary(fault, servers, random),
    };
    Mended { at: now(), lost, stalled }
}

fn network(fault: Fault, proxies: &[Proxy], random: &mut Random) -> i64 {
    let all = matches!(fault, Fault::CutAll | Fault::TooSlowAll | Fault::HalfCloseAll | Fault::BlackHoleAll);
    let one = random.below(proxies.len());
    let those = if all { proxies } else { &proxies[one..=one] };
    let time = match fault {
        Fault::HalfClose | Fault::HalfCloseAll | Fault::NodeHalfClose => Duration::ZERO,
        Fault::BlackHole | Fault::NodeBlackHole => LONG,
        _ => SHORT,
    };
    those.iter().for_each(|proxy| match fault {
        Fault::Cut | Fault::CutAll | Fault::NodeCut => proxy.cut(),
        Fault::Delay => proxy.delay(Duration::from_millis(120)),
        Fault::TooSlow | Fault::TooSlowAll | Fault::NodeTooSlow => proxy.delay(Duration::from_millis(400)),
        Fault::HalfClose | Fault::HalfCloseAll | Fault::NodeHalfClose => proxy.half_close(),
        Fault::Deaf => proxy.black_hole_replies(),
        _ => proxy.black_hole(),
    });
    sleep(time);
    those.iter().for_each(Proxy::pass);
    0
}

/// What happens to all servers that take writes; in a cluster, where it says so, to one of them.
fn each_primary(fault: Fault, servers: &Servers, random: &mut Random) -> i64 {
    let primaries = servers.primaries();
    let one = primaries[random.below(primaries.len())];
    // A sentinel talks to servers as clients do: what it takes for a death is another fault.
    let silence = if matches!(servers, Servers::Sentinel(_)) { UNNOTICED } else { Duration::from_millis(1500) };
    match fault {
        Fault::Pause => pause(one, "ALL", silence),
        Fault::PauseWrites => pause(one, "WRITE", SHORT),
        Fault::KillConnections => primaries.iter().for_each(|server| kill(server, "NORMAL")),
        Fault::KillSubscriptions => primaries.iter().for_each(|server| kill(server, "PUBSUB")),
        Fault::KillSome => primaries.iter().for_each(|server| kill_some(server, random)),
        Fault::Freeze => {
            // Longer than the node timeout, a cluster would promote a replica.
            one.stop();
            sleep(if matches!(servers, Servers::Standalone { .. }) { SHORT } else { silence });
            one.resume();
        }
        Fault::Restart => {
            one.kill();
            sleep(SHORT / 2);
            one.restart();
        }
        Fault::Flush => primaries.iter().for_each(|server| drop(server.command(&["FLUSHALL"]))),
        Fault::Evict => {
            let name = name_at(servers, one, random);
            memory::evict(one, &name, ["allkeys-random", "volatile-ttl"][random.below(2)], SHORT);
            memory::relieve(one);
        }
        Fault::Full => {
            primaries.iter().for_each(|server| memory::fill(server));
            sleep(SHORT);
            primaries.iter().for_each(|server| memory::relieve(server));
        }
        other => unreachable!("{other:?} happens elsewhere"),
    }
    0
}

fn pause(server: &Server, what: &str, time: Duration) {
    server.command(&["CLIENT", "PAUSE", &time.as_millis().to_string(), what]);
    sleep(time);
}

fn kill(server: &Server, kind: &str) {
    server.command(&["CLIENT", "KILL", "TYPE", kind, "SKIPME", "YES"]);
}

/// Also those of replicas and sentinels.
fn kill_some(server: &Server, random: &mut Random) {
    let list = server.command(&["CLIENT", "LIST"]).text();
    let ids = list.lines().filter_map(|line| line.strip_prefix("id=")?.split(' ').next());
    for id in ids.filter(|_| random.below(2) == 0) {
        server.command(&["CLIENT", "KILL", "ID", id]);
    }
}

/// A name that lies there.
fn name_at(servers: &Servers, server: &Server, random: &mut Random) -> String {
    let names = std::iter::repeat_with(|| format!("chaos-{}", random.below(100_000)));
    let mut there = names.filter(|name| servers.primary_of(name).port() == server.port());
    there.next().expect("it takes some names")
}

/// A replica takes over; when that was known, and what was lost.
fn promote(fault: Fault, servers: &Servers, random: &mut Random) -> (Moment, i64) {
    let name = format!("chaos-{}", random.below(100_000));
    let old = servers.primary_of(&name);
    let sentry = Sentry::begin(old, &name);
    // So that there is something to lose.
    sleep(Duration::from_millis(100));
    match fault {
        Fault::KillPrimary => old.kill(),
        Fault::FreezePrimary => old.stop(),
        _ => {}
    }
    let new = match servers {
        Servers::Sentinel(sentinel) if fault == Fault::Failover => sentinel.failover(),
        Servers::Sentinel(sentinel) => sentinel.wait_for_new_master(old),
        Servers::Cluster { cluster, .. } if fault == Fault::Failover => cluster.failover(&name),
        Servers::Cluster { cluster, .. } => {
            cluster.settle();
            cluster.node_of(&name)
        }
        Servers::Standalone { .. } => unreachable!("nobody can take over"),
    };
    let at = now();
    let lost = sentry.lost(new);
    if fault == Fault::FreezePrimary {
        old.resume();
    }
    (at, lost)
}

/// Moves the slots of popular values.
fn reshard(servers: &Servers, random: &mut Random) -> i64 {
    let Servers::Cluster { cluster, .. } = servers else { unreachable!("only a cluster has slots") };
    for _ in 0..MOVES {
        let row = random.below(ROWS as usize / 50);
        let name = format!("{}:{row}", ["plain", "tagged", "outer", "strong"][random.below(4)]);
        let from = cluster.node_of(&name);
        let others: Vec<&Server> = cluster.masters().into_iter().filter(|node| node.port() != from.port()).collect();
        cluster.migrate_slot(slot(&name), from, others[random.below(others.len())]);
    }
    0
}
