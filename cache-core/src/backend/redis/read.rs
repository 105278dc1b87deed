//! Reading: plain `MGET` and `PTTL`, never a script.

use std::sync::Arc;
use std::time::Duration;

use redis::Value;

use super::command::{Batch, Command};
use super::failure::odd_answer;
use super::fleet::{Fleet, Lane};
use super::gather::Gather;
use super::link::Link;
use super::{reply, slot};
use crate::backend::{BackendError, Read, Reading};

/// No more names than these in one `MGET`: others want an answer too.
const LONGEST: usize = 512;

/// Names that one command reads, and whose they are.
struct Group<'a> {
    slot: u16,
    replica: bool,
    names: Vec<(usize, Place, &'a str)>,
}

/// What a name is to a read.
#[derive(Clone, Copy)]
enum Place {
    Value,
    Remaining,
    Version(usize),
}

/// Reads: where one server has all names, in one command with others who ask now.
pub(super) async fn read(link: &Arc<Link>, read: &Read<'_>) -> Result<Reading, BackendError> {
    let fleet = link.fleet()?;
    let copied = read.replica && link.settings().replica_reads;
    if let Some(node) = fleet.only()
        && !copied
        && Gather::takes(read)
    {
        return node.read(read).await;
    }
    // By itself, so that what nearly all reads are is not as large as this.
    let readings = Box::pin(read_at(link, &fleet, std::slice::from_ref(read))).await?;
    Ok(readings.into_iter().next().unwrap_or_default())
}

pub(super) async fn read_many(link: &Arc<Link>, reads: &[Read<'_>]) -> Result<Vec<Reading>, BackendError> {
    read_at(link, &*link.fleet()?, reads).await
}

async fn read_at(link: &Link, fleet: &Fleet, reads: &[Read<'_>]) -> Result<Vec<Reading>, BackendError> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (index, read) in reads.iter().enumerate() {
        let replica = read.replica && link.settings().replica_reads;
        let values = read.value.into_iter().flat_map(|name| {
            let remaining = read.remaining.then_some((Place::Remaining, name, replica));
            [Some((Place::Value, name, replica)), remaining].into_iter().flatten()
        });
        let versions = read.versions.iter().enumerate().map(|(at, name)| (Place::Version(at), *name, false));
        for (place, name, replica) in values.chain(versions) {
            let slot = if fleet.spread { slot::of(name.as_bytes()) } else { 0 };
            let fits =
                |group: &&mut Group<'_>| group.slot == slot && group.replica == replica && group.names.len() < LONGEST;
            match groups.iter_mut().rev().find(fits) {
                Some(group) => group.names.push((index, place, name)),
                None => groups.push(Group { slot, replica, names: vec![(index, place, name)] }),
            }
        }
    }
    let batches: Vec<Batch<'_>> = groups.iter().map(Group::batch).collect();
    let outcome = fleet.run(vec![batches], Lane::Shared).await?;
    let mut readings: Vec<Reading> =
        reads.iter().map(|read| Reading { versions: vec![None; read.versions.len()], ..Reading::default() }).collect();
    for (group, answers) in groups.iter().zip(outcome.answers) {
        group.take(answers, &mut readings)?;
    }
    Ok(readings)
}

impl<'a> Group<'a> {
    fn batch(&self) -> Batch<'a> {
        let mut batch = Batch::anywhere();
        (batch.slot, batch.replica) = (Some(self.slot), self.replica);
        let is_life = |place: &Place| matches!(place, Place::Remaining);
        // A life may be all that is left for this command of what was too much for another.
        if self.reads_values() {
            let names = self.names.iter().filter(|(_, place, _)| !is_life(place));
            batch = batch.then(names.fold(Command::new("MGET"), |get, (.., name)| get.text(name)));
        }
        let ends = self.names.iter().filter(|(_, place, _)| is_life(place));
        ends.fold(batch, |batch, (.., name)| batch.then(Command::new("PTTL").text(name)))
    }

    fn reads_values(&self) -> bool {
        self.names.iter().any(|(_, place, _)| !matches!(place, Place::Remaining))
    }

    fn take(&self, answers: Vec<Value>, readings: &mut [Reading]) -> Result<(), BackendError> {
        let mut answers = answers.into_iter();
        let values =
            if self.reads_values() { reply::list(answers.next().ok_or_else(odd_answer)?)? } else { Vec::new() };
        let mut values = values.into_iter();
        for (index, place, _) in &self.names {
            let reading = &mut readings[*index];
            match place {
                Place::Value => reading.value = reply::bytes(values.next().ok_or_else(odd_answer)?)?,
                Place::Version(at) => reading.versions[*at] = reply::version(&values.next().ok_or_else(odd_answer)?)?,
                Place::Remaining => reading.remaining = remaining(&answers.next().ok_or_else(odd_answer)?)?,
            }
        }
        Ok(())
    }
}

/// What `PTTL` says; negative: it does not end, or is not there.
pub(super) fn remaining(value: &Value) -> Result<Option<Duration>, BackendError> {
    Ok(u64::try_from(reply::integer(value)?).ok().map(Duration::from_millis))
}
