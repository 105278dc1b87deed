//! Everything that the processes of a run share.

use std::sync::Arc;

use cache_oracle::Moment;
use parking_lot::Mutex;

use crate::audit::Audit;
use crate::dice::Dice;
use crate::executor::Executor;
use crate::plan::Plan;
use crate::process::{BEAT, WINDOW};
use crate::tier::Tier;
use crate::timeline::{MS, Timeline};

/// The world of a run.
pub struct World {
    /// What is going to happen.
    pub plan: Plan,
    /// The time.
    pub timeline: Arc<Timeline>,
    /// The tasks.
    pub executor: Executor,
    /// The tier, and the lines to it.
    pub tier: Arc<Tier>,
    /// The books.
    pub audit: Arc<Audit>,
    /// For what loads and processes do.
    pub dice: Mutex<Dice>,
    /// No load fails, panics or hangs any more.
    pub calm: std::sync::atomic::AtomicBool,
}

/// What becomes of a load.
#[derive(Debug, Clone, Copy)]
pub struct Fate {
    /// How long it takes to get to the source.
    pub before: Moment,
    /// How long it takes back.
    pub after: Moment,
    /// How far behind the replica is that it reads.
    pub behind: Moment,
    /// It returns an error.
    pub fails: bool,
    /// It panics.
    pub panics: bool,
    /// It never returns.
    pub hangs: bool,
}

/// For how long a process may serve what was invalidated when it hears nothing: three beats and the window, by its own
/// clock; and until its keeper looks, which it does four times a beat, when it does not wait for an answer.
#[must_use]
pub fn bound(drift: i64) -> Moment {
    let promised = (BEAT * 3 + WINDOW + BEAT / 4).as_nanos() as u64;
    promised + promised * drift as u64 / 1_000_000 + 60 * MS
}

/// No part of a load takes longer, unless it hangs.
const SLOWEST: Moment = 200 * MS;

impl World {
    /// The world of this plan.
    #[must_use]
    pub fn new(plan: Plan, traced: bool) -> Arc<Self> {
        let timeline = Arc::new(Timeline::default());
        let audit = Audit::new(&timeline, plan.nodes, bound(plan.settings.drift), plan.settings.lag, traced);
        let tier = Tier::new(&timeline, &audit, &plan, Dice::new(plan.chances, 2));
        let dice = Mutex::new(Dice::new(plan.chances, 3));
        let executor = Executor::default();
        Arc::new(Self { plan, timeline, executor, tier, audit, dice, calm: false.into() })
    }

    /// What becomes of a load that begins.
    pub fn fate(&self) -> Fate {
        let settings = &self.plan.settings;
        let calm = self.calm.load(std::sync::atomic::Ordering::Relaxed);
        let mut dice = self.dice.lock();
        let behind = if dice.chance(500) { settings.lag } else { 0 };
        let (before, after) = (dice.delay(settings.load).min(SLOWEST), dice.delay(settings.load).min(SLOWEST));
        let mut happens = |in_thousand| dice.chance(in_thousand) && !calm;
        let (fails, panics, hangs) =
            (happens(settings.failing), happens(settings.panicking), happens(settings.hanging));
        Fate { before, after, behind, fails, panics, hangs }
    }
}
