//! A few seeds; `cargo x test --only simulation` runs a thousand, and the mistakes that they have to notice.

use cache_simulation::batch::batch;
use cache_simulation::plan::What;
use cache_simulation::{Plan, run};

#[test]
fn seeds_keep_all_promises() {
    let batch = batch(0..40, false, |_| ());
    let bad: Vec<String> = batch.bad.iter().map(|bad| format!("seed {}: {}", bad.seed, bad.what)).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert!(batch.tally.reads > 20_000, "{:?}", batch.tally);
    assert!(batch.tally.stale > 0, "nobody was ever behind: nothing was put to the test");
}

#[test]
fn a_seed_always_goes_the_same_way() {
    for seed in [3, 17, 40] {
        let plan = Plan::of(seed);
        let (once, again) = (run(&plan, true), run(&plan, true));
        assert!(once.trace.len() > 100);
        let differs = once.trace.iter().zip(&again.trace).position(|(one, other)| one != other);
        assert_eq!(differs.map(|line| (&once.trace[line], &again.trace[line])), None, "seed {seed}");
        assert_eq!(once.digest, again.digest);
    }
}

#[test]
fn other_chances_go_another_way() {
    let plan = Plan::of(3);
    let other = Plan { chances: plan.chances + 1, ..plan.clone() };
    assert_ne!(run(&plan, false).digest, run(&other, false).digest);
}

#[test]
fn every_fault_happens_somewhere() {
    let plans: Vec<Plan> = (0..400).map(Plan::of).collect();
    let happens = |what: fn(&What) -> bool| plans.iter().any(|plan| plan.has(what));
    assert!(happens(|what| matches!(what, What::Line { .. })));
    assert!(happens(|what| matches!(what, What::Stop { .. })));
    assert!(happens(|what| matches!(what, What::Crash { .. })));
    assert!(happens(|what| matches!(what, What::Evict { .. })));
    assert!(happens(|what| matches!(what, What::Flush)));
    assert!(happens(|what| matches!(what, What::Restart { .. })));
    assert!(happens(|what| matches!(what, What::Failover { .. })));
    assert!(plans.iter().any(|plan| plan.settings.quiet) && plans.iter().any(|plan| plan.settings.lag > 0));
}
