//! What this process knows of versions without asking.

use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::Mutex;

use crate::fleet_name::{FleetName, NameRef};
use crate::key::KeyHasher;
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
    everything: Mutex<Option<Mirrored>>,
    names: Mutex<HashMap<FleetName, Mirrored, KeyHasher>>,
    /// What was read before this is not believed any more: messages may have been missed.
    floor: LastTouch,
}

#[derive(Debug, Clone)]
struct Mirrored {
    /// The name's state in this process, which keeps book of touches.
    name: Arc<Name>,
    version: Version,
    read_at: Touch,
}

impl Mirror {
    pub(crate) fn new(hasher: KeyHasher) -> Self {
        let names = Mutex::new(HashMap::with_hasher(hasher));
        Self { everything: Mutex::new(None), names, floor: LastTouch::new(Touch::NONE) }
    }

    /// The version of `name`, if it was read and nothing has touched the name since.
    pub(crate) fn get(&self, name: NameRef<'_>) -> Option<Version> {
        let floor = self.floor.get();
        let version = |known: &Mirrored| known.is_believed(floor).then_some(known.version);
        if name == NameRef::Everything {
            return self.everything.lock().as_ref().and_then(version);
        }
        self.names.lock().get(&name).and_then(version)
    }

    /// Notes what a read that began at `read_at` has brought.
    pub(crate) fn fill(&self, name: &FleetName, local: &Arc<Name>, version: Version, read_at: Touch) {
        let known = Mirrored { name: Arc::clone(local), version, read_at };
        if name.as_name() == NameRef::Everything {
            let mut everything = self.everything.lock();
            if everything.as_ref().is_none_or(|before| before.read_at <= read_at) {
                *everything = Some(known);
            }
            return;
        }
        let mut names = self.names.lock();
        if names.len() >= MOST && !names.contains_key(name) {
            let floor = self.floor.get();
            names.retain(|_, known| known.is_believed(floor));
            if names.len() >= MOST {
                names.clear();
            }
        }
        match names.get_mut(&name.as_name()) {
            // Two reads that overlap: the later one knows more.
            Some(before) if before.read_at > read_at => {}
            Some(before) => *before = known,
            None => _ = names.insert(name.clone(), known),
        }
    }

    /// Forgets one name: what was read of it has turned out to be wrong.
    pub(crate) fn forget(&self, name: NameRef<'_>) {
        if name == NameRef::Everything {
            *self.everything.lock() = None;
        }
        self.names.lock().remove(&name);
    }

    /// Believes nothing that was read before `touch`.
    pub(crate) fn forget_before(&self, touch: Touch) {
        self.floor.raise(touch);
    }
}

impl Mirrored {
    fn is_believed(&self, floor: Touch) -> bool {
        self.read_at >= floor && self.name.last() <= self.read_at
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

    const NAME: FleetName = FleetName::Everything;

    impl World {
        fn new() -> Self {
            let random = SeededRandom::new(1);
            let mirror = Mirror::new(KeyHasher::new(&random));
            Self { clock: TouchClock::new(), mirror, local: Name::new(Touch::NONE), random }
        }

        fn read(&self, at: Touch) -> Version {
            let version = Version::from_random(&self.random);
            self.mirror.fill(&NAME, &self.local, version, at);
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
