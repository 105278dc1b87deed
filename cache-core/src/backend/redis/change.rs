//! Removing and marking, and telling the fleet of it.

use std::sync::Arc;
use std::time::Duration;

use redis::Value;

use super::command::{Batch, Command};
use super::fleet::{Lane, Outcome};
use super::link::Link;
use super::reply::{self, Replies};
use super::script;
use crate::backend::{BackendError, Bump, Bumped, Confirm, Drop, Dropped, Limited, Publish};

pub(super) async fn drop_keys(link: &Arc<Link>, drop: &Drop<'_>) -> Result<Dropped, BackendError> {
    let mut first = Vec::new();
    if let Some(schemas) = drop.schemas {
        first.push(Batch::at(schemas).then(Command::new("SMEMBERS").text(schemas)));
    }
    for key in drop.keys {
        let names = [&key.lease, &key.identity].into_iter().chain(&key.values).map(String::as_str);
        first.push(Batch::at(&key.lease).then(Command::script(&script::DROP_KEY, names)));
    }
    let mut phases = vec![first];
    phases.extend(telling(drop.publish));
    let mut outcome = link.run(phases, lane(drop.confirm)).await?;
    let mut schemas = Vec::new();
    if drop.schemas.is_some() {
        let members = Replies::new(outcome.answers.remove(0)).next()?;
        if !reply::is_foreign(&members) {
            for member in reply::list(members)? {
                schemas.extend(reply::bytes(member)?);
            }
        }
    }
    let confirmed = confirmed(drop.confirm, &outcome);
    all_done(outcome)?;
    Ok(Dropped { schemas, confirmed })
}

pub(super) async fn bump(link: &Arc<Link>, bump: &Bump<'_>) -> Result<Bumped, BackendError> {
    let fences = bump.fences.iter().map(|(name, version)| {
        Batch::at(name).then(Command::new("SET").text(name).arg(&**version).text("PX").ttl(bump.ttl))
    });
    let names = bump.names.iter().map(|(name, version)| {
        Batch::at(name).then(Command::script(&script::BUMP, [&**name]).arg(&**version).ttl(bump.ttl))
    });
    let mut phases = vec![fences.collect(), names.collect()];
    phases.extend(telling(bump.publish));
    let outcome = link.run(phases, lane(bump.confirm)).await?;
    let confirmed = confirmed(bump.confirm, &outcome);
    all_done(outcome)?;
    Ok(Bumped { confirmed })
}

pub(super) async fn increment(link: &Arc<Link>, name: &str, by: i64, ttl: Duration) -> Result<i64, BackendError> {
    let add = Command::script(&script::INCREMENT, [name]).number(by).ttl(ttl);
    let answers = link.one(Batch::at(name).then(add)).await?;
    reply::integer(&Replies::new(answers).next()?)
}

pub(super) async fn limit(link: &Arc<Link>, name: &str, most: u64, window: Duration) -> Result<Limited, BackendError> {
    // Twice the window, since the one before counts as well.
    let ask = Command::script(&script::LIMIT, [name]).number(most);
    let micros = window.as_micros().clamp(1, u128::from(u32::MAX) * 1_000_000);
    let ask = ask.number(micros as i128).ttl(window.saturating_mul(2).saturating_add(Duration::from_millis(1)));
    let answers = link.one(Batch::at(name).then(ask)).await?;
    let mut parts = Replies::new(reply::list(Replies::new(answers).next()?)?);
    let mut part = || reply::integer(&parts.next()?);
    let (allowed, remaining, wait) = (part()? == 1, part()?, part()?);
    Ok(Limited {
        allowed,
        remaining: remaining.unsigned_abs(),
        retry_after: if allowed { Duration::ZERO } else { Duration::from_micros(wait.unsigned_abs().max(1)) },
    })
}

pub(super) async fn add_member(
    link: &Arc<Link>,
    name: &str,
    member: &[u8],
    ttl: Duration,
) -> Result<bool, BackendError> {
    let expire = || Command::new("PEXPIRE").text(name).ttl(ttl);
    let batch = Batch::at(name).then(Command::new("SADD").text(name).arg(member));
    // `GT` takes a set that does not end for one that ends last.
    let answers = link.one(batch.then(expire().text("NX")).then(expire().text("GT"))).await?;
    let mut replies = Replies::new(answers);
    let added = reply::integer(&replies.next()?)?;
    replies.finish()?;
    Ok(added > 0)
}

/// Over the connections that commands use, at every server: who hears it knows that each of them carries.
pub(super) async fn publish(link: &Arc<Link>, publish: &Publish<'_>) -> Result<usize, BackendError> {
    let fleet = link.fleet()?;
    let message = [publishing(publish)];
    let sent = futures_util::future::join_all(fleet.all()?.iter().map(|node| node.send(&message))).await;
    let paths = sent.len();
    for answers in sent {
        Replies::new(answers?).finish()?;
    }
    Ok(paths)
}

pub(super) fn publishing<'a>(publish: &Publish<'a>) -> Command<'a> {
    Command::new("PUBLISH").text(publish.channel).arg(publish.message)
}

fn telling(publish: Option<Publish<'_>>) -> Option<Vec<Batch<'_>>> {
    publish.map(|publish| vec![Batch::anywhere().then(publishing(&publish))])
}

fn lane(confirm: Option<Confirm>) -> Lane {
    confirm.map_or(Lane::Shared, Lane::Alone)
}

/// Where nothing was written there is nothing that a replica could not know.
fn confirmed(confirm: Option<Confirm>, outcome: &Outcome) -> bool {
    confirm.is_none_or(|confirm| outcome.replicas.is_none_or(|known| known >= i64::from(confirm.replicas)))
}

fn all_done(outcome: Outcome) -> Result<(), BackendError> {
    let values: Vec<Value> = outcome.answers.concat();
    Replies::new(values).finish()
}
