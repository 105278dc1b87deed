//! Versions of names: known, read, captured.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use smallvec::SmallVec;

use super::Tier;
use super::mirror::Learned;
use super::names::{FENCES, WireKeys};
use crate::backend::{BackendError, BackendErrorKind, Capture, Read};
use crate::clock::Time;
use crate::fleet_name::{FleetName, NameRef};
use crate::foundation::Known;
use crate::mutant::{self, Mutant};
use crate::shared::Shared;
use crate::touch::Touch;
use crate::version::Version;

/// The longest that anything lives in the tier, and so what versions of everything, regions and fences outlive twice.
pub(crate) const LONGEST_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// The versions of some names, in their order; `None` for those that are free.
pub(crate) type Versions = SmallVec<[Option<Version>; 5]>;

impl Tier {
    /// The version of a name, if it is known without asking.
    pub(crate) fn known(&self, shared: &Shared, name: NameRef<'_>) -> Option<Version> {
        if self.is_linked(shared) { self.mirror.get(name) } else { None }
    }

    /// Notes what was read of a name by a read that began at `read_at`. For who is linked only: the gap before a link
    /// is proven forgets all that.
    fn learn(&self, shared: &Shared, name: NameRef<'_>, learned: Learned) {
        if let Some(local) = self.local(shared, name) {
            self.mirror.fill(name, local, learned);
        }
    }

    /// A tag with its version, if that is known without asking and outlives an entry that is loaded now and lives for `life`:
    /// then it need not be captured. It may be an older one, and that could only reject.
    pub(crate) fn known_for(&self, shared: &Shared, name: NameRef<'_>, life: Duration) -> Option<Known> {
        // The load takes its time, too.
        let until = shared.clock.coarse().saturating_add(life.saturating_add(life / 8));
        if self.is_linked(shared) { self.mirror.get_lasting(name, until) } else { None }
    }

    /// Reads the versions of names from the tier.
    pub(crate) async fn read_versions(
        &self,
        shared: &Shared,
        names: &[FleetName],
    ) -> Result<Vec<Option<Version>>, BackendError> {
        let names = names.iter().map(FleetName::as_name);
        let wire = WireKeys::of(names.clone(), self.names.namespace());
        let read_at = shared.touches.read();
        let read = Read { versions: &wire.list(), ..Read::default() };
        let reading = self.ask(shared, "read versions", || self.backend.read(read)).await?;
        Ok(self.learn_all(shared, names, &reading.versions, read_at).into_vec())
    }

    /// What a read that began at `read_at` has brought of names.
    pub(crate) fn learn_all<'n, 'b>(
        &self,
        shared: &Shared,
        names: impl IntoIterator<Item = NameRef<'n>>,
        read: impl IntoIterator<Item = &'b Option<[u8; Version::LEN]>>,
        read_at: Touch,
    ) -> Versions {
        let mut read = read.into_iter().peekable();
        let linked = read.peek().is_some() && self.is_linked(shared);
        let version = |(name, bytes): (NameRef<'_>, &Option<[u8; Version::LEN]>)| {
            let version = parse(bytes.as_ref().map(<[u8; Version::LEN]>::as_slice))?;
            if linked {
                self.learn(shared, name, Learned { version, read_at, lives_until: Time::default() });
            }
            Some(version)
        };
        names.into_iter().zip(read).map(version).collect()
    }

    /// How long the version of a name has to live, for entries that live so long.
    pub(crate) fn version_life(name: &FleetName, entry: Duration) -> Duration {
        match name {
            FleetName::Everything | FleetName::Region(_) => LONGEST_LIFE * 2,
            FleetName::Tag(_) | FleetName::Key(_) => entry.saturating_mul(2),
        }
    }

    /// Captures the versions of names, before what will depend on them is read from the source. An entry built on them
    /// lives for `life`.
    pub(crate) async fn capture(
        &self,
        shared: &Shared,
        names: &[FleetName],
        life: Duration,
    ) -> Result<Vec<Captured>, BackendError> {
        let wanted = self.candidates(shared, names, life);
        let captures: Vec<Capture<'_>> = wanted.iter().map(Candidate::as_capture).collect();
        let read_at = shared.touches.read();
        let captured = self.ask(shared, "capture versions", || self.backend.capture(&captures)).await?;
        Ok(self.captured(shared, names, &captured, life, read_at))
    }

    /// What is to be captured, if the names are free.
    pub(crate) fn candidates(&self, shared: &Shared, names: &[FleetName], life: Duration) -> Vec<Candidate> {
        let candidate = |name: &FleetName| Candidate {
            wire: name.wire_key(self.names.namespace()),
            version: Version::from_random(&*shared.random),
            life: Self::version_life(name, life),
        };
        names.iter().map(candidate).collect()
    }

    /// What a capture that began at `read_at` has brought.
    pub(crate) fn captured(
        &self,
        shared: &Shared,
        names: &[FleetName],
        captured: &[Vec<u8>],
        life: Duration,
        read_at: Touch,
    ) -> Vec<Captured> {
        let (linked, now) = (self.is_linked(shared), shared.clock.coarse());
        let of = |(name, bytes): (&FleetName, &Vec<u8>)| match parse(Some(bytes)) {
            Some(version) => {
                if linked {
                    let lives_until = now.saturating_add(Self::version_life(name, life));
                    self.learn(shared, name.as_name(), Learned { version, read_at, lives_until });
                }
                Captured::Version(version)
            }
            None if Version::parse(bytes).is_some() => Captured::Mark,
            None => Captured::Foreign,
        };
        names.iter().zip(captured).map(of).collect()
    }
}

/// A version of our own making, for a name that may be free.
#[derive(Debug)]
pub(crate) struct Candidate {
    wire: String,
    version: Version,
    life: Duration,
}

impl Candidate {
    pub(crate) fn as_capture(&self) -> Capture<'_> {
        Capture { name: &self.wire, candidate: self.version.as_bytes(), ttl: self.life }
    }
}

/// What the capture of one name has brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Captured {
    Version(Version),
    /// A writer is at work: what is loaded now may be old in a moment, and is stored nowhere.
    Mark,
    /// Something that is none of ours.
    Foreign,
}

/// The version that these bytes are. A mark is none.
fn parse(bytes: Option<&[u8]>) -> Option<Version> {
    Version::parse(bytes?).filter(|version| !version.is_mark())
}

/// What a fence is known to be, and since when.
type Fence = (Version, Touch);

/// Fences: what makes tags safe that are known only after the load (protocol-review item 2).
///
/// An invalidation changes the fence of its tag's bucket first and the tag second. A load captures the late tag first and
/// reads the fence second; if that is still the version which was known before the load began, no invalidation of the
/// tag was between. A version that was read long ago is as good: versions never come back.
#[derive(Debug)]
pub(crate) struct Fences {
    known: Mutex<Vec<Option<Fence>>>,
}

impl Fences {
    pub(super) fn new() -> Self {
        Self { known: Mutex::new(vec![None; FENCES]) }
    }

    /// The bucket of a tag, the same in every process: FNV-1a (Fowler, Noll, Vo), 64 bits.
    pub(crate) fn bucket(tag: &str) -> usize {
        let hash = tag
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        (hash ^ (hash >> 32)) as usize % FENCES
    }

    /// Notes that a fence was `version` when the touch clock read `at`.
    fn note(&self, bucket: usize, version: Version, at: Touch) {
        let mut known = self.known.lock();
        // The same version again: it has been that since it was first read.
        if known[bucket].is_none_or(|(before, _)| before != version) {
            known[bucket] = Some((version, at));
        }
    }

    /// What a fence is known to be, and since when.
    fn get(&self, bucket: usize) -> Option<Fence> {
        self.known.lock()[bucket]
    }

    /// A tag was invalidated: its fence is another one by now, or about to be.
    pub(super) fn forget(&self, tag: &str) {
        self.known.lock()[Self::bucket(tag)] = None;
    }

    /// Whether all of them are known.
    pub(crate) fn are_known(&self) -> bool {
        self.known.lock().iter().all(Option::is_some)
    }

    /// The fences that are not known.
    fn unknown(&self) -> Vec<usize> {
        let known = self.known.lock();
        (0..FENCES).filter(|bucket| known[*bucket].is_none()).collect()
    }
}

/// What became of late tags.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LateTags {
    /// Valid as of before the load.
    Captured(Vec<Known>),
    /// One of them may have been invalidated since the load began, or that is not known.
    Doubtful,
    /// A writer is at work.
    Marked,
}

impl Tier {
    /// Gets to know all fences, before a load that may have late tags.
    pub(crate) async fn know_fences(&self, shared: &Shared) {
        let buckets = self.fences.unknown();
        if !buckets.is_empty() {
            drop(self.read_fences(shared, &buckets).await);
        }
    }

    /// Reads fences, setting those that are free; says of each what it is.
    async fn read_fences(&self, shared: &Shared, buckets: &[usize]) -> Result<Vec<Version>, BackendError> {
        let name = |bucket: &usize| (self.names.fence(*bucket), Version::from_random(&*shared.random));
        let fences: Vec<_> = buckets.iter().map(name).collect();
        let capture = |(name, candidate)| Capture { name, candidate, ttl: LONGEST_LIFE * 2 };
        let captures: Vec<Capture<'_>> =
            fences.iter().map(|(name, candidate)| capture((name, candidate.as_bytes().as_slice()))).collect();
        let read_at = shared.touches.read();
        let captured = self.ask(shared, "read fences", || self.backend.capture(&captures)).await?;
        let foreign =
            || BackendError::new(BackendErrorKind::Refused, "a fence is not what this framework has put there");
        let read = buckets.iter().zip(&captured).map(|(bucket, bytes)| {
            let version = parse(Some(bytes)).ok_or_else(foreign)?;
            self.fences.note(*bucket, version, read_at);
            Ok(version)
        });
        read.collect()
    }

    /// Captures tags that are known only now, for a load that began at `start`.
    pub(crate) async fn capture_late(
        &self,
        shared: &Shared,
        tags: &[FleetName],
        start: Touch,
        life: Duration,
    ) -> Result<LateTags, BackendError> {
        if mutant::is(Mutant::FencesIgnored) {
            let captured = tags.iter().zip(self.capture(shared, tags, life).await?);
            let known = captured.filter_map(|(name, captured)| match captured {
                Captured::Version(version) => Some((name.clone(), version)),
                _ => None,
            });
            return Ok(LateTags::Captured(known.collect()));
        }
        let read_early = mutant::is(Mutant::FenceReadBeforeTag);
        let early = if read_early { self.fences_stand(shared, tags, start).await? } else { true };
        // The tags first, their fences second: the other way round an invalidation fits in between.
        let captured = self.capture(shared, tags, life).await?;
        let mut versions = Vec::with_capacity(tags.len());
        for (name, captured) in tags.iter().zip(captured) {
            match captured {
                Captured::Version(version) => versions.push((name.clone(), version)),
                Captured::Mark => return Ok(LateTags::Marked),
                Captured::Foreign => return Ok(LateTags::Doubtful),
            }
        }
        let stood = if read_early { early } else { self.fences_stand(shared, tags, start).await? };
        Ok(if stood { LateTags::Captured(versions) } else { LateTags::Doubtful })
    }

    /// Whether the fences of these tags are what they were before `start`.
    async fn fences_stand(&self, shared: &Shared, tags: &[FleetName], start: Touch) -> Result<bool, BackendError> {
        let mut buckets: Vec<usize> = tags.iter().filter_map(late_bucket).collect();
        buckets.sort_unstable();
        buckets.dedup();
        let before: Vec<_> = buckets.iter().map(|bucket| self.fences.get(*bucket)).collect();
        let fences = self.read_fences(shared, &buckets).await?;
        let mut each = fences.iter().zip(before);
        Ok(each.all(|(version, before)| before.is_some_and(|(known, since)| known == *version && since <= start)))
    }
}

fn late_bucket(name: &FleetName) -> Option<usize> {
    if let FleetName::Tag(tag) = name { Some(Fences::bucket(tag)) } else { None }
}

/// The fence that an invalidation of `name` changes, with its new version.
pub(super) fn fence_of(tier: &Tier, shared: &Shared, tag: &Arc<str>) -> (String, Vec<u8>) {
    let version = Version::from_random(&*shared.random);
    (tier.names.fence(Fences::bucket(tag)), version.as_bytes().to_vec())
}
