//! Leases, versions, and what is done with them.

use std::sync::Arc;
use std::time::Duration;

use redis::Value;

use super::command::{Batch, Command};
use super::fleet::Lane;
use super::link::Link;
use super::reply::{self, Replies};
use super::script;
use crate::backend::{BackendError, Capture, Commit, Lease, Leased};

/// A value that was sent ahead and is not taken is gone after this at the latest. One that lives no longer anyway needs
/// no other lifetime when it is taken.
const STAGED: Duration = Duration::from_secs(15 * 60);

pub(super) async fn lease(link: &Arc<Link>, lease: &Lease<'_>) -> Result<Leased, BackendError> {
    let set = Command::new("SET").text(lease.lease).arg(lease.token).text("NX").text("GET").text("PX").ttl(lease.ttl);
    let value = Command::new("GET").text(lease.value);
    let fleet = link.fleet()?;
    if let Some(node) = fleet.only() {
        // It does things in the order they are sent in.
        let commands: Vec<_> = [set, value].into_iter().chain(lease.captures.iter().map(capture_one)).collect();
        let mut answers = node.send(&commands).await?;
        let rest = answers.split_off(2.min(answers.len()));
        return leased(lease, answers, rest.into_iter().map(|answer| vec![answer]).collect());
    }
    // By itself, so that what nearly all leases are is not as large as this.
    Box::pin(lease_anywhere(link, lease, set, value)).await
}

async fn lease_anywhere<'a>(
    link: &Arc<Link>,
    lease: &Lease<'a>,
    set: Command<'a>,
    value: Command<'a>,
) -> Result<Leased, BackendError> {
    let first = Batch::at(lease.lease).then(set);
    let second = Batch::at(lease.value);
    let together = second.slot == first.slot;
    let mut phases = if together { vec![vec![first.then(value)]] } else { vec![vec![first], vec![second.then(value)]] };
    phases.push(capturing(lease.captures));
    let mut head = link.run(phases, Lane::Shared).await?.answers;
    let rest = head.split_off(if together { 1 } else { 2 });
    leased(lease, head.concat(), rest)
}

fn leased(lease: &Lease<'_>, head: Vec<Value>, rest: Vec<Vec<Value>>) -> Result<Leased, BackendError> {
    let mut replies = Replies::new(head);
    let holder = match replies.next()? {
        // Somebody has it, and nobody can tell who.
        foreign if reply::is_foreign(&foreign) => Some(Vec::new()),
        value => reply::bytes(value)?,
    };
    Ok(Leased { holder, value: reply::bytes(replies.next()?)?, captured: captured(lease.captures, rest)? })
}

pub(super) async fn capture(link: &Arc<Link>, captures: &[Capture<'_>]) -> Result<Vec<Vec<u8>>, BackendError> {
    let outcome = link.run(vec![capturing(captures)], Lane::Shared).await?;
    captured(captures, outcome.answers)
}

fn capturing<'a>(captures: &[Capture<'a>]) -> Vec<Batch<'a>> {
    captures.iter().map(|capture| Batch::at(capture.name).then(capture_one(capture))).collect()
}

fn capture_one<'a>(capture: &Capture<'a>) -> Command<'a> {
    Command::script(&script::CAPTURE, [capture.name]).arg(capture.candidate).ttl(capture.ttl)
}

fn captured(captures: &[Capture<'_>], answers: Vec<Vec<Value>>) -> Result<Vec<Vec<u8>>, BackendError> {
    let taken = captures.iter().zip(answers).map(|(capture, answers)| {
        let mut replies = Replies::new(answers);
        let version = match replies.next()? {
            foreign if reply::is_foreign(&foreign) => Vec::new(),
            value => reply::bytes(value)?.unwrap_or_else(|| capture.candidate.to_vec()),
        };
        replies.finish()?;
        Ok(version)
    });
    taken.collect()
}

pub(super) async fn swap(
    link: &Arc<Link>,
    name: &str,
    seen: &[u8],
    to: Option<(&[u8], Duration)>,
) -> Result<bool, BackendError> {
    let swap = Command::script(&script::SWAP, [name]).arg(seen);
    let swap = match to {
        Some((bytes, ttl)) => swap.arg(bytes).ttl(ttl),
        None => swap,
    };
    let answers = link.one(Batch::at(name).then(swap)).await?;
    Ok(reply::integer(&Replies::new(answers).next()?)? == 1)
}

pub(super) async fn take(
    link: &Arc<Link>,
    name: &str,
    to: &[u8],
    ttl: Duration,
) -> Result<Option<Vec<u8>>, BackendError> {
    let set = Command::new("SET").text(name).arg(to).text("PX").ttl(ttl);
    let answers = link.one(Batch::at(name).then(set.clone().text("GET"))).await?;
    let before = Replies::new(answers).next()?;
    if !reply::is_foreign(&before) {
        return reply::bytes(before);
    }
    // `GET` refused, and with it nothing was done.
    let answers = link.one(Batch::at(name).then(set)).await?;
    reply::done(&Replies::new(answers).next()?)?;
    Ok(None)
}

pub(super) async fn commit(link: &Arc<Link>, commit: &Commit<'_>) -> Result<bool, BackendError> {
    let stage = Command::new("SET").text(commit.staging).arg(commit.bytes).text("PX").ttl(commit.ttl.min(STAGED));
    let names = [commit.lease, commit.staging, commit.value].into_iter().chain(commit.identity.map(|(name, ..)| name));
    let publish = commit.publish;
    let named = Command::script(&script::COMMIT, names).arg(commit.token);
    let timed = if commit.ttl > STAGED { named.ttl(commit.ttl) } else { named.text("") };
    let store = timed
        .text(publish.map_or("", |publish| publish.channel))
        .arg(publish.map_or(&[][..], |publish| publish.message));
    let store = match commit.identity {
        Some((_, version, ttl)) => store.arg(version).ttl(ttl),
        None => store,
    };
    let lane = if commit.bytes.len() >= link.settings().big_value { Lane::Big } else { Lane::Shared };
    let fleet = link.fleet()?;
    let answers = match fleet.only() {
        Some(node) if lane == Lane::Shared => node.send(&[stage, store]).await?,
        _ => {
            let batch = Batch::at(commit.lease).then(stage).then(store);
            Box::pin(link.run(vec![vec![batch]], lane)).await?.answers.concat()
        }
    };
    let mut replies = Replies::new(answers);
    reply::done(&replies.next()?)?;
    Ok(reply::integer(&replies.next()?)? == 1)
}
