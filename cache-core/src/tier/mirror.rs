//! What this process knows of versions without asking.

use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::Mutex;

use crate::clock::Time;
use crate::fleet_name::{FleetName, NameRef};
use crate::foundation::Known;
use crate::key::KeyHasher;
use crate::mutant::{self, Mutant};
use crate::touch::{LastTouch, Name, Touch};
use crate::version::Version;

/// More names than this are not remembered at once.
const MOST: usize = 65_536;

/// Name → version, as last read from the shared tier.
///
/// Filled by reads only, and each read with the touch clock's reading at its start: a message that comes while the read
/// is under way touches the name, and what the read brings is not believed (protocol-review item 4). Nothing is ever
/// set from a message, which could be out of order.
#[derive(Debug)]
pub(crate) struct Mirror {
    /// That of the name which is in every entry of all regions: found without a search.
    everything: Slot,
    /// Those of the regions of this process, which have them at hand.
    regions: Mutex<HashMap<Arc<str>, Arc<Slot>, KeyHasher>>,
    names: Mutex<HashMap<FleetName, Mirrored, KeyHasher>>,
    /// What was read before this is not believed any more: messages may have been missed.
    floor: LastTouch,
}

/// What is known of one name.
#[derive(Debug, Default)]
pub(crate) struct Slot(Mutex<Option<Mirrored>>);

#[derive(Debug, Clone)]
struct Mirrored {
    /// The name's state in this process, which keeps book of touches.
    name: Arc<Name>,
    version: Version,
    read_at: Touch,
    /// Until when the version lives in the tier at least, as far as this process has seen to that.
    lives_until: Time,
}

/// What a read has brought of a name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Learned {
    pub(crate) version: Version,
    /// What the touch clock read when it began.
    pub(crate) read_at: Touch,
    /// Until when the version lives at least; zero if nothing was done for that.
    pub(crate) lives_until: Time,
}

impl Mirror {
    pub(crate) fn new(hasher: KeyHasher) -> Self {
        Self {
            everything: Slot::default(),
            regions: Mutex::new(HashMap::with_hasher(hasher.clone())),
            names: Mutex::new(HashMap::with_hasher(hasher)),
            floor: LastTouch::new(Touch::NONE),
        }
    }

    /// Where the version of a region's name is noted from here on.
    pub(crate) fn slot(&self, region: &Arc<str>) -> Arc<Slot> {
        Arc::clone(self.regions.lock().entry(Arc::clone(region)).or_default())
    }

    /// [`get`](Self::get) for the name of a slot.
    pub(crate) fn get_from(&self, slot: &Slot) -> Option<Version> {
        slot.get(self.floor.get())
    }

    /// The slot of a name, if it has one.
    fn with_slot<T>(&self, name: NameRef<'_>, visit: impl FnOnce(&Slot) -> T) -> Option<T> {
        match name {
            NameRef::Everything => Some(visit(&self.everything)),
            NameRef::Region(region) => self.regions.lock().get(region).map(|slot| visit(slot)),
            NameRef::Tag(_) | NameRef::Key(_) => None,
        }
    }

    /// The version of `name`, if it was read and nothing has touched the name since.
    pub(crate) fn get(&self, name: NameRef<'_>) -> Option<Version> {
        let floor = self.floor.get();
        if let Some(known) = self.with_slot(name, |slot| slot.get(floor)) {
            return known;
        }
        self.names.lock().get(&name).and_then(|known| known.believed(floor))
    }

    /// [`get`](Self::get) with the name itself, if the version lives at least until then.
    pub(crate) fn get_lasting(&self, name: NameRef<'_>, until: Time) -> Option<Known> {
        let floor = self.floor.get();
        let names = self.names.lock();
        let (name, known) = names.get_key_value(&name).filter(|(_, known)| known.lives_until >= until)?;
        Some((name.clone(), known.believed(floor)?))
    }

    /// Notes what a read has brought.
    pub(crate) fn fill(&self, name: NameRef<'_>, local: Arc<Name>, learned: Learned) {
        let Learned { version, read_at, lives_until } = learned;
        let known = Mirrored { name: local, version, read_at, lives_until };
        if self.with_slot(name, |slot| slot.fill(&known)).is_some() {
            return;
        }
        let mut names = self.names.lock();
        if names.len() >= MOST && !names.contains_key(&name) {
            let floor = self.floor.get();
            names.retain(|_, known| known.is_believed(floor));
            if names.len() >= MOST {
                names.clear();
            }
        }
        match names.get_mut(&name) {
            Some(before) => before.replace(&known),
            None => _ = names.insert(name.keep(), known),
        }
    }

    /// Forgets one name: what was read of it has turned out to be wrong.
    pub(crate) fn forget(&self, name: NameRef<'_>) {
        if self.with_slot(name, |slot| *slot.0.lock() = None).is_none() {
            self.names.lock().remove(&name);
        }
    }

    /// Believes nothing that was read before `touch`.
    pub(crate) fn forget_before(&self, touch: Touch) {
        self.floor.raise(touch);
    }
}

impl Slot {
    fn get(&self, floor: Touch) -> Option<Version> {
        self.0.lock().as_ref().and_then(|known| known.believed(floor))
    }

    fn fill(&self, known: &Mirrored) {
        match &mut *self.0.lock() {
            Some(before) => before.replace(known),
            free => *free = Some(known.clone()),
        }
    }
}

impl Mirrored {
    /// Two reads that overlap: the later one knows more.
    fn replace(&mut self, known: &Self) {
        let lives_until = if self.version == known.version { self.lives_until } else { Time::default() };
        if self.read_at <= known.read_at {
            self.clone_from(known);
            self.lives_until = self.lives_until.max(lives_until);
        }
    }

    fn believed(&self, floor: Touch) -> Option<Version> {
        self.is_believed(floor).then_some(self.version)
    }

    fn is_believed(&self, floor: Touch) -> bool {
        self.read_at >= floor && (self.name.last() <= self.read_at || mutant::is(Mutant::MirrorBelievesLateReplies))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;
    use crate::touch::TouchClock;

    struct World {
        clock: TouchClock,
        mirror: Mirror,
        local: Arc<Name>,
        random: SeededRandom,
    }

    const NAME: NameRef<'static> = NameRef::Everything;

    impl World {
        fn new() -> Self {
            let random = SeededRandom::new(1);
            let mirror = Mirror::new(KeyHasher::new(&random));
            Self { clock: TouchClock::new(), mirror, local: Name::new(Touch::NONE), random }
        }

        fn read(&self, at: Touch) -> Version {
            let version = Version::from_random(&self.random);
            let learned = Learned { version, read_at: at, lives_until: Time::default() };
            self.mirror.fill(NAME, Arc::clone(&self.local), learned);
            version
        }

        fn touch(&self) {
            self.clock.mark(&self.local, self.clock.advance());
        }
    }

    #[test]
    fn a_reply_that_a_message_has_overtaken_is_not_believed() {
        let world = World::new();
        let at = world.clock.read();
        world.touch();
        world.read(at);
        assert_eq!(world.mirror.get(NameRef::Everything), None);
        let later = world.read(world.clock.read());
        assert_eq!(world.mirror.get(NameRef::Everything), Some(later));
        world.touch();
        assert_eq!(world.mirror.get(NameRef::Everything), None);
    }

    #[test]
    fn an_earlier_read_does_not_undo_a_later_one() {
        let world = World::new();
        let early = world.clock.read();
        world.touch();
        let late = world.read(world.clock.read());
        world.read(early);
        assert_eq!(world.mirror.get(NameRef::Everything), Some(late));
    }

    #[test]
    fn a_gap_forgets_what_was_read_before_it() {
        let world = World::new();
        world.read(world.clock.read());
        world.mirror.forget_before(world.clock.advance());
        assert_eq!(world.mirror.get(NameRef::Everything), None);
        let version = world.read(world.clock.read());
        assert_eq!(world.mirror.get(NameRef::Everything), Some(version));
    }
}
