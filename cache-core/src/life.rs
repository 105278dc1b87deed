//! The life of an entry that does more than end: it is served on after its ttl, loaded anew before, or kept alive by use.

use std::time::Duration;

use crate::clock::Time;
use crate::freshness::Freshness;
use crate::random::Random;
use crate::sync::atomic::{AtomicU64, Ordering};

/// How finely uses are noted: an entry with a tti lives up to this part of it longer than it should, and a hit writes
/// to the entry only that often.
const USES_NOTED_PER_TTI: u32 = 16;

/// The largest `-ln(u)` that a random number of 53 bits gives. So many load times (times β) before its end the XFetch
/// rule may choose an entry; before that it cannot, and a hit need not ask.
const LONGEST_LEAD: f64 = 36.8;

/// What the policy says of the lives of all entries of a region.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lives {
    pub(crate) stale_while_revalidate: Option<Duration>,
    pub(crate) stale_if_error: Option<Duration>,
    pub(crate) refresh_ahead: Option<f64>,
    pub(crate) early: Option<f64>,
    pub(crate) tti: Option<Duration>,
}

/// One entry's dates.
#[derive(Debug)]
pub(crate) struct Life {
    fresh_until: Time,
    /// From here on it may be loaded anew, though it is fresh.
    due_from: Time,
    /// What loading it took, for XFetch.
    cost: Duration,
    /// When it was last used, as far as noted.
    used: AtomicU64,
    /// A load failed: none before this time, as long as there is something to serve.
    retry_at: AtomicU64,
}

impl Lives {
    /// Whether an entry needs more than one date.
    pub(crate) fn are_plain(&self) -> bool {
        self.stale_while_revalidate.is_none()
            && self.stale_if_error.is_none()
            && self.refresh_ahead.is_none()
            && self.early.is_none()
            && self.tti.is_none()
    }

    /// Whether a value may be served after its ttl.
    pub(crate) fn have_windows(&self) -> bool {
        self.stale_while_revalidate.is_some() || self.stale_if_error.is_some()
    }

    /// A life that begins `now`, after a load that took `cost`.
    pub(crate) fn begin(&self, now: Time, fresh_until: Time, cost: Duration) -> Life {
        let due_from = if fresh_until == Time::NEVER {
            Time::NEVER
        } else if let Some(part) = self.refresh_ahead {
            now.saturating_add(fresh_until.saturating_since(now).mul_f64(part))
        } else if let Some(beta) = self.early {
            let lead = Duration::try_from_secs_f64(cost.as_secs_f64() * beta * LONGEST_LEAD).unwrap_or(Duration::MAX);
            now.saturating_add(fresh_until.saturating_since(now).saturating_sub(lead))
        } else {
            Time::NEVER
        };
        Life { fresh_until, due_from, cost, used: AtomicU64::new(now.as_nanos()), retry_at: AtomicU64::new(0) }
    }

    fn note_after(&self) -> Option<Duration> {
        self.tti.map(|tti| tti / USES_NOTED_PER_TTI)
    }
}

impl Life {
    /// Until when the entry is simply fresh: nothing to start, nothing to note.
    pub(crate) fn plain_until(&self, lives: &Lives) -> Time {
        let due = self.due_from.max(Time::from_nanos(self.retry_at.load(Ordering::Relaxed)));
        let note = lives.note_after().map_or(Time::NEVER, |after| self.last_used().saturating_add(after));
        self.fresh_until.min(due).min(note)
    }

    /// What the entry may be used for at `now`; of an entry that nothing has invalidated.
    pub(crate) fn freshness(&self, lives: &Lives, now: Time) -> Freshness {
        let idle = now.saturating_since(self.last_used());
        if lives.tti.zip(lives.note_after()).is_some_and(|(tti, noted)| idle >= tti + noted) {
            return Freshness::Expired;
        }
        let waits = now < Time::from_nanos(self.retry_at.load(Ordering::Relaxed));
        if now < self.fresh_until {
            return if now < self.due_from || waits { Freshness::Fresh } else { Freshness::Due };
        }
        let within =
            |window: Option<Duration>| window.is_some_and(|window| now < self.fresh_until.saturating_add(window));
        if within(lives.stale_while_revalidate) {
            if waits { Freshness::Failing } else { Freshness::Stale }
        } else if within(lives.stale_if_error) {
            if waits { Freshness::Failing } else { Freshness::Spare }
        } else {
            Freshness::Expired
        }
    }

    /// Whether chance has chosen an entry that is [due](Freshness::Due), by the XFetch rule: the nearer its end and
    /// the longer its load, the likelier.
    pub(crate) fn is_chosen(&self, lives: &Lives, now: Time, random: &dyn Random) -> bool {
        let Some(beta) = lives.early else { return true };
        // 53 random bits make an even fraction in (0, 1].
        let fraction = ((random.next_u64() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        let lead = self.cost.as_secs_f64() * beta * -fraction.ln();
        lead >= self.fresh_until.saturating_since(now).as_secs_f64()
    }

    /// Notes a use.
    pub(crate) fn use_at(&self, now: Time) {
        self.used.fetch_max(now.as_nanos(), Ordering::Relaxed);
    }

    /// Loading it anew failed: not again before `at`.
    pub(crate) fn retry_at(&self, at: Time) {
        self.retry_at.store(at.as_nanos(), Ordering::Relaxed);
    }

    /// How long it has left as a fresh one, if nobody uses it before.
    pub(crate) fn remaining(&self, lives: &Lives, now: Time) -> Duration {
        let fresh =
            if self.fresh_until == Time::NEVER { Duration::MAX } else { self.fresh_until.saturating_since(now) };
        let used = lives.tti.map_or(Duration::MAX, |tti| self.last_used().saturating_add(tti).saturating_since(now));
        fresh.min(used)
    }

    fn last_used(&self) -> Time {
        Time::from_nanos(self.used.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: u64) -> Time {
        Time::default().saturating_add(SECOND * seconds as u32)
    }

    #[test]
    fn windows_follow_the_ttl_and_each_other() {
        let lives =
            Lives { stale_while_revalidate: Some(SECOND * 10), stale_if_error: Some(SECOND * 20), ..Lives::default() };
        let life = lives.begin(at(0), at(60), SECOND);
        let seen = [0, 59, 60, 69, 70, 79, 80].map(|second| life.freshness(&lives, at(second)));
        use Freshness::{Expired, Fresh, Spare, Stale};
        assert_eq!(seen, [Fresh, Fresh, Stale, Stale, Spare, Spare, Expired]);
        assert_eq!(life.plain_until(&lives), at(60));
        life.retry_at(at(75));
        assert_eq!(life.freshness(&lives, at(74)), Freshness::Failing);
        assert_eq!(life.freshness(&lives, at(75)), Spare);
    }

    #[test]
    fn a_failed_refresh_waits_and_the_value_stays_fresh_meanwhile() {
        let lives = Lives { refresh_ahead: Some(0.5), ..Lives::default() };
        let life = lives.begin(at(0), at(60), SECOND);
        assert_eq!(life.freshness(&lives, at(29)), Freshness::Fresh);
        assert_eq!(life.freshness(&lives, at(30)), Freshness::Due);
        life.retry_at(at(40));
        assert_eq!(life.freshness(&lives, at(39)), Freshness::Fresh);
        assert_eq!(life.plain_until(&lives), at(40));
        assert_eq!(life.freshness(&lives, at(60)), Freshness::Expired);
    }

    #[test]
    fn use_keeps_alive_until_the_ttl() {
        let lives = Lives { tti: Some(SECOND * 16), ..Lives::default() };
        let life = lives.begin(at(0), at(60), SECOND);
        assert_eq!(life.plain_until(&lives), at(1));
        assert_eq!(life.freshness(&lives, at(16)), Freshness::Fresh);
        assert_eq!(life.freshness(&lives, at(17)), Freshness::Expired);
        life.use_at(at(16));
        assert_eq!(life.plain_until(&lives), at(17));
        assert_eq!(life.freshness(&lives, at(32)), Freshness::Fresh);
        life.use_at(at(50));
        assert_eq!(life.freshness(&lives, at(60)), Freshness::Expired);
        life.use_at(at(20));
        assert_eq!(life.last_used(), at(50), "a late note does not turn time back");
    }

    #[test]
    fn early_chooses_the_more_often_the_nearer_the_end_and_never_before_its_lead() {
        let lives = Lives { early: Some(1.0), ..Lives::default() };
        let life = lives.begin(at(0), at(100), SECOND);
        assert!(life.plain_until(&lives) > at(63) && life.plain_until(&lives) < at(64));
        let random = SeededRandom::new(1);
        let chosen = |second| (0..10_000).filter(|_| life.is_chosen(&lives, at(second), &random)).count();
        // exp(-d) of the draws at d load times before the end.
        assert_eq!(chosen(70), 0);
        assert!((50..=90).contains(&chosen(95)), "{}", chosen(95));
        assert!((3_500..=3_900).contains(&chosen(99)), "{}", chosen(99));
    }

    #[test]
    fn a_life_without_end_has_no_dates() {
        let lives = Lives { tti: Some(SECOND * 16), ..Lives::default() };
        let life = lives.begin(at(0), Time::NEVER, SECOND);
        assert_eq!(life.remaining(&lives, at(4)), SECOND * 12);
        let lives = Lives::default();
        assert_eq!(lives.begin(at(0), Time::NEVER, SECOND).remaining(&lives, at(4)), Duration::MAX);
        assert_eq!(lives.begin(at(0), Time::NEVER, SECOND).plain_until(&lives), Time::NEVER);
    }
}
