//! A request as the steps that it takes.

use std::time::Duration;

use cache_core::backend::{Bump, Capture, Commit, Drop, Lease, Publish, Read, Sweep};

use super::server::{Output, Step};

/// A request on its way through the server.
#[derive(Debug)]
pub(super) struct Job {
    /// What is still to be done, last first, each with its place in the request.
    left: Vec<(usize, Step)>,
    outputs: Vec<Output>,
    /// Whether the steps may be done in any order.
    pub(super) unordered: bool,
}

impl Job {
    fn of(steps: Vec<Step>) -> Self {
        let outputs = vec![Output::Done; steps.len()];
        let left = steps.into_iter().enumerate().rev().collect();
        Self { left, outputs, unordered: false }
    }

    /// The next step; `pick` chooses among so many where any may be next.
    pub(super) fn next(&mut self, pick: impl FnOnce(usize) -> usize) -> Option<(usize, Step)> {
        if self.unordered && self.left.len() > 1 {
            let chosen = pick(self.left.len());
            return Some(self.left.remove(chosen));
        }
        self.left.pop()
    }

    /// Takes note of what a step came to.
    pub(super) fn note(&mut self, place: usize, step: &Step, output: Output) {
        match (step, &output) {
            // What was not stored is not told.
            (Step::Commit { .. }, Output::Flag(false)) => self.left.clear(),
            (Step::Sweep { glob, leases, .. }, Output::More(after)) => {
                let next = Step::Sweep { glob: glob.clone(), after: after.clone(), leases: *leases };
                self.left.push((place, next));
            }
            _ => {}
        }
        self.outputs[place] = output;
    }

    pub(super) fn is_over(&self) -> bool {
        self.left.is_empty()
    }

    pub(super) fn outputs(self) -> Vec<Output> {
        self.outputs
    }
}

fn publish(publish: Option<Publish<'_>>) -> Option<Step> {
    publish.map(|publish| Step::Publish(publish.message.to_vec()))
}

fn capture(capture: &Capture<'_>) -> Step {
    Step::Capture { name: capture.name.to_owned(), candidate: capture.candidate.to_vec(), ttl: capture.ttl }
}

fn reading(read: &Read<'_>) -> Vec<Step> {
    let value = read.value.map(|name| Step::Get(name.to_owned()));
    let left = read.value.filter(|_| read.remaining).map(|name| Step::Left(name.to_owned()));
    let versions = read.versions.iter().map(|name| Step::Get((*name).to_owned()));
    value.into_iter().chain(left).chain(versions).collect()
}

impl Job {
    pub(super) fn read(reads: &[Read<'_>]) -> Self {
        let mut job = Self::of(reads.iter().flat_map(reading).collect());
        job.unordered = true;
        job
    }

    pub(super) fn lease(lease: &Lease<'_>) -> Self {
        let acquire = Step::Acquire { name: lease.lease.to_owned(), to: lease.token.to_vec(), ttl: lease.ttl };
        let steps = [acquire, Step::Get(lease.value.to_owned())];
        Self::of(steps.into_iter().chain(lease.captures.iter().map(capture)).collect())
    }

    pub(super) fn capture(captures: &[Capture<'_>]) -> Self {
        Self::of(captures.iter().map(capture).collect())
    }

    pub(super) fn swap(name: &str, seen: &[u8], to: Option<(&[u8], Duration)>) -> Self {
        let to = to.map(|(to, ttl)| (to.to_vec(), ttl));
        Self::of(vec![Step::Swap { name: name.to_owned(), seen: seen.to_vec(), to }])
    }

    pub(super) fn take(name: &str, to: &[u8], ttl: Duration) -> Self {
        Self::of(vec![Step::Take { name: name.to_owned(), to: to.to_vec(), ttl }])
    }

    pub(super) fn commit(commit: &Commit<'_>) -> Self {
        let staging = commit.staging.to_owned();
        let ahead = Step::Set { name: staging.clone(), to: commit.bytes.to_vec(), ttl: commit.ttl, over_marks: true };
        let identity = commit.identity.map(|(name, version, ttl)| (name.to_owned(), version.to_vec(), ttl));
        let take = Step::Commit {
            lease: commit.lease.to_owned(),
            token: commit.token.to_vec(),
            staging,
            value: commit.value.to_owned(),
            ttl: commit.ttl,
            identity,
        };
        Self::of([ahead, take].into_iter().chain(publish(commit.publish)).collect())
    }

    pub(super) fn drop_keys(drop: &Drop<'_>) -> Self {
        let keys = drop.keys.iter().cloned().map(Step::Drop);
        let schemas = drop.schemas.map(|name| Step::Members(name.to_owned()));
        Self::of(schemas.into_iter().chain(keys).chain(publish(drop.publish)).collect())
    }

    pub(super) fn bump(bump: &Bump<'_>) -> Self {
        let ttl = bump.ttl;
        let set = |(name, version): &(String, Vec<u8>), over_marks: bool| Step::Set {
            name: name.clone(),
            to: version.clone(),
            ttl,
            over_marks,
        };
        let fences = bump.fences.iter().map(|fence| set(fence, true));
        let names = bump.names.iter().map(|name| set(name, false));
        Self::of(fences.chain(names).chain(publish(bump.publish)).collect())
    }

    pub(super) fn sweep(sweep: &Sweep<'_>) -> Self {
        let pass = |glob: &String, leases| Step::Sweep { glob: glob.clone(), after: String::new(), leases };
        let leases = sweep.leases.iter().map(|glob| pass(glob, true));
        let globs = sweep.globs.iter().map(|glob| pass(glob, false));
        let steps = publish(sweep.publish).into_iter().chain(leases).chain(globs).chain(publish(sweep.publish));
        Self::of(steps.collect())
    }

    pub(super) fn add(name: &str, member: &[u8], ttl: Duration) -> Self {
        Self::of(vec![Step::Add { name: name.to_owned(), member: member.to_vec(), ttl }])
    }

    pub(super) fn publish(message: &[u8]) -> Self {
        Self::of(vec![Step::Publish(message.to_vec())])
    }

    pub(super) fn nothing() -> Self {
        Self::of(Vec::new())
    }
}
