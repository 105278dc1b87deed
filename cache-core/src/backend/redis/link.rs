//! The supervisor: owns every connection, and replaces what is broken.
//!
//! redis-rs is given single connections only. Its own reconnecting keeps a wedged connection for ever, lets commands wait
//! while there is none, and stays on a primary that is none any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use parking_lot::{Mutex, RwLock};

use super::alarm::Alarm;
use super::command::Batch;
use super::discover::{self, Primary};
use super::failure::unavailable;
use super::fleet::{Fleet, Lane, Outcome};
use super::node::{Identity, Node};
use super::sentinel::{self, Announced};
use super::settings::{Settings, Topology};
use super::subscription::{self, Moved, Subscription};
use super::wire::Dial;
use super::within::{pause, within};

use crate::backend::BackendError;
use crate::random::{Random, SystemRandom};

/// How often connections that nobody uses are asked whether they live.
pub(super) const BEAT: Duration = Duration::from_secs(1);
/// The wait after the first failure to connect, and the longest.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

/// All that clones of a backend share.
pub(super) struct Link {
    pub(super) dial: Arc<Dial>,
    pub(super) alarm: Arc<Alarm>,
    fleet: RwLock<Option<Arc<Fleet>>>,
    /// Who had which slots when they were last connected to.
    known: Mutex<Vec<(u16, u16, Identity)>>,
    /// One attempt to connect at a time.
    refreshing: tokio::sync::Mutex<()>,
    keeping: AtomicBool,
    closed: AtomicBool,
    random: SystemRandom,
    pub(super) subscriptions: Mutex<Vec<Arc<Subscription>>>,
    pub(super) moved: Moved,
    pub(super) announced: Announced,
}

impl Link {
    pub(super) fn new(settings: Settings) -> Result<Arc<Self>, BackendError> {
        Ok(Arc::new(Self {
            dial: Arc::new(Dial::new(settings)?),
            alarm: Arc::new(Alarm::new()),
            fleet: RwLock::new(None),
            known: Mutex::default(),
            refreshing: tokio::sync::Mutex::default(),
            keeping: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            random: SystemRandom::new(),
            subscriptions: Mutex::default(),
            moved: Moved::new(),
            announced: Announced::default(),
        }))
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.dial.settings
    }

    /// The servers of the moment; fails at once if there are none.
    pub(super) fn fleet(self: &Arc<Self>) -> Result<Arc<Fleet>, BackendError> {
        self.keep();
        self.known_fleet().ok_or_else(|| self.alarm.error())
    }

    pub(super) fn known_fleet(&self) -> Option<Arc<Fleet>> {
        self.fleet.read().clone()
    }

    /// Does batches at the servers of the moment.
    pub(super) async fn run(
        self: &Arc<Self>,
        phases: Vec<Vec<Batch<'_>>>,
        lane: Lane,
    ) -> Result<Outcome, BackendError> {
        let fleet = self.fleet()?;
        // By itself: it is large, and held by every request.
        Box::pin(fleet.run(phases, lane)).await
    }

    /// Does one batch.
    pub(super) async fn one(self: &Arc<Self>, batch: Batch<'_>) -> Result<Vec<redis::Value>, BackendError> {
        let outcome = self.run(vec![vec![batch]], Lane::Shared).await?;
        Ok(outcome.answers.into_iter().next().unwrap_or_default())
    }

    /// No more connections are made.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.alarm.wake();
        self.moved.tell();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Sees to it that somebody repairs. The one before may have gone with its runtime.
    pub(super) fn keep(self: &Arc<Self>) {
        if self.keeping.load(Ordering::Acquire) {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if !self.keeping.swap(true, Ordering::AcqRel) {
            let keeper = Keeper(Arc::clone(self));
            drop(runtime.spawn(async move { keeper.run().await }));
        }
    }

    /// Looks which servers there are, connects to those that are new or broken, and goes over to them.
    pub(super) async fn refresh(&self) -> Result<(), BackendError> {
        let _one = self.refreshing.lock().await;
        let before = self.known_fleet();
        let nodes: &[Arc<Node>] = before.as_ref().map_or(&[], |fleet| &fleet.nodes);
        let primaries = discover::primaries(&self.dial, &self.announced, nodes).await?;
        let connected = join_all(primaries.iter().map(|primary| self.reach(primary, nodes))).await;
        let (mut found, mut failed) = (Vec::new(), None);
        for (primary, connected) in primaries.into_iter().zip(connected) {
            match connected {
                Ok(node) => {
                    if let Some(replicas) = &primary.replicas {
                        node.replicas.lock().clone_from(replicas);
                    }
                    found.push((primary, node));
                }
                Err(error) => failed = Some(error),
            }
        }
        if found.is_empty() {
            return Err(failed.unwrap_or_else(|| unavailable("there is no server to connect to")));
        }
        self.adopt(before.as_deref(), found);
        match failed {
            None => Ok(()),
            Some(error) => {
                self.alarm.lost(&error);
                Err(error)
            }
        }
    }

    /// The connection there is, if it is good; else a new one.
    async fn reach(&self, primary: &Primary, nodes: &[Arc<Node>]) -> Result<Arc<Node>, BackendError> {
        let known = nodes.iter().find(|node| node.address == primary.address && !node.is_broken());
        match known {
            Some(node) => Ok(Arc::clone(node)),
            None => Node::connect(&self.dial, &self.alarm, primary.address.clone()).await.map(Arc::new),
        }
    }

    fn adopt(&self, before: Option<&Fleet>, found: Vec<(Primary, Arc<Node>)>) {
        let old: &[Arc<Node>] = before.map_or(&[], |fleet| &fleet.nodes);
        let is_old = |node: &Arc<Node>| old.iter().any(|known| Arc::ptr_eq(known, node));
        let mut stretches: Vec<(u16, u16, usize)> = Vec::new();
        for (index, (primary, _)) in found.iter().enumerate() {
            stretches.extend(primary.slots.iter().map(|(first, last)| (*first, *last, index)));
        }
        stretches.sort_unstable();
        let nodes: Vec<Arc<Node>> = found.iter().map(|(_, node)| Arc::clone(node)).collect();
        let same = nodes.len() == old.len() && nodes.iter().all(is_old);
        if same && before.is_some_and(|fleet| fleet.stretches == stretches) {
            return;
        }
        let fresh = nodes.iter().any(|node| !is_old(node));
        if fresh {
            let mut known = self.known.lock();
            let mut forgetful = false;
            for (primary, node) in &found {
                for (first, last) in &primary.slots {
                    forgetful |= !is_old(node) && succeed(&known, *first, *last, &node.identity);
                    replace(&mut known, *first, *last, &node.identity);
                }
            }
            drop(known);
            // Before anything can be asked over the new ones.
            self.alarm.back(forgetful);
        }
        let fleet = Fleet { nodes, stretches, spread: self.settings().is_cluster(), alarm: Arc::clone(&self.alarm) };
        let replaced = self.fleet.write().replace(Arc::new(fleet));
        if let Some(replaced) = replaced {
            let current = self.known_fleet();
            let stays = |node: &Arc<Node>| {
                current.as_ref().is_some_and(|fleet| fleet.nodes.iter().any(|known| Arc::ptr_eq(known, node)))
            };
            replaced.nodes.iter().filter(|node| !stays(node)).for_each(|node| node.retire());
        }
        self.moved.tell();
    }

    /// Whether the connections are what they should be.
    fn is_whole(&self) -> bool {
        self.known_fleet().is_some_and(|fleet| fleet.is_whole())
    }

    /// One of so many.
    pub(super) fn pick(&self, of: usize) -> usize {
        usize::try_from(self.random.next_u64() >> 1).unwrap_or(0).checked_rem(of).unwrap_or(0)
    }

    /// Somewhere between half of `length` and all of it.
    pub(super) fn jitter(&self, length: Duration) -> Duration {
        let share = (self.random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        length.mul_f64(0.5 + share / 2.0)
    }
}

/// Whether somebody else had these slots before.
fn succeed(known: &[(u16, u16, Identity)], first: u16, last: u16, identity: &Identity) -> bool {
    known.iter().any(|(from, to, before)| *from <= last && first <= *to && before != identity)
}

/// Notes who has these slots.
fn replace(known: &mut Vec<(u16, u16, Identity)>, first: u16, last: u16, identity: &Identity) {
    let mut rest = Vec::new();
    for (from, to, before) in known.drain(..) {
        if to < first || last < from {
            rest.push((from, to, before));
            continue;
        }
        if from < first {
            rest.push((from, first - 1, before.clone()));
        }
        if last < to {
            rest.push((last + 1, to, before));
        }
    }
    rest.push((first, last, identity.clone()));
    *known = rest;
}

/// Repairs for as long as its runtime lives and somebody has the backend.
struct Keeper(Arc<Link>);

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.keeping.store(false, Ordering::Release);
    }
}

impl Keeper {
    async fn run(self) {
        let link = &self.0;
        // Ends with this task, and with the runtime.
        let mut watches = tokio::task::JoinSet::new();
        if let Topology::Sentinel { sentinels, service } = &link.settings().topology {
            for address in sentinels {
                watches.spawn(sentinel::watch(Arc::clone(link), address.clone(), service.clone()));
            }
        }
        let mut wait = BACK_OFF.0;
        while !link.is_closed() {
            subscription::start_all(link);
            let doubt = link.alarm.take_doubt();
            if doubt || !link.is_whole() {
                match link.refresh().await {
                    // Doubts may come with every command, from a cluster that is down.
                    Ok(()) if link.is_whole() => wait = if doubt { BACK_OFF.0 * 5 } else { BACK_OFF.0 },
                    outcome => {
                        if let Err(error) = outcome {
                            link.alarm.failed(&error);
                        }
                        wait = (wait * 2).min(BACK_OFF.1);
                    }
                }
                pause(link.jitter(wait)).await;
                continue;
            }
            if within(link.jitter(BEAT), link.alarm.woken()).await.is_none()
                && let Some(fleet) = link.known_fleet()
            {
                join_all(fleet.nodes.iter().map(|node| node.beat())).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_had_a_slot_before_is_known() {
        let (one, two) = (Identity::of_test("1"), Identity::of_test("2"));
        let mut known = Vec::new();
        assert!(!succeed(&known, 0, 9, &one), "nobody was there before");
        replace(&mut known, 0, 9, &one);
        replace(&mut known, 10, 19, &two);
        assert!(!succeed(&known, 0, 9, &one));
        assert!(succeed(&known, 5, 12, &one));
        replace(&mut known, 3, 5, &two);
        assert!(!succeed(&known, 3, 5, &two) && !succeed(&known, 0, 2, &one) && !succeed(&known, 6, 9, &one));
        assert!(succeed(&known, 2, 3, &two));
    }
}
