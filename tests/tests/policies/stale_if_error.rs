//! When loading it anew fails, a value whose ttl is over is served on: to everybody who waits, and for a while without
//! asking the source again.

use cache_tests::{Gate, Step};

use crate::{Down, SECOND, Shop};

fn shop() -> Shop {
    Shop::new(|rows| rows.stale_if_error(SECOND * 600))
}

/// A load that waits at the gate, and fails.
async fn fails<E>(gate: &Gate, error: E) -> Result<u64, E> {
    gate.pass().await;
    Err(error)
}

#[test]
fn everybody_who_waits_gets_the_stale_value_of_one_failed_load() {
    let shop = shop();
    shop.aged(1, 60);
    let gate = Gate::closed();
    let load = || fails(&gate, Down::Source);
    let mut calls: Vec<_> = (0..5).map(|_| Step::held(shop.rows.get_or_load(&1_u64, load))).collect();
    gate.let_through(1);
    for call in &mut calls {
        assert_eq!(call.done(), Ok(1));
    }
    assert_eq!((gate.loads(), shop.has_seen("refresh_failed")), (1, 1));
    assert_eq!(shop.rows.stats().load_errors, 1);
}

#[test]
fn a_source_that_is_down_is_asked_once_in_a_while() {
    let shop = shop();
    shop.aged(1, 60);
    for second in 0..5 {
        for _ in 0..10 {
            assert_eq!(shop.get(Err(Down::Source)), Ok(1));
        }
        assert_eq!(shop.loads(), 2 + second);
        shop.pass(1);
    }
    assert_eq!(shop.get(Ok(2)), Ok(2), "it is up again");
    assert_eq!(shop.get(Ok(3)), Ok(2));
}

#[test]
fn after_the_window_the_error_comes_through() {
    let shop = shop();
    shop.aged(1, 660);
    assert_eq!(shop.get(Err(Down::Source)), Err(Down::Source));
}

// P2
#[test]
fn an_invalidated_value_is_not_served_for_an_error() {
    let shop = shop();
    shop.aged(1, 60);
    shop.rows.invalidate(&1_u64).detach();
    assert_eq!(shop.get(Err(Down::Source)), Err(Down::Source));
    shop.aged(1, 60);
    shop.test.cache().invalidate_region("row").detach();
    assert_eq!(shop.get(Err(Down::Source)), Err(Down::Source));
}

// P2
#[test]
fn a_value_that_is_invalidated_while_the_load_fails_is_not_served() {
    let shop = shop();
    shop.aged(1, 60);
    let gate = Gate::closed();
    let load = || fails(&gate, Down::Source);
    let mut leader = Step::held(shop.rows.get_or_load(&1_u64, load));
    let mut early = Step::held(shop.rows.get_or_load(&1_u64, load));
    shop.rows.invalidate_all().detach();
    let mut late = Step::held(shop.rows.get_or_load(&1_u64, load));
    gate.let_through(1);
    assert_eq!(leader.done(), Err(Down::Source));
    assert_eq!(early.done(), Err(Down::Source), "the error of the load it waited for");
    assert!(late.poll().is_none(), "it asked later: the next load is its own");
    gate.let_through(1);
    assert_eq!(late.done(), Err(Down::Source));
}

#[test]
fn errors_that_cannot_be_copied_are_covered_as_well() {
    struct Opaque;
    let shop = shop();
    shop.aged(1, 60);
    let gate = Gate::closed();
    let load = || fails(&gate, Opaque);
    let mut calls: Vec<_> = (0..5).map(|_| Step::held(shop.rows.get_or_load_unshared(&1_u64, load))).collect();
    gate.let_through(1);
    assert!(calls.iter_mut().all(|call| call.done().is_ok_and(|row| row == 1)));
    assert_eq!(gate.loads(), 1);
}

#[test]
fn who_asks_for_a_new_value_is_told_the_error() {
    let shop = shop();
    shop.aged(1, 60);
    let refresh = || Step::new(shop.rows.refresh(&1_u64, || async { Err(Down::Source) })).done();
    assert_eq!(refresh(), Err(Down::Source));
    assert_eq!(shop.get(Err(Down::Source)), Ok(1), "what was there stays");
}

#[test]
fn who_waits_for_a_new_value_does_not_get_the_old_one() {
    let shop = shop();
    shop.aged(1, 60);
    let gate = Gate::closed();
    let failing = || fails(&gate, Down::Source);
    let mut leader = Step::held(shop.rows.get_or_load(&1_u64, failing));
    let mut strict = Step::held(shop.rows.refresh(&1_u64, || async {
        gate.pass().await;
        Ok::<_, Down>(2)
    }));
    gate.let_through(2);
    assert_eq!(leader.done(), Ok(1));
    assert_eq!(strict.done(), Ok(2));
}

/// Also when the load that has failed began after it asked: somebody had taken over.
#[test]
fn who_waits_for_a_new_value_does_not_get_the_old_one_of_a_successor() {
    let shop = shop();
    shop.aged(1, 60);
    let gate = Gate::closed();
    let _hung = Step::held(shop.rows.get_or_load(&1_u64, std::future::pending::<Result<u64, Down>>));
    let mut successor = Step::held(shop.rows.get_or_load(&1_u64, || async {
        gate.pass().await;
        Err::<u64, _>(Down::Source)
    }));
    let mut strict = Step::held(shop.rows.refresh(&1_u64, || async {
        gate.pass().await;
        Ok::<_, Down>(2)
    }));
    shop.pass(30);
    assert!(successor.poll().is_none() && strict.poll().is_none());
    gate.let_through(2);
    assert_eq!(successor.done(), Ok(1));
    assert_eq!(strict.done(), Ok(2));
}

#[test]
fn many_keys_fall_back_one_by_one() {
    let shop = shop();
    shop.rows.put_many([(1_u64, 1), (2, 2)]).detach();
    shop.pass(60);
    let many = |keys: &'static [u64]| {
        Step::new(shop.rows.get_or_load_many(keys, |_| async { Err::<Vec<(u64, u64)>, _>(Down::Source) })).done()
    };
    assert_eq!(many(&[1, 2]), Ok(vec![Some(1), Some(2)]));
    assert_eq!(many(&[1, 2, 3]), Err(Down::Source), "there is nothing else to serve for 3");
}
