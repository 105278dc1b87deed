//! The state machine of a flight, driven by hand.

use std::task::Waker;

use super::*;
use crate::touch::TouchClock;

const LIMITS: Limits = Limits { overdue: Duration::from_secs(30), scatter: 2, retry: Duration::from_secs(1) };

struct Table {
    flight: Flight<u32>,
    touches: TouchClock,
    seconds: u64,
}

impl Table {
    fn new() -> Self {
        Self { flight: Flight::new(1), touches: TouchClock::new(), seconds: 0 }
    }

    fn now(&self) -> Now {
        Now { touch: self.touches.read(), time: Time::from_nanos(self.seconds * 1_000_000_000) }
    }

    fn join(&self) -> Joined {
        self.flight.lock().join(self.now(), false, false)
    }

    fn lead(&self) -> Place {
        match self.join() {
            Joined::Lead(place) => place,
            Joined::Wait(_) => panic!("expected to lead"),
        }
    }

    fn wait(&self) -> u64 {
        match self.join() {
            Joined::Wait(ticket) => ticket,
            Joined::Lead(_) => panic!("expected to wait"),
        }
    }

    fn step(&self, ticket: u64) -> Poll<u32> {
        wait_step(&self.flight, ticket, &LIMITS, self.now(), Waker::noop())
    }

    fn land(&self, place: Place, value: u32, for_all: bool) {
        let result = || Landed { outcome: Outcome::Value(value), ties: None, doubtful: false, stale: false };
        self.flight.lock().land(place, result, if for_all { For::All } else { For::Early }, self.now()).all();
    }

    fn told(&self, ticket: u64) -> Option<u32> {
        match self.step(ticket) {
            Poll::Told(Verdict::Landed(landed)) => match landed.outcome {
                Outcome::Value(value) => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    fn leads(&self, ticket: u64) -> Option<Place> {
        match self.step(ticket) {
            Poll::Told(Verdict::Lead(place)) | Poll::TookOver(Verdict::Lead(place), _) => Some(place),
            _ => None,
        }
    }
}

#[test]
fn one_loads_and_all_get_it() {
    let table = Table::new();
    let place = table.lead();
    let waiting = [table.wait(), table.wait()];
    table.land(place, 7, true);
    assert_eq!(waiting.map(|ticket| table.told(ticket)), [Some(7), Some(7)]);
    assert!(table.flight.lock().is_over());
}

#[test]
fn after_an_invalidation_only_those_from_before_the_load_get_its_value_and_one_loads_for_the_rest() {
    let table = Table::new();
    let place = table.lead();
    let before = table.wait();
    table.touches.advance();
    let after = [table.wait(), table.wait()];
    table.land(place, 7, false);
    assert_eq!(table.told(before), Some(7));
    let next = table.leads(after[0]).expect("the first of them loads");
    assert!(next.start > place.start);
    assert!(matches!(table.step(after[1]), Poll::Waiting(_)));
    table.land(next, 8, true);
    assert_eq!(table.told(after[1]), Some(8));
    assert!(table.flight.lock().is_over());
}

#[test]
fn an_abandoned_load_is_taken_over_by_who_waited_longest() {
    let table = Table::new();
    let place = table.lead();
    let (first, second) = (table.wait(), table.wait());
    table.flight.lock().abandon(place, None, table.now()).all();
    assert!(table.leads(first).is_some());
    assert!(matches!(table.step(second), Poll::Waiting(_)));
}

#[test]
fn a_place_that_is_given_and_not_taken_goes_on() {
    let table = Table::new();
    let place = table.lead();
    let (first, second) = (table.wait(), table.wait());
    table.flight.lock().abandon(place, None, table.now()).all();
    let Some(Verdict::Lead(given)) = table.flight.lock().leave(first) else { panic!("it was the first one's") };
    table.flight.lock().abandon(given, None, table.now()).all();
    assert!(table.leads(second).is_some());
}

#[test]
fn after_an_error_nobody_can_copy_a_bounded_number_loads_at_once() {
    let table = Table::new();
    let place = table.lead();
    let waiting: Vec<_> = (0..5).map(|_| table.wait()).collect();
    table.flight.lock().abandon(place, Some(LIMITS.scatter), table.now()).all();
    let leading: Vec<_> = waiting.iter().filter_map(|ticket| table.leads(*ticket)).collect();
    assert_eq!(leading.len(), LIMITS.scatter);
    table.land(leading[0], 9, true);
    assert_eq!(waiting[2..].iter().filter_map(|ticket| table.told(*ticket)).count(), 3);
    assert!(!table.flight.lock().is_over(), "the second one still loads");
}

#[test]
fn an_overdue_load_is_taken_over_and_what_it_returns_is_not_told() {
    let mut table = Table::new();
    let hung = table.lead();
    let (first, second) = (table.wait(), table.wait());
    table.seconds = 29;
    assert!(matches!(table.step(first), Poll::Waiting(left) if left == Duration::from_secs(1)));
    table.seconds = 30;
    let place = table.leads(first).expect("takes over");
    assert!(!table.flight.lock().is_running(hung));
    assert!(matches!(table.step(second), Poll::Waiting(left) if left == Duration::from_secs(30)));
    table.land(place, 4, true);
    assert_eq!(table.told(second), Some(4));
}
