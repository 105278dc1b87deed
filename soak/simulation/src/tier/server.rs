//! What the server knows, and the smallest things that can happen to it. Between two of them anything else may happen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use cache_core::backend::{DropKey, MARK};
use cache_oracle::Moment;

/// Names and what lies under them.
#[derive(Debug, Clone, Default)]
pub struct Server {
    slots: BTreeMap<String, Slot>,
}

#[derive(Debug, Clone)]
struct Slot {
    content: Content,
    ends: Moment,
}

#[derive(Debug, Clone)]
enum Content {
    Bytes(Vec<u8>),
    Set(BTreeSet<Vec<u8>>),
}

/// One thing that happens at once.
#[derive(Debug, Clone)]
pub enum Step {
    /// Reads bytes.
    Get(String),
    /// Reads how long bytes have left.
    Left(String),
    /// Sets a name if it is free; says whose it is if not.
    Acquire { name: String, to: Vec<u8>, ttl: Duration },
    /// Sets a name if it is free, prolongs it unless it is a mark; says what it is.
    Capture { name: String, candidate: Vec<u8>, ttl: Duration },
    /// Sets or frees a name if it is what was seen.
    Swap { name: String, seen: Vec<u8>, to: Option<(Vec<u8>, Duration)> },
    /// Sets a name; says what it was.
    Take { name: String, to: Vec<u8>, ttl: Duration },
    /// Sets a name, unless it is a mark that stays.
    Set { name: String, to: Vec<u8>, ttl: Duration, over_marks: bool },
    /// Moves what was sent ahead to its name, if the lease is the token's.
    Commit {
        lease: String,
        token: Vec<u8>,
        staging: String,
        value: String,
        ttl: Duration,
        identity: Option<(String, Vec<u8>, Duration)>,
    },
    /// Removes all there is of a key.
    Drop(DropKey),
    /// Removes one name that matches and is none of these, the next one after `after`.
    Sweep { glob: String, after: String, leases: bool },
    /// Adds to a set.
    Add { name: String, member: Vec<u8>, ttl: Duration },
    /// Reads a set.
    Members(String),
    /// Tells the fleet.
    Publish(Vec<u8>),
}

/// What a step came to.
#[derive(Debug, Clone)]
pub enum Output {
    Done,
    Flag(bool),
    Bytes(Option<Vec<u8>>),
    Left(Option<Duration>),
    Members(Vec<Vec<u8>>),
    /// One was removed, and there may be more after this name.
    More(String),
    /// There is none.
    NoMore,
    /// To be published by whoever runs the steps.
    Publish(Vec<u8>),
}

/// Bytes as a person can tell them apart.
pub(super) fn text(bytes: &[u8]) -> String {
    let printable: String = bytes.iter().filter(|byte| byte.is_ascii_graphic()).map(|byte| *byte as char).collect();
    let sum = bytes.iter().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
    format!("{sum:08x}/{}", printable.chars().take(60).collect::<String>())
}

fn version(bytes: &[u8]) -> String {
    text(bytes)[..8].to_owned()
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Get(name) => write!(f, "get {name}"),
            Self::Left(name) => write!(f, "left {name}"),
            Self::Acquire { name, to, .. } => write!(f, "acquire {name} {}", version(to)),
            Self::Capture { name, candidate, ttl } => write!(f, "capture {name} {} {ttl:?}", version(candidate)),
            Self::Swap { name, seen, to } => {
                let to = to.as_ref().map_or_else(|| "nothing".to_owned(), |(to, _)| version(to));
                write!(f, "swap {name} from {} to {to}", version(seen))
            }
            Self::Take { name, to, .. } => write!(f, "take {name} {}", version(to)),
            Self::Set { name, to, .. } => write!(f, "set {name} {}", version(to)),
            Self::Commit { lease, token, .. } => write!(f, "commit {lease} {}", version(token)),
            Self::Drop(key) => write!(f, "drop {} and {:?}", key.identity, key.values),
            Self::Sweep { glob, .. } => write!(f, "sweep {glob}"),
            Self::Add { name, .. } => write!(f, "add {name}"),
            Self::Members(name) => write!(f, "members {name}"),
            Self::Publish(message) => write!(f, "publish {}", text(message)),
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done | Self::Publish(_) => write!(f, "done"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Bytes(None) | Self::NoMore => write!(f, "nothing"),
            Self::Bytes(Some(bytes)) => write!(f, "{}", version(bytes)),
            Self::Left(left) => write!(f, "{left:?}"),
            Self::Members(members) => write!(f, "{} members", members.len()),
            Self::More(name) => write!(f, "{name}"),
        }
    }
}

impl Server {
    /// Does one step.
    pub(super) fn step(&mut self, step: &Step, now: Moment) -> Output {
        match step {
            Step::Get(name) => Output::Bytes(self.bytes(name, now).cloned()),
            Step::Left(name) => {
                let ends = self.slot(name, now).map(|slot| slot.ends);
                Output::Left(ends.filter(|ends| *ends != Moment::MAX).map(|ends| Duration::from_nanos(ends - now)))
            }
            Step::Acquire { name, to, ttl } => {
                let holder = self.bytes(name, now).cloned();
                if holder.is_none() {
                    self.set(name, to, *ttl, now);
                }
                Output::Bytes(holder)
            }
            Step::Capture { name, candidate, ttl } => self.capture(name, candidate, *ttl, now),
            Step::Swap { name, seen, to } => {
                let is_seen = self.bytes(name, now).is_some_and(|bytes| bytes == seen);
                match to {
                    Some((bytes, ttl)) if is_seen => self.set(name, bytes, *ttl, now),
                    None if is_seen => self.remove(name),
                    _ => {}
                }
                Output::Flag(is_seen)
            }
            Step::Take { name, to, ttl } => {
                let before = self.bytes(name, now).cloned();
                self.set(name, to, *ttl, now);
                Output::Bytes(before)
            }
            Step::Set { name, to, ttl, over_marks } => {
                if *over_marks || !self.is_mark(name, now) {
                    self.set(name, to, *ttl, now);
                }
                Output::Done
            }
            Step::Commit { lease, token, staging, value, ttl, identity } => {
                let staged = self.bytes(staging, now).cloned();
                self.remove(staging);
                let (true, Some(bytes)) = (self.bytes(lease, now).is_some_and(|held| held == token), staged) else {
                    return Output::Flag(false);
                };
                self.remove(lease);
                self.set(value, &bytes, *ttl, now);
                if let Some((name, version, ttl)) = identity {
                    self.set(name, version, *ttl, now);
                }
                Output::Flag(true)
            }
            Step::Drop(key) => {
                key.values.iter().chain([&key.identity]).for_each(|name| self.remove(name));
                if !self.is_mark(&key.lease, now) {
                    self.remove(&key.lease);
                }
                Output::Done
            }
            Step::Sweep { glob, after, leases } => self.sweep(glob, after, *leases, now),
            Step::Add { name, member, ttl } => self.add(name, member, *ttl, now),
            Step::Members(name) => Output::Members(match self.slot(name, now).map(|slot| &slot.content) {
                Some(Content::Set(members)) => members.iter().cloned().collect(),
                _ => Vec::new(),
            }),
            Step::Publish(message) => Output::Publish(message.clone()),
        }
    }

    /// Forgets everything.
    pub(super) fn flush(&mut self) {
        self.slots.clear();
    }

    /// Evicts names whose kind is one of these, each with this chance in a thousand.
    pub(super) fn evict(&mut self, kinds: &str, mut chosen: impl FnMut() -> bool) {
        self.slots.retain(|name, _| {
            let kind = name.split(':').nth(1).and_then(|kind| kind.chars().next());
            !(kind.is_some_and(|kind| kinds.contains(kind)) && chosen())
        });
    }

    fn slot(&self, name: &str, now: Moment) -> Option<&Slot> {
        self.slots.get(name).filter(|slot| now < slot.ends)
    }

    fn bytes(&self, name: &str, now: Moment) -> Option<&Vec<u8>> {
        match &self.slot(name, now)?.content {
            Content::Bytes(bytes) => Some(bytes),
            Content::Set(_) => None,
        }
    }

    fn is_mark(&self, name: &str, now: Moment) -> bool {
        self.bytes(name, now).is_some_and(|bytes| bytes.first() == Some(&MARK))
    }

    fn set(&mut self, name: &str, bytes: &[u8], ttl: Duration, now: Moment) {
        let slot = Slot { content: Content::Bytes(bytes.to_vec()), ends: end(now, ttl) };
        match self.slots.get_mut(name) {
            Some(known) => *known = slot,
            None => _ = self.slots.insert(name.to_owned(), slot),
        }
    }

    fn remove(&mut self, name: &str) {
        self.slots.remove(name);
    }

    fn capture(&mut self, name: &str, candidate: &[u8], ttl: Duration, now: Moment) -> Output {
        let Some(bytes) = self.bytes(name, now).cloned() else {
            self.set(name, candidate, ttl, now);
            return Output::Bytes(Some(candidate.to_vec()));
        };
        if bytes.first() != Some(&MARK)
            && let Some(slot) = self.slots.get_mut(name)
        {
            slot.ends = slot.ends.max(end(now, ttl));
        }
        Output::Bytes(Some(bytes))
    }

    fn sweep(&mut self, glob: &str, after: &str, leases: bool, now: Moment) -> Output {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = if after.is_empty() { Unbounded } else { Excluded(after.to_owned()) };
        let next = self.slots.range((from, Unbounded)).map(|(name, _)| name).find(|name| matches(glob, name)).cloned();
        let Some(name) = next else { return Output::NoMore };
        if !(leases && self.is_mark(&name, now)) {
            self.remove(&name);
        }
        Output::More(name)
    }

    fn add(&mut self, name: &str, member: &[u8], ttl: Duration, now: Moment) -> Output {
        let mut members = match self.slot(name, now).map(|slot| &slot.content) {
            Some(Content::Set(members)) => members.clone(),
            _ => BTreeSet::new(),
        };
        let new = members.insert(member.to_vec());
        self.slots.insert(name.to_owned(), Slot { content: Content::Set(members), ends: end(now, ttl) });
        Output::Flag(new)
    }
}

fn end(now: Moment, ttl: Duration) -> Moment {
    u64::try_from(ttl.as_nanos()).map_or(Moment::MAX, |nanos| now.saturating_add(nanos))
}

/// Whether a name matches a glob of `*`, `?` and `\`: what Redis' `SCAN … MATCH` does, without character classes, which
/// nobody here asks for.
pub(crate) fn matches(glob: &str, name: &str) -> bool {
    fn rest(glob: &[u8], name: &[u8]) -> bool {
        match (glob, name) {
            ([], []) => true,
            ([b'*', glob @ ..], _) => (0..=name.len()).any(|skipped| rest(glob, &name[skipped..])),
            ([b'?', glob @ ..], [_, name @ ..]) => rest(glob, name),
            ([b'\\', literal, glob @ ..], [byte, name @ ..]) => literal == byte && rest(glob, name),
            ([literal, glob @ ..], [byte, name @ ..]) => literal == byte && rest(glob, name),
            _ => false,
        }
    }
    rest(glob.as_bytes(), name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn globs_are_those_of_redis() {
        assert!(matches("sim:v:{users:*}@*", "sim:v:{users:1}@abc"));
        assert!(matches("sim:v:{*\\}users:1}@*", "sim:v:{tenant}users:1}@abc"));
        assert!(!matches("sim:v:{users:2}@*", "sim:v:{users:1}@abc"));
        assert!(matches("a?c", "abc") && !matches("a?c", "ac"));
    }
}
