//! Two processes, two rows, and a page that is built from both.

use super::*;

const A: usize = 0;
const B: usize = 1;
const FIRST: usize = 0;
const PAGE: usize = 1;

fn oracle() -> Oracle {
    Oracle::new(2, 2, &[vec![0], vec![0, 1]])
}

#[test]
fn what_a_process_invalidated_it_sees_itself() {
    let mut oracle = oracle();
    let before = oracle.begin(A, FIRST, 9);
    oracle.commit(0, 10);
    let demand = oracle.demand(oracle.slots(FIRST), 10);
    oracle.own(A, &demand);
    oracle.told(&demand, 20);
    assert_eq!(oracle.end(&before, &[0]), Ok(Served::default()), "it began before");
    let after = oracle.begin(A, FIRST, 25);
    assert_eq!(oracle.end(&after, &[0]), Err(Violation::Stale { row: 0, read: 0, oldest: 1, own: true }));
    assert_eq!(oracle.end(&after, &[1]), Ok(Served::default()));
    let elsewhere = oracle.begin(B, FIRST, 25);
    assert_eq!(oracle.end(&elsewhere, &[0]), Ok(Served { stale_for: Some(5) }), "allowed, and counted");
}

#[test]
fn others_see_it_when_they_are_told_or_the_bound_is_over() {
    let mut oracle = oracle();
    oracle.commit(1, 10);
    let demand = oracle.demand(oracle.slot(PAGE, 1), 10);
    oracle.due(demand, 50);
    oracle.advance(49, |_| 0);
    assert!(oracle.end(&oracle.begin(B, PAGE, 49), &[0, 0]).is_ok());
    oracle.advance(50, |_| 0);
    let late = oracle.begin(B, PAGE, 50);
    assert_eq!(oracle.end(&late, &[0, 0]), Err(Violation::Stale { row: 1, read: 0, oldest: 1, own: false }));
    assert!(oracle.end(&late, &[0, 1]).is_ok(), "the other row was not meant");
}

#[test]
fn nothing_is_read_that_was_not_committed() {
    let oracle = oracle();
    let read = oracle.end(&oracle.begin(A, FIRST, 0), &[1]);
    assert_eq!(read, Err(Violation::Invented { row: 0, read: 1, latest: 0 }));
}

#[test]
fn a_failover_takes_back_what_the_fleet_was_told_but_not_what_a_process_did() {
    let mut oracle = oracle();
    let then = oracle.fleet();
    oracle.commit(0, 10);
    let demand = oracle.demand(oracle.slots(FIRST), 10);
    oracle.own(A, &demand);
    oracle.reached(B, &demand);
    oracle.due(demand, 30);
    let before = oracle.begin(B, FIRST, 15);
    oracle.forget(then, 20);
    assert!(oracle.end(&before, &[0]).is_ok(), "it was answered by who has forgotten");
    oracle.advance(100, |_| 0);
    assert!(oracle.end(&oracle.begin(B, FIRST, 100), &[0]).is_ok());
    assert!(oracle.end(&oracle.begin(A, FIRST, 100), &[0]).is_err());
    oracle.restart(A);
    assert!(oracle.end(&oracle.begin(A, FIRST, 100), &[0]).is_ok(), "it is another process");
}

#[test]
fn versions_are_those_of_the_moment() {
    let mut oracle = oracle();
    assert_eq!([oracle.commit(0, 10), oracle.commit(0, 20)], [1, 2]);
    let known = [9, 10, 19, 20, 30].map(|at| oracle.version(0, at));
    assert_eq!(known, [0, 1, 1, 2, 2]);
    assert_eq!((oracle.latest(0), oracle.latest(1)), (2, 0));
}

#[test]
fn a_process_that_stands_still_sees_it_when_it_goes_on() {
    let mut oracle = oracle();
    oracle.commit(0, 10);
    let demand = oracle.demand(oracle.slots(FIRST), 10);
    oracle.due(demand, 30);
    let stands_until = |node| if node == B { 60 } else { 0 };
    oracle.advance(30, stands_until);
    assert!(oracle.end(&oracle.begin(A, FIRST, 30), &[0]).is_err());
    assert!(oracle.end(&oracle.begin(B, FIRST, 30), &[0]).is_ok());
    oracle.advance(60, stands_until);
    assert!(oracle.end(&oracle.begin(B, FIRST, 60), &[0]).is_err());
}

#[test]
fn in_the_end_all_see_what_one_has_invalidated() {
    let mut oracle = oracle();
    oracle.commit(0, 10);
    let demand = oracle.demand(oracle.slots(FIRST), 10);
    oracle.own(A, &demand);
    oracle.share(&[A]);
    assert!(oracle.end(&oracle.begin(B, FIRST, 60), &[0]).is_err());
}
