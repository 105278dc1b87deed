//! `lease`, `capture`, `swap`, `commit`.

use std::time::Duration;

use futures_util::future::join_all;

use super::{LONG, Suite, holds};
use crate::backend::{Capture, Commit, Lease, MARK};

pub(super) async fn all(suite: &Suite<'_>) {
    lease(suite).await;
    one_of_many(suite).await;
    capture(suite).await;
    swap(suite).await;
    commit(suite).await;
    refused(suite).await;
}

async fn lease(suite: &Suite<'_>) {
    let (name, value) = (suite.name("l", "lease"), suite.name("v", "lease"));
    let (known, fresh) = (suite.name("t", "lease-known"), suite.name("t", "lease-fresh"));
    suite.set(&known, b"old").await;
    let captures = [
        Capture { name: &known, candidate: b"new", ttl: LONG },
        Capture { name: &fresh, candidate: b"new", ttl: LONG },
    ];
    let mut lease = Lease { lease: &name, token: b"one", ttl: LONG, value: &value, captures: &captures };
    let leased = suite.ask("lease", suite.backend.lease(lease)).await;
    holds!(leased.holder, None, "lease: is granted if its name is free");
    holds!(leased.value, None, "lease: a value that is not there is not read");
    holds!(leased.captured, vec![b"old".to_vec(), b"new".to_vec()], "lease: captures in the order of the request");
    holds!(suite.text(&name).await.as_deref(), Some("one"), "lease: sets the name to the token");
    holds!(suite.remaining(&name).await.is_some(), true, "lease: a lease ends");
    suite.set(&value, b"value").await;
    lease.token = b"two";
    let leased = suite.ask("lease", suite.backend.lease(lease)).await;
    holds!(leased.holder, Some(b"one".to_vec()), "lease: says whose it is if it is not granted");
    holds!(suite.text(&name).await.as_deref(), Some("one"), "lease: one that is held stays its holder's");
    holds!(leased.value, Some(b"value".to_vec()), "lease: reads the value, whoever has the lease");
    holds!(leased.captured, vec![b"old".to_vec(), b"new".to_vec()], "lease: captures, whoever has the lease");
}

async fn one_of_many(suite: &Suite<'_>) {
    let (name, value) = (suite.name("l", "race"), suite.name("v", "race"));
    let tokens: Vec<[u8; 1]> = (0..32).map(|number| [number]).collect();
    let leases = tokens.iter().map(|token| {
        let lease = Lease { lease: &name, token, ttl: LONG, value: &value, captures: &[] };
        suite.ask("lease", suite.backend.lease(lease))
    });
    let granted = join_all(leases).await.iter().filter(|leased| leased.holder.is_none()).count();
    holds!(granted, 1, "lease: of many that ask at once one has it");
}

async fn capture(suite: &Suite<'_>) {
    let name = suite.name("t", "capture");
    let capture = |candidate: &'static [u8], ttl| [Capture { name: &name, candidate, ttl }];
    let first = suite.ask("capture", suite.backend.capture(&capture(b"one", LONG))).await;
    holds!(first, vec![b"one".to_vec()], "capture: sets a free name to the candidate, and gives it");
    let second = suite.ask("capture", suite.backend.capture(&capture(b"two", LONG * 10))).await;
    holds!(second, vec![b"one".to_vec()], "capture: gives what a name is set to");
    let left = suite.remaining(&name).await.unwrap_or_default();
    holds!(left > LONG * 9, true, "capture: prolongs what would end before");
    _ = suite.ask("capture", suite.backend.capture(&capture(b"three", Duration::from_secs(1)))).await;
    let left = suite.remaining(&name).await.unwrap_or_default();
    holds!(left > LONG * 9, true, "capture: shortens nothing");
    let mark = suite.name("t", "capture-mark");
    suite.set(&mark, &[MARK, 1]).await;
    let captures = [Capture { name: &mark, candidate: b"one", ttl: LONG * 10 }];
    let captured = suite.ask("capture", suite.backend.capture(&captures)).await;
    holds!(captured, vec![vec![MARK, 1]], "capture: gives a mark as it is");
    let left = suite.remaining(&mark).await.unwrap_or_default();
    holds!(left <= LONG, true, "capture: does not prolong a mark");
    holds!(
        suite.ask("capture", suite.backend.capture(&[])).await,
        Vec::<Vec<u8>>::new(),
        "capture: of nothing is nothing"
    );
}

async fn swap(suite: &Suite<'_>) {
    let name = suite.name("l", "swap");
    let swapped = suite.ask("swap", suite.backend.swap(&name, b"", Some((b"x", LONG)))).await;
    holds!((swapped, suite.get(&name).await), (false, None), "swap: a free name is not what was seen");
    suite.set(&name, b"one").await;
    let swapped = suite.ask("swap", suite.backend.swap(&name, b"other", Some((b"x", LONG)))).await;
    holds!(swapped, false, "swap: does nothing to what was not seen");
    holds!(suite.text(&name).await.as_deref(), Some("one"), "swap: does nothing to what was not seen");
    let swapped = suite.ask("swap", suite.backend.swap(&name, b"one", Some((b"two", LONG * 2)))).await;
    holds!((swapped, suite.text(&name).await.as_deref()), (true, Some("two")), "swap: sets what was seen");
    holds!(suite.remaining(&name).await.is_some_and(|left| left > LONG), true, "swap: sets for that long");
    let freed = suite.ask("swap", suite.backend.swap(&name, b"one", None)).await;
    holds!((freed, suite.text(&name).await.as_deref()), (false, Some("two")), "swap: does not free what was not seen");
    let freed = suite.ask("swap", suite.backend.swap(&name, b"two", None)).await;
    holds!((freed, suite.get(&name).await), (true, None), "swap: frees what was seen");
}

/// The names of one key.
struct Names {
    lease: String,
    value: String,
    staging: String,
    identity: String,
}

impl Names {
    fn new(suite: &Suite<'_>, tag: &str) -> Self {
        Self {
            lease: suite.name("l", tag),
            value: suite.name("v", tag),
            staging: format!("{}:token", suite.name("s", tag)),
            identity: suite.name("i", tag),
        }
    }

    fn commit<'a>(&'a self, bytes: &'a [u8]) -> Commit<'a> {
        Commit {
            lease: &self.lease,
            token: b"token",
            staging: &self.staging,
            value: &self.value,
            bytes,
            ttl: LONG,
            identity: None,
            publish: None,
        }
    }
}

async fn commit(suite: &Suite<'_>) {
    let names = Names::new(suite, "commit");
    suite.set(&names.lease, b"token").await;
    let mut commit = names.commit(b"value");
    commit.ttl = LONG * 10;
    commit.identity = Some((&names.identity, b"identity", LONG));
    let stored = suite.ask("commit", suite.backend.commit(commit)).await;
    holds!(stored, true, "commit: says that it was stored");
    holds!(
        suite.text(&names.value).await.as_deref(),
        Some("value"),
        "commit: stores the value if the lease is the token's"
    );
    let left = suite.remaining(&names.value).await.unwrap_or_default();
    holds!(left > LONG * 9, true, "commit: the value is kept as long as was said");
    holds!(suite.get(&names.lease).await, None, "commit: frees the lease");
    holds!(suite.text(&names.identity).await.as_deref(), Some("identity"), "commit: sets the identity");
    holds!(suite.remaining(&names.identity).await.is_some(), true, "commit: an identity ends");
    holds!(suite.get(&names.staging).await, None, "commit: leaves nothing under the staging name");
    let big = vec![7; 600 * 1024];
    suite.set(&names.lease, b"token").await;
    let stored = suite.ask("commit", suite.backend.commit(names.commit(&big))).await;
    holds!((stored, suite.get(&names.value).await == Some(big)), (true, true), "commit: stores a big value");
    holds!(
        suite.text(&names.identity).await.as_deref(),
        Some("identity"),
        "commit: leaves an identity alone that is not given"
    );
    suite.set(&names.lease, b"token").await;
    let stored = suite.ask("commit", suite.backend.commit(names.commit(b""))).await;
    holds!((stored, suite.get(&names.value).await), (true, Some(Vec::new())), "commit: stores a value of no bytes");
}

async fn refused(suite: &Suite<'_>) {
    let names = Names::new(suite, "refused");
    let stored = suite.ask("commit", suite.backend.commit(names.commit(b"value"))).await;
    holds!(
        (stored, suite.get(&names.value).await),
        (false, None),
        "commit: a lease that is free counts as \"was not\""
    );
    suite.set(&names.lease, b"another").await;
    suite.set(&names.value, b"before").await;
    let mut commit = names.commit(b"value");
    commit.identity = Some((&names.identity, b"identity", LONG));
    let stored = suite.ask("commit", suite.backend.commit(commit)).await;
    holds!(stored, false, "commit: says that it was not stored if the lease is another's");
    holds!(
        suite.text(&names.value).await.as_deref(),
        Some("before"),
        "commit: stores nothing if the lease is another's"
    );
    holds!(suite.text(&names.lease).await.as_deref(), Some("another"), "commit: frees nobody else's lease");
    holds!(suite.get(&names.identity).await, None, "commit: sets no identity if the lease is another's");
}
