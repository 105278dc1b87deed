//! Who loads, and who waits for whom: one load per key, in the caller's own time or in the background.

use std::time::Duration;

use crate::entry::Age;
use crate::model::{Found, Model, Names};
use crate::script::{How, Key, Load, Loaded, Settings};

/// So long a load may run before one of those who wait takes over.
const OVERDUE_AFTER: Duration = Duration::from_secs(30);

/// The right to load a key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) number: u64,
    /// How much of the log was written when it was given: what was invalidated after that the load does not know.
    pub(crate) logged: usize,
    since: Duration,
}

/// A load and what was said of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    pub(crate) place: Place,
    pub(crate) settings: Settings,
    /// Whether its error can be copied.
    pub(crate) copies: bool,
}

/// A load in the background.
#[derive(Debug)]
pub(crate) struct Task {
    key: Key,
    begun: Begun,
    load: Load,
    /// Once it has begun: what it has read.
    built_from: Option<Vec<Names>>,
    /// Who waits for it as the one who has begun it.
    caller: Option<u64>,
}

/// Whom a result is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    All,
    /// Those who asked before anything was invalidated that the load does not know.
    Early,
    /// All but those who wanted a new value.
    NotStrict,
}

/// A call that has not been answered.
#[derive(Debug)]
pub(crate) struct Caller {
    number: u64,
    how: How,
    key: Key,
    load: Load,
    stands: Stands,
}

#[derive(Debug, Clone, Copy)]
enum Stands {
    /// It waits for a load of its own in the background.
    Owns(Option<Loaded>),
    /// It waits for somebody else's.
    Waits { ticket: u64, logged: usize, strict: bool },
    /// Somebody else's load was for it.
    Told(Loaded),
    /// It is to load for itself.
    Leads(Place),
}

impl Model {
    /// A call; `None` if it waits.
    pub(crate) fn call(&mut self, how: How, key: Key, load: &Load) -> Option<Loaded> {
        let mut strict = how.settings().force;
        if !strict {
            match self.look(key, true) {
                Found::ToRenew(_, value) => {
                    let Some(place) = self.claim(key) else { return Some(Ok(Some(value))) };
                    self.counts.refreshes += 1;
                    if matches!(how, How::Detached(_)) {
                        self.spawn(how, key, load, place, None);
                        return Some(Ok(Some(value)));
                    }
                    return Some(self.load_now(how, key, load, place));
                }
                // A known absence answers only who takes one. Another wants what is loaded from here on.
                Found::Known(Ok(None)) if !matches!(how, How::Optional) => strict = true,
                Found::Known(loaded) => return Some(loaded),
                Found::Nothing => {}
            }
        }
        if !self.enabled {
            return Some(self.pass(load));
        }
        let stands = self.join(key, strict);
        let number = self.number();
        self.callers.push(Caller { number, how, key, load: load.clone(), stands });
        self.poll(self.callers.len() - 1)
    }

    /// Whether a caller has its answer by now; if so it is a caller no longer.
    pub(crate) fn poll(&mut self, index: usize) -> Option<Loaded> {
        let Caller { number, how, key, ref load, stands } = self.callers[index];
        let load = load.clone();
        let place = match stands {
            Stands::Owns(answer) => {
                answer.iter().for_each(|_| self.leave(index));
                return answer;
            }
            Stands::Told(Ok(None)) if !matches!(how, How::Optional) => {
                if !self.enabled {
                    self.leave(index);
                    return Some(self.pass(&load));
                }
                self.callers[index].stands = self.join(key, true);
                return self.poll(index);
            }
            Stands::Told(answer) => {
                self.counts.loads_deduped += 1;
                self.leave(index);
                return Some(answer);
            }
            Stands::Waits { .. } => self.claim(key)?,
            Stands::Leads(place) => place,
        };
        if matches!(how, How::Detached(_)) {
            self.callers[index].stands = Stands::Owns(None);
            self.spawn(how, key, &load, place, Some(number));
            return None;
        }
        self.leave(index);
        Some(self.load_now(how, key, &load, place))
    }

    /// A caller goes away.
    pub(crate) fn leave(&mut self, index: usize) {
        self.callers.remove(index);
    }

    /// A load that is dropped; whether it was one.
    pub(crate) fn cancel(&mut self, key: Key) -> bool {
        if !self.enabled {
            return false;
        }
        let stands = self.join(key, true);
        let loads = matches!(stands, Stands::Leads(_)) || self.claim(key).is_some();
        if loads {
            self.counts.loads += 1;
            self.places.remove(&key);
            self.promote(key);
        }
        loads
    }

    /// Lets the loads in the background begin.
    pub(crate) fn begin_tasks(&mut self) {
        for index in 0..self.tasks.len() {
            if self.tasks[index].built_from.is_none() {
                let load = self.tasks[index].load.clone();
                self.counts.loads += 1;
                self.tasks[index].built_from = Some(self.reads(&load));
            }
        }
    }

    /// Lets the loads in the background end.
    pub(crate) fn run_tasks(&mut self) {
        for mut task in std::mem::take(&mut self.tasks) {
            let built_from = task.built_from.take().unwrap_or_else(|| {
                self.counts.loads += 1;
                self.reads(&task.load)
            });
            task.load.meanwhile.iter().for_each(|change| self.change(change));
            let answer = self.land(&task.begun, task.key, task.load.loaded, &built_from);
            let caller = self.callers.iter_mut().find(|caller| Some(caller.number) == task.caller);
            caller.into_iter().for_each(|caller| caller.stands = Stands::Owns(Some(answer)));
        }
    }

    /// Takes part in the loading of a key.
    fn join(&mut self, key: Key, strict: bool) -> Stands {
        if self.places.contains_key(&key) {
            return Stands::Waits { ticket: self.number(), logged: self.log.len(), strict };
        }
        Stands::Leads(self.give_place(key))
    }

    /// The place of whoever loads a key, if nobody does or for too long.
    fn claim(&mut self, key: Key) -> Option<Place> {
        let is_taken = self.places.get(&key).is_some_and(|place| self.now - place.since < OVERDUE_AFTER);
        (!is_taken).then(|| self.give_place(key))
    }

    pub(crate) fn give_place(&mut self, key: Key) -> Place {
        let place = Place { number: self.number(), logged: self.log.len(), since: self.now };
        self.places.insert(key, place);
        place
    }

    fn spawn(&mut self, how: How, key: Key, load: &Load, place: Place, caller: Option<u64>) {
        let begun = Begun { place, settings: how.settings(), copies: true };
        self.tasks.push(Task { key, begun, load: load.clone(), built_from: None, caller });
    }

    /// Loads as if there was no cache.
    fn pass(&mut self, load: &Load) -> Loaded {
        self.reads(load);
        load.meanwhile.iter().for_each(|change| self.change(change));
        load.loaded
    }

    fn load_now(&mut self, how: How, key: Key, load: &Load, place: Place) -> Loaded {
        let begun = Begun { place, settings: how.settings(), copies: !matches!(how, How::Unshared) };
        self.counts.loads += 1;
        let built_from = self.reads(load);
        load.meanwhile.iter().for_each(|change| self.change(change));
        self.land(&begun, key, load.loaded, &built_from)
    }

    /// Tells a result to those whom it is for.
    pub(crate) fn tell(&mut self, key: Key, from: &Place, answer: Loaded, whom: Whom) {
        for caller in self.callers.iter_mut().filter(|caller| caller.key == key) {
            let Stands::Waits { ticket, logged, strict } = caller.stands else { continue };
            let meant = match whom {
                _ if strict => from.number > ticket && whom != Whom::NotStrict,
                Whom::All | Whom::NotStrict => true,
                Whom::Early => logged <= from.logged,
            };
            if meant {
                caller.stands = Stands::Told(answer);
            }
        }
    }

    /// Tells what was put to everybody who waits.
    pub(crate) fn tell_all(&mut self, key: Key, answer: Loaded) {
        for caller in self.callers.iter_mut().filter(|caller| caller.key == key) {
            if let Stands::Waits { .. } = caller.stands {
                caller.stands = Stands::Told(answer);
            }
        }
    }

    /// Who has waited longest is next.
    pub(crate) fn promote(&mut self, key: Key) {
        let ticket = |caller: &Caller| match caller.stands {
            Stands::Waits { ticket, .. } if caller.key == key => Some(ticket),
            _ => None,
        };
        let waiting = (0..self.callers.len()).filter_map(|index| Some((ticket(&self.callers[index])?, index)));
        if let Some((_, index)) = waiting.min() {
            self.callers[index].stands = Stands::Leads(self.give_place(key));
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// What a batch finds; what is stale it loads, unless that has failed a moment ago.
    pub(crate) fn look_of_batch(&mut self, key: Key) -> Option<Loaded> {
        match self.look(key, false) {
            Found::Known(loaded) => Some(loaded),
            Found::ToRenew(Age::Due, value) => Some(Ok(Some(value))),
            Found::ToRenew(..) | Found::Nothing => None,
        }
    }
}
