//! How an entry ages.

use std::time::Duration;

use crate::model::Names;
use crate::rules::Rules;
use crate::script::{Loaded, Value};

/// So long after a load has failed none is begun, as long as there is something to serve.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What time has made of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    Fresh,
    /// Fresh, and to be loaded anew.
    Due,
    /// Served while it is loaded anew.
    Stale,
    /// Served, since loading it anew has failed a moment ago.
    Failing,
    /// Served if loading it anew fails.
    Spare,
}

impl Age {
    pub(crate) fn is_fresh(self) -> bool {
        matches!(self, Self::Fresh | Self::Due)
    }
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) loaded: Loaded,
    /// Its own, and those of the entries that its load has read.
    pub(crate) names: Vec<Names>,
    /// `None`: never ends.
    fresh_until: Option<Duration>,
    due_from: Option<Duration>,
    /// When its last use was noted.
    used: Duration,
    retry_at: Duration,
}

impl Entry {
    pub(crate) fn new(rules: Rules, loaded: Loaded, names: Vec<Names>, now: Duration, life: Option<Duration>) -> Self {
        let due_from = rules.refresh_ahead.zip(life).map(|(part, life)| now + life.mul_f64(part));
        let fresh_until = life.map(|life| now + life);
        Self { loaded, names, fresh_until, due_from, used: now, retry_at: Duration::ZERO }
    }

    pub(crate) fn value(&self) -> Option<Value> {
        self.loaded.ok().flatten()
    }

    /// `None` when its time is over. Absences and errors have a ttl and nothing else.
    pub(crate) fn age(&self, rules: Rules, now: Duration) -> Option<Age> {
        let over = self.fresh_until.and_then(|end| now.checked_sub(end));
        if self.value().is_none() {
            return over.is_none().then_some(Age::Fresh);
        }
        if rules.tti.is_some_and(|tti| now - self.used >= tti + tti / 16) {
            return None;
        }
        let (is_due, waits) = (self.due_from.is_some_and(|due| now >= due), now < self.retry_at);
        let within = |window: Option<Duration>| over.zip(window).is_some_and(|(over, window)| over < window);
        let windows = (within(rules.stale_while_revalidate), within(rules.stale_if_error));
        match (over, windows) {
            (None, _) => Some(if is_due && !waits { Age::Due } else { Age::Fresh }),
            (_, (false, false)) => None,
            _ if waits => Some(Age::Failing),
            (_, (true, _)) => Some(Age::Stale),
            (_, (false, true)) => Some(Age::Spare),
        }
    }

    pub(crate) fn remaining(&self, rules: Rules, now: Duration) -> Duration {
        let fresh = self.fresh_until.map_or(Duration::MAX, |end| end - now);
        let tti = rules.tti.filter(|_| self.value().is_some());
        fresh.min(tti.map_or(Duration::MAX, |tti| (self.used + tti).saturating_sub(now)))
    }

    /// Notes a use; of one that only takes the value (not `closely`) sixteen times per tti.
    pub(crate) fn note_use(&mut self, rules: Rules, now: Duration, closely: bool) {
        let Some((age, tti)) = self.age(rules, now).zip(rules.tti) else { return };
        if closely || age != Age::Fresh || now >= self.used + tti / 16 {
            self.used = now;
        }
    }

    pub(crate) fn loading_has_failed(&mut self, now: Duration) {
        self.retry_at = now + RETRY_AFTER;
    }
}
