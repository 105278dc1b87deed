//! The servers that hold names, and the way of commands to them and of answers back.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use redis::{ServerErrorKind, Value};

use super::alarm::Alarm;
use super::command::{Batch, Command};
use super::failure::{of_server, unavailable};
use super::node::Node;
use super::{reply, slot};
use crate::backend::{BackendError, Confirm};

/// No more commands than these go out in one write.
const LONGEST: usize = 1024;

/// Servers that together hold all names, or most.
pub(super) struct Fleet {
    pub(super) nodes: Vec<Arc<Node>>,
    /// First and last slot, and which of the nodes has them; in order.
    pub(super) stretches: Vec<(u16, u16, usize)>,
    /// Whether names are spread over servers.
    pub(super) spread: bool,
    pub(super) alarm: Arc<Alarm>,
}

/// Over which of a server's connections.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// The one that all share.
    Shared,
    /// The one for big values.
    Big,
    /// One that nobody else uses meanwhile, and until replicas know.
    Alone(Confirm),
}

/// What became of batches: their answers, and how many replicas know.
pub(super) struct Outcome {
    pub(super) answers: Vec<Vec<Value>>,
    pub(super) replicas: Option<i64>,
}

impl Fleet {
    /// Whether every name has a server that can be asked.
    pub(super) fn is_whole(&self) -> bool {
        let covered: u32 =
            self.stretches.iter().map(|(first, last, _)| u32::from(last.saturating_sub(*first)) + 1).sum();
        covered == u32::from(slot::COUNT) && !self.nodes.iter().any(|node| node.is_broken())
    }

    /// All servers, for what has to reach each of them.
    pub(super) fn all(&self) -> Result<&[Arc<Node>], BackendError> {
        if self.is_whole() { Ok(&self.nodes) } else { Err(self.alarm.error()) }
    }

    /// The one server that has all names, if it is one.
    pub(super) fn only(&self) -> Option<&Arc<Node>> {
        if self.spread { None } else { self.node(Some(0)).ok() }
    }

    fn node(&self, slot: Option<u16>) -> Result<&Arc<Node>, BackendError> {
        let Some(slot) = slot else {
            let healthy = self.nodes.iter().find(|node| !node.is_broken()).or(self.nodes.first());
            return healthy.ok_or_else(|| self.alarm.error());
        };
        let at = self.stretches.partition_point(|(_, last, _)| *last < slot);
        let found = self.stretches.get(at).filter(|(first, ..)| *first <= slot);
        match found.and_then(|(_, _, node)| self.nodes.get(*node)) {
            Some(node) => Ok(node),
            None => {
                self.alarm.doubt();
                Err(unavailable("no server of the cluster holds this part of the names"))
            }
        }
    }

    /// Does all batches of one phase before any of the next. The answers are in the order of the batches.
    pub(super) async fn run(&self, phases: Vec<Vec<Batch<'_>>>, lane: Lane) -> Result<Outcome, BackendError> {
        // One server does things in the order they are sent in.
        let phases = if self.spread { phases } else { vec![phases.into_iter().flatten().collect()] };
        let mut outcome = Outcome { answers: Vec::new(), replicas: None };
        for phase in phases {
            let Outcome { answers, replicas } = self.phase(&phase, lane).await?;
            outcome.answers.extend(answers);
            outcome.replicas = match (outcome.replicas, replicas) {
                (Some(known), Some(more)) => Some(known.min(more)),
                (known, more) => known.or(more),
            };
        }
        Ok(outcome)
    }

    /// Does batches, at all servers at once.
    async fn phase(&self, batches: &[Batch<'_>], lane: Lane) -> Result<Outcome, BackendError> {
        let mut groups: Vec<(&Arc<Node>, bool, Vec<usize>)> = Vec::new();
        for (index, batch) in batches.iter().enumerate() {
            let node = self.node(batch.slot)?;
            let group = groups.iter_mut().find(|(known, copy, _)| Arc::ptr_eq(known, node) && *copy == batch.replica);
            match group {
                Some((.., indices)) => indices.push(index),
                None => groups.push((node, batch.replica, vec![index])),
            }
        }
        let sent =
            join_all(groups.iter().map(|(node, copy, indices)| group(node, *copy, indices, batches, lane))).await;
        let mut answers: Vec<Vec<Value>> = batches.iter().map(|_| Vec::new()).collect();
        let mut replicas = None;
        for ((_, _, indices), sent) in groups.iter().zip(sent) {
            let (mut values, known) = sent?;
            replicas = known.map(|known| replicas.map_or(known, |others: i64| others.min(known))).or(replicas);
            for index in indices {
                let rest = values.split_off(batches[*index].commands.len().min(values.len()));
                answers[*index] = std::mem::replace(&mut values, rest);
            }
        }
        if self.spread {
            self.follow(batches, &mut answers).await?;
        }
        Ok(Outcome { answers, replicas })
    }

    /// Sends anew what a server has not done because the slot is another's by now: from the first such command on.
    async fn follow(&self, batches: &[Batch<'_>], answers: &mut [Vec<Value>]) -> Result<(), BackendError> {
        for (batch, answers) in batches.iter().zip(answers) {
            let Some(first) = answers.iter().position(is_redirect) else { continue };
            self.alarm.doubt();
            let Some(Value::ServerError(error)) = answers.get(first) else { continue };
            let asking = error.kind() == Some(ServerErrorKind::Ask);
            let refused = of_server(error);
            // Done out of their order they would be something else.
            if !answers[first..].iter().all(is_redirect) {
                return Err(refused);
            }
            let target = error.details().and_then(|details| details.split(' ').nth(1)).unwrap_or_default();
            let Some(node) = self.nodes.iter().find(|node| node.address.to_string() == target) else {
                return Err(refused);
            };
            let mut commands = Vec::new();
            for command in &batch.commands[first..] {
                commands.extend(asking.then(|| Command::new("ASKING")));
                commands.push(command.clone());
            }
            let values = node.send(&commands).await?;
            answers.truncate(first);
            answers.extend(
                values.into_iter().enumerate().filter(|(at, _)| !asking || at % 2 == 1).map(|(_, value)| value),
            );
            if answers.iter().any(is_redirect) {
                return Err(refused);
            }
        }
        Ok(())
    }
}

/// Sends the batches of one server.
async fn group(
    node: &Arc<Node>,
    copy: bool,
    indices: &[usize],
    batches: &[Batch<'_>],
    lane: Lane,
) -> Result<(Vec<Value>, Option<i64>), BackendError> {
    let mut commands: Vec<Command<'_>> =
        indices.iter().flat_map(|index| batches[*index].commands.iter().cloned()).collect();
    // What is on no name is known to no replica.
    let lane = if indices.iter().all(|index| batches[*index].slot.is_none()) { Lane::Shared } else { lane };
    match lane {
        Lane::Alone(Confirm { replicas, timeout }) => {
            // Counts what this connection has written, and must not stand in a transaction.
            let limit = timeout.max(Duration::from_millis(1));
            commands.push(Command::new("WAIT").number(replicas).ttl(limit));
            let mut values = node.send_alone(&commands, limit).await?;
            let known = values.pop().map_or(Ok(0), |value| reply::integer(&value))?;
            Ok((values, Some(known)))
        }
        Lane::Big => Ok((node.send_big(&commands).await?, None)),
        Lane::Shared => {
            let mut values = Vec::with_capacity(commands.len());
            for part in commands.chunks(LONGEST) {
                values.extend(if copy { node.send_to_copy(part).await? } else { node.send(part).await? });
            }
            Ok((values, None))
        }
    }
}

fn is_redirect(value: &Value) -> bool {
    matches!(value, Value::ServerError(error) if matches!(error.kind(), Some(ServerErrorKind::Moved | ServerErrorKind::Ask)))
}
