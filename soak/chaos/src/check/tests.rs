//! Histories of two processes, and what is wrong with them.

use super::{Episode, Findings, hold};
use crate::entries::{Cover, Kind, ROWS, entry, partner};
use crate::history::{Failure, Record, Told, Versions};
use crate::moment::Moment;

const ROW: u32 = 7;
const BOUND: Moment = 100;
const AN_HOUR: Moment = 1_000_000;

/// The row gets a version, and A invalidates: it returns at 30.
fn invalidated(told: Told, covers: Vec<Cover>) -> Vec<Record> {
    vec![
        Record::Start { at: 1, bound: BOUND },
        Record::Commit { row: ROW, version: 1, after: 10 },
        Record::Invalidated { as_of: 20, returned: 30, told, covers },
    ]
}

fn read(kind: Kind, row: u32, begin: Moment, versions: Versions) -> Record {
    Record::Read { entry: entry(kind, row), begin, end: begin + 5, loaded: false, versions }
}

fn plain(begin: Moment, version: u32) -> Record {
    read(Kind::Plain, ROW, begin, Versions::one(version))
}

fn key(kind: Kind) -> Vec<Cover> {
    vec![Cover::Key(entry(kind, ROW))]
}

fn held(a: Vec<Record>, b: Vec<Record>, episodes: &[Episode]) -> Findings {
    let mut finally = vec![0; ROWS as usize];
    finally[ROW as usize] = 2;
    let b = [vec![Record::Start { at: 1, bound: BOUND }], b].concat();
    hold(&[(0, a), (1, b)], 2, episodes, &finally)
}

/// A invalidates the plain entry, and both read.
fn both(told: Told, a: Vec<Record>, b: Vec<Record>) -> Findings {
    held([invalidated(told, key(Kind::Plain)), a].concat(), b, &[])
}

#[test]
fn a_process_sees_its_own_at_once_and_others_within_the_bound() {
    let found = both(Told::Fleet, vec![plain(29, 0)], vec![plain(29, 0), plain(60, 0), plain(129, 0), plain(131, 1)]);
    assert_eq!((found.outside, found.inside, found.longest_inside), (0, 2, 99));
    let found = both(Told::Fleet, vec![plain(31, 0)], vec![]);
    assert_eq!((found.outside, found.own), (1, 1));
    let found = both(Told::Fleet, vec![plain(31, 1)], vec![plain(131, 0)]);
    assert_eq!((found.outside, found.own, found.reads), (1, 0, 2));
}

#[test]
fn what_waits_is_due_when_it_was_sent() {
    let late = vec![plain(AN_HOUR, 0)];
    assert_eq!(both(Told::Queued, vec![], late.clone()).outside, 0);
    assert_eq!(both(Told::Queued, vec![Record::Drained { asked: 40, seen: 41 }], late.clone()).outside, 1);
    assert_eq!(both(Told::Queued, vec![Record::Drained { asked: 29, seen: 41 }], late.clone()).outside, 0);
    // The outbox of a process that was killed is gone.
    let replaced = vec![Record::Start { at: 35, bound: BOUND }, Record::Drained { asked: 40, seen: 41 }];
    assert_eq!(both(Told::Queued, replaced, late.clone()).outside, 0);
    assert_eq!(both(Told::Own, vec![Record::Drained { asked: 40, seen: 41 }], late).outside, 0);
}

#[test]
fn a_process_in_the_place_of_another_one_has_invalidated_nothing_but_is_bound_like_all() {
    let start = Record::Start { at: 35, bound: BOUND };
    assert_eq!(both(Told::Fleet, vec![start.clone(), plain(50, 0)], vec![]).outside, 0);
    assert_eq!(both(Told::Fleet, vec![start, plain(150, 0)], vec![]).outside, 1);
}

#[test]
fn a_strong_entry_is_never_old() {
    let strong = |begin| vec![read(Kind::Strong, ROW, begin, Versions::one(0))];
    let found = |begin| held(invalidated(Told::Fleet, key(Kind::Strong)), strong(begin), &[]);
    assert_eq!((found(29).outside, found(31).outside), (0, 1));
}

#[test]
fn what_is_built_from_something_is_as_new() {
    let outer = |row, versions| vec![read(Kind::Outer, row, 200, versions)];
    let by_key = |versions| held(invalidated(Told::Fleet, key(Kind::Plain)), outer(ROW, versions), &[]).outside;
    assert_eq!((by_key(Versions::two(0, 0)), by_key(Versions::two(1, 0))), (1, 0));
    let by_tag =
        |versions| held(invalidated(Told::Fleet, vec![Cover::RowTag(ROW)]), outer(partner(ROW), versions), &[]).outside;
    assert_eq!((by_tag(Versions::two(0, 0)), by_tag(Versions::two(0, 1))), (1, 0));
}

#[test]
fn a_put_demands_what_was_put() {
    let put = Record::Put { row: ROW, version: 1, returned: 30, told: Told::Fleet };
    let a = vec![Record::Start { at: 1, bound: BOUND }, Record::Commit { row: ROW, version: 2, after: 25 }, put];
    let found = held(a, vec![plain(200, 0), plain(201, 1), plain(202, 2)], &[]);
    assert_eq!(found.outside, 1);
}

#[test]
fn what_a_lossy_failover_brought_back_is_counted_apart() {
    let episode = |lost| Episode { name: "kill-primary", from: 120, until: 300, lost, stalled: None };
    let found = |lost, begin| held(invalidated(Told::Fleet, key(Kind::Plain)), vec![plain(begin, 0)], &[episode(lost)]);
    let counts = |found: Findings| (found.outside, found.brought_back);
    assert_eq!(counts(found(1, 200)), (0, 1));
    assert_eq!(counts(found(0, 200)), (1, 0), "nothing was lost");
    assert_eq!(counts(found(1, 400)), (1, 0), "it is over");
}

#[test]
fn a_process_that_stood_still_has_a_moment_and_its_calls_are_not_long() {
    let long = Record::Read { entry: 0, begin: 150, end: 190, loaded: false, versions: Versions::one(0) };
    let episode = |stalled| Episode { name: "stall-client", from: 160, until: 180, lost: 0, stalled };
    let longest = |stalled| held(vec![], vec![plain(5, 0), long.clone()], &[episode(stalled)]).longest_call;
    assert_eq!((longest(None), longest(Some((1, 170)))), (40, 5));
    let found = |stalled, begin| {
        let found = held(invalidated(Told::Fleet, key(Kind::Plain)), vec![plain(begin, 0)], &[episode(stalled)]);
        (found.outside, found.after_stall)
    };
    assert_eq!((found(Some((1, 170)), 175), found(Some((0, 170)), 175)), ((0, 1), (1, 0)));
    assert_eq!(found(Some((1, 170)), 170 + 250_000_000), (1, 0));
}

#[test]
fn versions_that_nobody_made_and_calls_that_fail_are_found() {
    let found = both(Told::Fleet, vec![], vec![plain(5, 2), plain(50, 3)]);
    assert_eq!(found.outside, 1, "a commit may be seen before it is noted down");
    let failed = |how| Record::Failed { entry: 0, begin: 40, end: 50, how };
    let found = both(Told::Fleet, vec![], [Failure::Source, Failure::Hung, Failure::Mixed].map(failed).to_vec());
    assert_eq!((found.failed, found.source_errors), (2, 1));
}
