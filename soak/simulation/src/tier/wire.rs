//! The network between the processes and the server: what is late, lost, held up, repeated, and who is told.

use std::sync::Arc;

use cache_core::backend::{BackendError, BackendErrorKind, BackendListener};
use cache_core::backplane::BackplaneListener;
use cache_oracle::Moment;
use parking_lot::Mutex;

use super::answer::Slot;
use super::job::Job;
use super::server::{Output, Server};
use crate::audit::{Audit, Reached};
use crate::dice::Dice;
use crate::plan::{Plan, Settings};
use crate::timeline::{MS, Timeline};

/// How long a process waits for an answer.
pub(super) const TIMEOUT: Moment = 50 * MS;

/// What the way of one kind of traffic is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Weather {
    /// Fast, now and then a little late.
    #[default]
    Fair,
    /// Late, and later than anybody waits for.
    Slow,
    /// One in some gets lost. (Of commands: the request or the answer.)
    Lossy,
    /// Nothing comes through, and nobody is told.
    Hole,
    /// There is no connection, and that is known.
    Down,
}

/// The simulated tier with all lines to it.
pub struct Tier {
    pub(super) timeline: Arc<Timeline>,
    audit: Arc<Audit>,
    state: Mutex<State>,
    /// How many of a thousand requests are not done at once, and for how long nobody goes on with them.
    split: u64,
    gap: Moment,
}

struct State {
    server: Server,
    /// Counts the servers that there were.
    epoch: u64,
    is_down: bool,
    dice: Dice,
    ends: Vec<End>,
    /// The state that a replica has, which does not follow.
    replica: Option<(Server, cache_oracle::Fleet)>,
}

/// A process's end of its line.
#[derive(Default)]
struct End {
    incarnation: u64,
    commands: Weather,
    messages: Weather,
    listener: Option<Arc<dyn BackendListener>>,
    subscriber: Option<Arc<dyn BackplaneListener>>,
    is_subscribed: bool,
    /// Requests that no answer comes to while the line is a hole.
    stuck: Vec<Job>,
}

/// A request that is being done.
struct Running {
    node: usize,
    job: Job,
    slot: Slot,
    sent: Moment,
    epoch: u64,
    covered: Reached,
}

pub(super) fn failure(kind: BackendErrorKind) -> BackendError {
    BackendError::new(kind, "simulated")
}

impl Tier {
    /// A tier for so many processes.
    #[must_use]
    pub fn new(timeline: &Arc<Timeline>, audit: &Arc<Audit>, plan: &Plan, dice: Dice) -> Arc<Self> {
        let nodes = plan.nodes;
        let Settings { split, gap, .. } = plan.settings;
        let ends = (0..nodes).map(|_| End::default()).collect();
        let state = State { server: Server::default(), epoch: 0, is_down: false, dice, ends, replica: None };
        Arc::new(Self {
            timeline: Arc::clone(timeline),
            audit: Arc::clone(audit),
            state: Mutex::new(state),
            split,
            gap,
        })
    }

    /// A request goes out. What becomes of it is decided here.
    pub(super) fn send(self: &Arc<Self>, node: usize, incarnation: u64, job: Job, slot: Slot) {
        let sent = self.timeline.now();
        let mut state = self.state.lock();
        let State { dice, ends, is_down, epoch, .. } = &mut *state;
        let end = &mut ends[node];
        let is_over = end.incarnation != incarnation || *is_down || end.commands == Weather::Down;
        if is_over {
            drop(state);
            slot.answer(Err(failure(BackendErrorKind::Unavailable)));
            return;
        }
        let usual = if end.commands == Weather::Slow { 20 * MS } else { MS / 10 };
        let lost = end.commands == Weather::Lossy && dice.chance(150);
        let delay = dice.delay(usual);
        let running = Running { node, job, slot, sent, epoch: *epoch, covered: Reached::default() };
        if end.commands == Weather::Hole {
            end.stuck.push(running.job);
            drop(state);
            self.time_out(sent, running.slot);
            return;
        }
        drop(state);
        if lost || delay >= TIMEOUT {
            self.time_out(sent, running.slot.clone());
        }
        if !lost {
            let tier = Arc::clone(self);
            self.timeline.after(delay, move || tier.run(running));
        }
    }

    fn time_out(&self, sent: Moment, slot: Slot) {
        self.timeline.at(sent + TIMEOUT, move || slot.answer(Err(failure(BackendErrorKind::Timeout))));
    }

    /// Does steps of a request, until it is over or something else gets in between.
    fn run(self: &Arc<Self>, mut running: Running) {
        let now = self.timeline.now();
        let mut state = self.state.lock();
        if state.is_down || running.epoch != state.epoch {
            drop(state);
            running.slot.answer(Err(failure(BackendErrorKind::Unavailable)));
            return;
        }
        let at_once = !state.dice.chance(self.split);
        loop {
            let State { server, dice, .. } = &mut *state;
            let Some((place, step)) = running.job.next(|many| dice.index(many)) else { break };
            let output = server.step(&step, now);
            self.audit
                .remark(running.node, || format!("      (sent {:.3}) {step} → {output}", running.sent as f64 / 1e6));
            self.audit.done(&mut running.covered, running.node, &step, &output, now);
            if let Output::Publish(message) = &output {
                self.publish(&mut state, running.node, message, &running.covered);
            }
            running.job.note(place, &step, output);
            if !at_once && !running.job.is_over() {
                let delay = state.dice.delay(self.gap);
                drop(state);
                let tier = Arc::clone(self);
                self.timeline.after(delay, move || tier.run(running));
                return;
            }
        }
        self.reply(&mut state, running, now);
    }

    fn reply(&self, state: &mut State, running: Running, now: Moment) {
        let State { dice, ends, .. } = state;
        let weather = ends[running.node].commands;
        let delay = dice.delay(if weather == Weather::Slow { 20 * MS } else { MS / 10 });
        let lost = matches!(weather, Weather::Hole) || (weather == Weather::Lossy && dice.chance(150));
        if lost || now + delay >= running.sent + TIMEOUT {
            self.time_out(running.sent, running.slot);
            return;
        }
        let (slot, outputs) = (running.slot, running.job.outputs());
        let (audit, node, sent) = (Arc::clone(&self.audit), running.node, running.sent);
        self.timeline.after(delay, move || {
            audit.remark(node, || format!("      (sent {:.3}) is answered", sent as f64 / 1e6));
            slot.answer(Ok(outputs));
        });
    }

    /// Sends a message to everybody who is subscribed.
    fn publish(self: &Arc<Self>, state: &mut State, from: usize, message: &[u8], covered: &Reached) {
        let (others, sender) = self.audit.published(covered, self.timeline.now());
        let (others, sender) = (Arc::new(others), Arc::new(sender));
        let State { dice, ends, epoch, .. } = state;
        let epoch = *epoch;
        for (node, end) in ends.iter().enumerate().filter(|(_, end)| end.is_subscribed) {
            let usual = match end.messages {
                Weather::Fair | Weather::Lossy => MS / 10,
                Weather::Slow => 40 * MS,
                Weather::Hole | Weather::Down => continue,
            };
            for _ in 0..if dice.chance(30) { 2 } else { 1 } {
                let demand = Arc::clone(if node == from { &sender } else { &others });
                let (tier, message) = (Arc::clone(self), message.to_vec());
                let incarnation = end.incarnation;
                let delay = dice.delay(usual);
                self.timeline.after(delay, move || tier.deliver(node, incarnation, epoch, &message, &demand));
            }
        }
    }

    fn deliver(
        self: &Arc<Self>,
        node: usize,
        incarnation: u64,
        epoch: u64,
        message: &[u8],
        demand: &Arc<cache_oracle::Demand>,
    ) {
        let subscriber = {
            let state = self.state.lock();
            let end = &state.ends[node];
            // A connection that is gone delivers nothing; that it is gone is told.
            let reaches = end.incarnation == incarnation && end.is_subscribed && end.messages != Weather::Hole;
            end.subscriber.clone().filter(|_| reaches)
        };
        let Some(subscriber) = subscriber else { return };
        if self.audit.is_stopped(node) {
            let (tier, message, demand) = (Arc::clone(self), message.to_vec(), Arc::clone(demand));
            self.timeline.after(20 * MS, move || tier.deliver(node, incarnation, epoch, &message, &demand));
            return;
        }
        self.audit.remark(node, || format!("      message {}", super::server::text(message)));
        subscriber.message(message);
        // What a server that is gone was told, the one that is there now may not know.
        if epoch == self.state.lock().epoch {
            self.audit.reached(node, demand);
        }
    }
}

/// What happens to lines and server.
impl Tier {
    /// The process is a new one.
    pub fn renew(&self, node: usize) -> u64 {
        let mut state = self.state.lock();
        let end = &mut state.ends[node];
        let incarnation = end.incarnation + 1;
        *end = End { incarnation, commands: end.commands, messages: end.messages, ..End::default() };
        incarnation
    }

    /// What the line of a process is like from here on. Nobody is told, but where there is no connection.
    pub fn set(&self, node: usize, commands: Weather, messages: Weather) {
        let (listener, subscriber) = {
            let mut state = self.state.lock();
            let end = &mut state.ends[node];
            let lost = commands == Weather::Down && end.commands != Weather::Down;
            let cut = messages == Weather::Down && end.messages != Weather::Down;
            end.commands = commands;
            end.messages = messages;
            if cut {
                end.is_subscribed = false;
            }
            (end.listener.clone().filter(|_| lost), end.subscriber.clone().filter(|_| cut))
        };
        listener.iter().for_each(|listener| listener.lost(&failure(BackendErrorKind::Unavailable)));
        subscriber.iter().for_each(|subscriber| subscriber.disconnected());
    }

    /// The line of a process is in order again, over new connections where there were none or nothing came through.
    pub fn heal(self: &Arc<Self>, node: usize) {
        let (commands, messages) = {
            let state = self.state.lock();
            (state.ends[node].commands, state.ends[node].messages)
        };
        if commands == Weather::Hole {
            self.unstick(node);
        }
        if commands == Weather::Hole || commands == Weather::Down {
            self.reconnect(node, false);
        }
        self.state.lock().ends[node].commands = Weather::Fair;
        if messages == Weather::Hole || messages == Weather::Down {
            self.resubscribe(node);
        }
        self.state.lock().ends[node].messages = Weather::Fair;
    }

    /// Some of the requests that were stuck in the line arrive now, when nobody waits for them any more.
    fn unstick(self: &Arc<Self>, node: usize) {
        let (stuck, epoch) = {
            let mut state = self.state.lock();
            (std::mem::take(&mut state.ends[node].stuck), state.epoch)
        };
        for job in stuck {
            let (arrives, delay) = {
                let mut state = self.state.lock();
                (state.dice.chance(500), state.dice.delay(5 * MS))
            };
            if arrives {
                let covered = Reached::default();
                let running = Running { node, job, slot: Slot::default(), sent: self.timeline.now(), epoch, covered };
                let tier = Arc::clone(self);
                self.timeline.after(delay, move || tier.run(running));
            }
        }
    }

    fn reconnect(self: &Arc<Self>, node: usize, forgetful: bool) {
        let listener = {
            let mut state = self.state.lock();
            state.ends[node].commands = Weather::Fair;
            state.ends[node].listener.clone()
        };
        listener.iter().for_each(|listener| listener.back(forgetful));
    }

    fn resubscribe(self: &Arc<Self>, node: usize) {
        let subscriber = {
            let mut state = self.state.lock();
            let end = &mut state.ends[node];
            end.messages = Weather::Fair;
            end.is_subscribed = false;
            end.subscriber.clone()
        };
        let Some(subscriber) = subscriber else { return };
        subscriber.disconnected();
        self.state.lock().ends[node].is_subscribed = true;
        subscriber.connected();
    }

    pub(super) fn start(self: &Arc<Self>, node: usize, incarnation: u64, listener: Arc<dyn BackendListener>) {
        let delay = {
            let mut state = self.state.lock();
            state.ends[node].listener = Some(listener);
            state.dice.delay(MS)
        };
        let tier = Arc::clone(self);
        self.timeline.after(delay, move || {
            let listener = {
                let state = tier.state.lock();
                let end = &state.ends[node];
                let reaches = end.incarnation == incarnation && !state.is_down && end.commands != Weather::Down;
                end.listener.clone().filter(|_| reaches)
            };
            listener.iter().for_each(|listener| listener.back(false));
        });
    }

    pub(super) fn subscribe(self: &Arc<Self>, node: usize, incarnation: u64, subscriber: Arc<dyn BackplaneListener>) {
        let delay = {
            let mut state = self.state.lock();
            state.ends[node].subscriber = Some(subscriber);
            state.dice.delay(MS)
        };
        let tier = Arc::clone(self);
        self.timeline.after(delay, move || {
            let subscriber = {
                let mut state = tier.state.lock();
                let is_down = state.is_down;
                let end = &mut state.ends[node];
                let reaches = end.incarnation == incarnation
                    && !is_down
                    && !end.is_subscribed
                    && matches!(end.messages, Weather::Fair | Weather::Slow | Weather::Lossy);
                end.is_subscribed |= reaches;
                end.subscriber.clone().filter(|_| reaches)
            };
            subscriber.iter().for_each(|subscriber| subscriber.connected());
        });
    }

    /// Evicts names of these kinds.
    pub fn evict(&self, kinds: &str, in_thousand: u64) {
        let mut state = self.state.lock();
        let State { server, dice, .. } = &mut *state;
        server.evict(kinds, || dice.chance(in_thousand));
    }

    /// Everything is flushed; nobody is told.
    pub fn flush(&self) {
        self.state.lock().server.flush();
    }

    /// From here on there is a replica that does not follow.
    pub fn leave_replica_behind(&self) {
        let fleet = self.audit.fleet();
        let mut state = self.state.lock();
        state.replica = Some((state.server.clone(), fleet));
    }

    /// The server is gone, and all connections to it.
    pub fn crash(&self) {
        let ends: Vec<_> = {
            let mut state = self.state.lock();
            state.is_down = true;
            state.epoch += 1;
            state.ends.iter_mut().for_each(|end| end.is_subscribed = false);
            state.ends.iter().map(|end| (end.listener.clone(), end.subscriber.clone())).collect()
        };
        for (listener, subscriber) in ends {
            listener.iter().for_each(|listener| listener.lost(&failure(BackendErrorKind::Unavailable)));
            subscriber.iter().for_each(|subscriber| subscriber.disconnected());
        }
    }

    /// A server is there again: the replica that was left behind, or with nothing at all. The processes find it one after
    /// the other.
    pub fn recover(self: &Arc<Self>) {
        let mut state = self.state.lock();
        state.is_down = false;
        match state.replica.take() {
            Some((server, fleet)) => {
                state.server = server;
                self.audit.forget(fleet);
            }
            None => state.server.flush(),
        }
        for node in 0..state.ends.len() {
            // Until a process has been told, its requests find no connection.
            if state.ends[node].commands != Weather::Hole {
                state.ends[node].commands = Weather::Down;
            }
            let (incarnation, commands, messages) =
                (state.ends[node].incarnation, state.dice.delay(20 * MS), state.dice.delay(20 * MS));
            let tier = Arc::clone(self);
            let is_same = move |tier: &Self| tier.state.lock().ends[node].incarnation == incarnation;
            self.timeline.after(commands, move || {
                if is_same(&tier) {
                    tier.reconnect(node, true);
                }
            });
            let tier = Arc::clone(self);
            self.timeline.after(messages, move || {
                if is_same(&tier) {
                    tier.resubscribe(node);
                }
            });
        }
    }

    /// Whether there is no server.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.state.lock().is_down
    }

    /// A line with everything in it that refers to anybody is let go.
    pub fn hang_up(&self) {
        let ends = std::mem::take(&mut self.state.lock().ends);
        drop(ends);
    }
}
