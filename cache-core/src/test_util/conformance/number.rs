//! `increment`, `limit`.

use std::time::Duration;

use futures_util::future::join_all;

use super::{LONG, Suite, holds};
use crate::clock::{Clock, SystemClock};

pub(super) async fn all(suite: &Suite<'_>) {
    increment(suite).await;
    ends(suite).await;
    limit(suite).await;
    retry_after(suite).await;
    retry(suite).await;
}

async fn increment(suite: &Suite<'_>) {
    let name = suite.name("n", "increment");
    let add = async |by: i64, ttl: Duration| suite.ask("increment", suite.backend.increment(&name, by, ttl)).await;
    holds!(add(5, LONG).await, 5, "increment: begins at zero");
    holds!(add(-7, LONG * 10).await, -2, "increment: returns the new number");
    let left = suite.remaining(&name).await;
    holds!(left.is_some_and(|left| left <= LONG), true, "increment: the first addition sets the lifetime");
    holds!(add(0, LONG).await, -2, "increment: of nothing returns the number");
    let name = suite.name("n", "race");
    let adds = (0..50).map(|_| suite.ask("increment", suite.backend.increment(&name, 1, LONG)));
    let mut sums = join_all(adds).await;
    sums.sort_unstable();
    holds!(sums, (1..=50).collect::<Vec<i64>>(), "increment: adds in one step");
}

async fn ends(suite: &Suite<'_>) {
    for (tag, end, step) in [("most", i64::MAX, 1), ("least", i64::MIN, -1)] {
        let name = suite.name("n", tag);
        let add = async |by: i64| suite.ask("increment", suite.backend.increment(&name, by, LONG)).await;
        holds!(add(end - step).await, end - step, "increment: numbers are exact");
        holds!(add(step).await, end, "increment: numbers are exact");
        holds!(add(step).await, end, "increment: stays at the ends of i64");
        holds!(add(end).await, end, "increment: stays at the ends of i64");
        holds!(add(-step).await, end - step, "increment: comes back from the ends of i64");
        holds!(suite.remaining(&name).await.is_some(), true, "increment: a number at the ends has its lifetime still");
    }
}

async fn limit(suite: &Suite<'_>) {
    let name = suite.name("r", "limit");
    let ask = async |most: u64| suite.ask("limit", suite.backend.limit(&name, most, LONG * 60)).await;
    for used in 0..3 {
        let limited = ask(3).await;
        holds!(limited.allowed, true, "limit: lets as many calls through as it may");
        holds!(limited.remaining, 2 - used, "limit: says how many more would be let through");
        holds!(limited.retry_after, Duration::ZERO, "limit: a call that is let through need not wait");
    }
    let limited = ask(3).await;
    holds!((limited.allowed, limited.remaining), (false, 0), "limit: lets no more calls through than it may");
    let wait = limited.retry_after;
    holds!(wait > Duration::ZERO && wait <= LONG * 120, true, "limit: says how long until the next one is let through");
    holds!(ask(4).await.allowed, true, "limit: a call that was not let through does not count");
    let none = suite.name("r", "none");
    let limited = suite.ask("limit", suite.backend.limit(&none, 0, LONG)).await;
    holds!(limited.allowed, false, "limit: of none lets nothing through");
    let race = suite.name("r", "race");
    let asks = (0..30).map(|_| suite.ask("limit", suite.backend.limit(&race, 10, LONG * 60)));
    let allowed = join_all(asks).await.iter().filter(|limited| limited.allowed).count();
    holds!(allowed, 10, "limit: is asked in one step");
}

async fn retry_after(suite: &Suite<'_>) {
    let window = LONG * 60;
    let refused = async |most: u64| {
        let name = suite.name("r", &format!("refused-{most}"));
        let ask = || suite.ask("limit", suite.backend.limit(&name, most, window));
        for _ in 0..most {
            ask().await;
        }
        ask().await.retry_after
    };
    // What is left of the window: all begin at the same moments.
    let rest = refused(0).await;
    for most in [1, 2, 4, 10] {
        let (wait, share) = (refused(most).await, window / u32::try_from(most).unwrap_or(1));
        let near = wait.abs_diff(rest + share) < LONG;
        holds!(near, true, "limit: full by itself, a window lets a call through once its share is less by one call");
    }
}

async fn retry(suite: &Suite<'_>) {
    let (name, window, slack) = (suite.name("r", "retry"), Duration::from_millis(200), Duration::from_millis(5));
    let ask = async || {
        let before = SystemClock.now();
        (before, suite.ask("limit", suite.backend.limit(&name, 3, window)).await, SystemClock.now())
    };
    let (asked, wait, told) = loop {
        if let (asked, limited, told) = ask().await
            && !limited.allowed
        {
            break (asked, limited.retry_after, told);
        }
    };
    loop {
        let (before, limited, after) = ask().await;
        if limited.allowed {
            let early = after.saturating_since(asked) + slack < wait;
            holds!(early, false, "limit: no call is let through before the time that was told");
            return;
        }
        let late = before.saturating_since(told) > wait + slack;
        holds!(late, false, "limit: a call is let through when the time that was told is over");
    }
}
