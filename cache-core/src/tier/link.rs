//! Whether messages reach this process: proven, not assumed.
//!
//! A subscription that answers a ping can be subscribed to nothing (an isolated old primary, a cluster node without its
//! bus). So each process publishes a beat over the connection that commands use, and counts as linked only while its own
//! beats come back (promise P4). While it is not, an entry is served only if it was loaded a short time ago: the
//! moments that are noted here tell which reading of the touch clock that was.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::Mutex;

use crate::clock::Time;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::touch::Touch;

/// How finely the window is observed.
const PARTS: u32 = 64;
/// So many beats may be under way.
const UNDER_WAY: usize = 16;

#[derive(Debug)]
pub(crate) struct Link {
    /// Until when the last beat that came back proves the link; 0 without one.
    proven_until: AtomicU64,
    /// How long a beat that was sent proves it.
    silence: Duration,
    /// For how long entries are served without a link.
    window: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    connected: bool,
    /// Whether a beat has come back since it is connected.
    proven: bool,
    next: u64,
    /// The beats sent since it is connected.
    beats: VecDeque<Beat>,
    /// What the touch clock read when.
    moments: VecDeque<(Time, Touch)>,
}

/// A beat under way.
#[derive(Debug)]
struct Beat {
    number: u64,
    sent: Time,
    /// How many copies came back.
    heard: usize,
    /// Over how many connections it was sent, once that is known.
    paths: Option<usize>,
}

/// What a beat that came back means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Nothing: it is from before a gap, or not ours.
    None,
    /// Messages come again. What happened in the gap is not known: everything is to be touched, and then
    /// [`Link::prove`] be told.
    First(Time),
    /// Messages still come.
    Again,
}

impl Link {
    pub(crate) fn new(silence: Duration, window: Duration) -> Self {
        Self { proven_until: AtomicU64::new(0), silence, window, state: Mutex::default() }
    }

    /// Whether messages come, as far as is known.
    #[inline]
    pub(crate) fn is_up(&self, now: Time) -> bool {
        now.as_nanos() < self.proven_until.load(Ordering::Acquire)
    }

    /// For how long entries are served without a link.
    pub(crate) fn window(&self) -> Duration {
        self.window
    }

    /// For how long an update may go unseen at most, whatever fails (promise P4).
    pub(crate) fn bound(&self) -> Duration {
        self.silence + self.window
    }

    pub(crate) fn connected(&self) {
        let mut state = self.state.lock();
        (state.connected, state.proven) = (true, false);
        state.beats.clear();
    }

    /// Says whether it was connected.
    pub(crate) fn disconnected(&self) -> bool {
        let mut state = self.state.lock();
        self.proven_until.store(0, Ordering::Release);
        state.proven = false;
        state.beats.clear();
        std::mem::replace(&mut state.connected, false)
    }

    /// The number of a beat to send now; `None` while nothing would come back.
    pub(crate) fn beat(&self, now: Time) -> Option<u64> {
        let mut state = self.state.lock();
        if !state.connected {
            return None;
        }
        state.next += 1;
        let number = state.next;
        if state.beats.len() == UNDER_WAY {
            state.beats.pop_front();
        }
        state.beats.push_back(Beat { number, sent: now, heard: 0, paths: None });
        Some(number)
    }

    /// A copy of a beat came back.
    pub(crate) fn heard(&self, number: u64, now: Time) -> Proof {
        self.note_beat(number, now, |beat| beat.heard += 1)
    }

    /// A beat was sent over so many connections: each of them has to carry it.
    pub(crate) fn sent(&self, number: u64, paths: usize, now: Time) -> Proof {
        self.note_beat(number, now, |beat| beat.paths = Some(paths))
    }

    fn note_beat(&self, number: u64, now: Time, note: impl FnOnce(&mut Beat)) -> Proof {
        let mut state = self.state.lock();
        let Some(index) = state.beats.iter().position(|beat| beat.number == number) else { return Proof::None };
        let beat = &mut state.beats[index];
        note(beat);
        if beat.paths.is_none_or(|paths| beat.heard < paths) {
            return Proof::None;
        }
        let sent = beat.sent;
        state.beats.drain(..=index);
        if state.proven && self.is_up(now) {
            self.raise(sent);
            return Proof::Again;
        }
        Proof::First(sent)
    }

    /// Everything was touched after a [first proof](Proof::First): the link counts from here on.
    pub(crate) fn prove(&self, sent: Time) {
        let mut state = self.state.lock();
        if state.connected {
            state.proven = true;
            self.raise(sent);
        }
    }

    fn raise(&self, sent: Time) {
        self.proven_until.fetch_max(sent.saturating_add(self.silence).as_nanos(), Ordering::AcqRel);
    }

    /// Notes that the touch clock reads `touch`. Without a link, returns the reading that entries must have begun at to be
    /// served: the earliest that is surely not older than the window. (Nobody may have noted anything for long: then it
    /// is this one.)
    pub(crate) fn note(&self, now: Time, touch: Touch) -> Option<Touch> {
        let mut state = self.state.lock();
        // Those who note may be many: the window is observed to within a part of it.
        if state.moments.back().is_some_and(|(noted, _)| now.saturating_since(*noted) < self.window / PARTS) {
            return None;
        }
        state.moments.push_back((now, touch));
        while state.moments.front().is_some_and(|(noted, _)| now.saturating_since(*noted) >= self.window) {
            state.moments.pop_front();
        }
        state.moments.front().map(|(_, touch)| *touch).filter(|_| !self.is_up(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::touch::TouchClock;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: u64) -> Time {
        Time::default().saturating_add(SECOND * seconds as u32)
    }

    fn link() -> Link {
        Link::new(SECOND * 3, SECOND * 5)
    }

    /// A beat over one connection.
    fn sent(link: &Link, now: Time) -> u64 {
        let number = link.beat(now).expect("it is connected");
        assert_eq!(link.sent(number, 1, now), Proof::None);
        number
    }

    #[test]
    fn only_a_beat_that_came_back_proves_it() {
        let link = link();
        assert_eq!(link.beat(at(0)), None, "nothing would come back");
        link.connected();
        assert!(!link.is_up(at(0)), "connected is not linked");
        let first = link.beat(at(1)).unwrap();
        assert_eq!(link.heard(first, at(2)), Proof::None, "there may be more ways than this one");
        assert_eq!(link.sent(first, 2, at(2)), Proof::None);
        assert_eq!(link.heard(first, at(2)), Proof::First(at(1)));
        assert!(!link.is_up(at(2)), "not before everything was touched");
        link.prove(at(1));
        assert!(link.is_up(at(3)) && !link.is_up(at(4)), "from when it was sent");
        assert_eq!(link.heard(first, at(3)), Proof::None, "once");
    }

    #[test]
    fn a_beat_from_before_a_gap_proves_nothing() {
        let link = link();
        link.connected();
        let before = sent(&link, at(1));
        assert!(link.disconnected());
        link.connected();
        assert_eq!(link.heard(before, at(1)), Proof::None);
        let after = sent(&link, at(2));
        assert!(link.disconnected());
        link.prove(at(2));
        assert!(!link.is_up(at(2)), "disconnected while everything was touched");
        link.connected();
        assert_eq!(link.heard(after, at(2)), Proof::None);
    }

    #[test]
    fn silence_is_a_gap() {
        let link = link();
        link.connected();
        let first = sent(&link, at(1));
        link.heard(first, at(1));
        link.prove(at(1));
        let second = sent(&link, at(2));
        assert_eq!(link.heard(second, at(3)), Proof::Again);
        let late = sent(&link, at(5));
        assert_eq!(link.heard(late, at(8)), Proof::First(at(5)));
    }

    #[test]
    fn without_a_link_what_is_older_than_the_window_is_not_served() {
        let (link, clock) = (link(), TouchClock::new());
        let noted: Vec<_> = (0..=8).map(|second| (second, clock.advance())).collect();
        let horizons: Vec<_> = noted.iter().map(|(second, touch)| link.note(at(*second), *touch)).collect();
        assert!(horizons[..5].iter().all(|horizon| *horizon == Some(noted[0].1)), "nothing is five seconds old");
        assert_eq!(horizons[5], Some(noted[1].1));
        assert_eq!(horizons[8], Some(noted[4].1));
        let late = clock.advance();
        assert_eq!(link.note(at(60), late), Some(late), "what was loaded in between may be of any age");
        link.connected();
        let beat = sent(&link, at(61));
        link.heard(beat, at(61));
        link.prove(at(61));
        assert_eq!(link.note(at(62), clock.advance()), None, "linked");
    }
}
