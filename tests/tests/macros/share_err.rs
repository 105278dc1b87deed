//! `share_err`: how one load's error reaches all who waited for it.

use cache_core::cached;
use cache_core::test_util::TestCache;
use cache_tests::{Gate, Step};

#[derive(Debug, PartialEq)]
struct Failure(String);

/// How often the body runs, and what two concurrent callers get.
fn two_callers<'g, E, F>(gate: &'g Gate, call: impl Fn(&'g Gate) -> F) -> (usize, E, E)
where
    F: Future<Output = Result<u64, E>> + 'g,
{
    TestCache::new().run_sync(|| {
        let (mut first, mut second) = (Step::held(call(gate)), Step::held(call(gate)));
        gate.let_through(2);
        let (first, second) = (first.done().err(), second.done().err());
        (gate.loads(), first.expect("it fails"), second.expect("it fails"))
    })
}

#[test]
fn a_closure_says_how_to_copy_an_error() {
    #[cached(ttl = "1h", skip(gate), share_err = |error: &Failure| Failure(format!("{}, as heard", error.0)))]
    async fn load(gate: &Gate) -> Result<u64, Failure> {
        gate.pass().await;
        Err(Failure("down".to_owned()))
    }
    let (loads, first, second) = two_callers(&Gate::closed(), load);
    assert_eq!((loads, first), (1, Failure("down".to_owned())));
    assert!(second.0.ends_with(", as heard"), "{second:?}");
}

#[test]
fn a_function_does_so_too() {
    fn copy(error: &Failure) -> Failure {
        Failure(error.0.clone())
    }
    #[cached(ttl = "1h", skip(gate), share_err = copy)]
    async fn load(gate: &Gate) -> Result<u64, Failure> {
        gate.pass().await;
        Err(Failure("down".to_owned()))
    }
    let (loads, first, second) = two_callers(&Gate::closed(), load);
    assert_eq!((loads, &first), (1, &second));
}

#[test]
fn an_error_that_is_clone_needs_no_telling() {
    #[cached(ttl = "1h", skip(gate))]
    async fn load(gate: &Gate) -> Result<u64, String> {
        gate.pass().await;
        Err("down".to_owned())
    }
    let (loads, first, second) = two_callers(&Gate::closed(), load);
    assert_eq!((loads, &first), (1, &second));
}

#[test]
fn without_either_who_waited_runs_the_body_for_himself() {
    #[cached(ttl = "1h", skip(gate))]
    async fn load(gate: &Gate) -> Result<u64, Failure> {
        gate.pass().await;
        Err(Failure(gate.loads().to_string()))
    }
    let (loads, first, second) = two_callers(&Gate::closed(), load);
    assert_eq!(loads, 2);
    assert!(first == Failure("1".to_owned()) && second == Failure("2".to_owned()), "{first:?} {second:?}");
}
