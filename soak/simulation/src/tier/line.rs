//! The line of one process to the tier: what its cache has for a backend and a backplane.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cache_core::backend::{
    Answer, Backend, BackendError, BackendErrorKind, BackendListener, Bump, Bumped, Capture, Commit, Drop, Dropped,
    Lease, Leased, Limited, Publish, Read, Reading, Sweep,
};
use cache_core::backplane::{Backplane, BackplaneListener};

use super::answer::Slot;
use super::job::Job;
use super::server::Output;
use super::wire::{Tier, failure};

/// A line. Clones are the same one.
#[derive(Clone)]
pub struct Line {
    tier: Arc<Tier>,
    node: usize,
    incarnation: u64,
}

impl Line {
    /// The line of a process that begins.
    #[must_use]
    pub fn new(tier: &Arc<Tier>, node: usize) -> Self {
        Self { tier: Arc::clone(tier), node, incarnation: tier.renew(node) }
    }

    async fn ask(&self, job: Job) -> Result<std::vec::IntoIter<Output>, BackendError> {
        let slot = Slot::default();
        self.tier.send(self.node, self.incarnation, job, slot.clone());
        slot.await.map(Vec::into_iter)
    }
}

fn bytes(output: Option<Output>) -> Option<Vec<u8>> {
    if let Some(Output::Bytes(bytes)) = output { bytes } else { None }
}

fn flag(output: Option<Output>) -> bool {
    matches!(output, Some(Output::Flag(true)))
}

/// What was read of one request, from the outputs of many.
fn reading(read: &Read<'_>, outputs: &mut impl Iterator<Item = Output>) -> Reading {
    let value = read.value.and_then(|_| bytes(outputs.next()));
    let left = read.value.filter(|_| read.remaining).and_then(|_| outputs.next());
    let remaining = if let Some(Output::Left(left)) = left { left } else { None };
    let versions = read.versions.iter().map(|_| bytes(outputs.next()).and_then(|bytes| bytes.try_into().ok()));
    Reading { value, remaining, versions: versions.collect() }
}

impl Backend for Line {
    fn start(&self, listener: Arc<dyn BackendListener>) {
        self.tier.start(self.node, self.incarnation, listener);
    }

    fn read<'a>(&'a self, read: Read<'a>) -> Answer<'a, Reading> {
        Box::pin(async move { Ok(reading(&read, &mut self.ask(Job::read(&[read])).await?)) })
    }

    fn read_many<'a>(&'a self, reads: &'a [Read<'a>]) -> Answer<'a, Vec<Reading>> {
        Box::pin(async move {
            let mut outputs = self.ask(Job::read(reads)).await?;
            Ok(reads.iter().map(|read| reading(read, &mut outputs)).collect())
        })
    }

    fn lease<'a>(&'a self, lease: Lease<'a>) -> Answer<'a, Leased> {
        Box::pin(async move {
            let mut outputs = self.ask(Job::lease(&lease)).await?;
            let (holder, value) = (bytes(outputs.next()), bytes(outputs.next()));
            let captured = outputs.map(|output| bytes(Some(output)).unwrap_or_default()).collect();
            Ok(Leased { holder, value, captured })
        })
    }

    fn capture<'a>(&'a self, captures: &'a [Capture<'a>]) -> Answer<'a, Vec<Vec<u8>>> {
        Box::pin(async move {
            let outputs = self.ask(Job::capture(captures)).await?;
            Ok(outputs.map(|output| bytes(Some(output)).unwrap_or_default()).collect())
        })
    }

    fn swap<'a>(&'a self, name: &'a str, seen: &'a [u8], to: Option<(&'a [u8], Duration)>) -> Answer<'a, bool> {
        Box::pin(async move { Ok(flag(self.ask(Job::swap(name, seen, to)).await?.next())) })
    }

    fn take<'a>(&'a self, name: &'a str, to: &'a [u8], ttl: Duration) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move { Ok(bytes(self.ask(Job::take(name, to, ttl)).await?.next())) })
    }

    fn commit<'a>(&'a self, commit: Commit<'a>) -> Answer<'a, bool> {
        Box::pin(async move { Ok(flag(self.ask(Job::commit(&commit)).await?.nth(1))) })
    }

    fn drop_keys<'a>(&'a self, drop: Drop<'a>) -> Answer<'a, Dropped> {
        Box::pin(async move {
            let members = self.ask(Job::drop_keys(&drop)).await?.next().filter(|_| drop.schemas.is_some());
            let schemas = if let Some(Output::Members(members)) = members { members } else { Vec::new() };
            Ok(Dropped { schemas, confirmed: true })
        })
    }

    fn bump<'a>(&'a self, bump: Bump<'a>) -> Answer<'a, Bumped> {
        Box::pin(async move {
            self.ask(Job::bump(&bump)).await?;
            Ok(Bumped { confirmed: true })
        })
    }

    fn sweep<'a>(&'a self, sweep: Sweep<'a>) -> Answer<'a, u64> {
        Box::pin(async move {
            self.ask(Job::sweep(&sweep)).await?;
            Ok(0)
        })
    }

    fn increment<'a>(&'a self, _: &'a str, _: i64, _: Duration) -> Answer<'a, i64> {
        Box::pin(async { Err(failure(BackendErrorKind::Refused)) })
    }

    fn limit<'a>(&'a self, _: &'a str, _: u64, _: Duration) -> Answer<'a, Limited> {
        Box::pin(async { Err(failure(BackendErrorKind::Refused)) })
    }

    fn add_member<'a>(&'a self, name: &'a str, member: &'a [u8], ttl: Duration) -> Answer<'a, bool> {
        Box::pin(async move { Ok(flag(self.ask(Job::add(name, member, ttl)).await?.next())) })
    }

    fn publish<'a>(&'a self, publish: Publish<'a>) -> Answer<'a, usize> {
        Box::pin(async move { self.ask(Job::publish(publish.message)).await.map(|_| 1) })
    }

    fn probe(&self) -> Answer<'_, ()> {
        Box::pin(async move { self.ask(Job::nothing()).await.map(|_| ()) })
    }
}

impl Backplane for Line {
    fn subscribe(&self, _: &str, listener: Arc<dyn BackplaneListener>) {
        self.tier.subscribe(self.node, self.incarnation, listener);
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("node", &self.node).finish_non_exhaustive()
    }
}
