//! `drop_keys`, `bump`, `sweep`, `add_member`.

use super::{LONG, Suite, holds};
use crate::backend::{Bump, Drop, DropKey, MARK, Sweep};

/// A mark.
const MARKED: &[u8] = &[MARK, 1];

pub(super) async fn all(suite: &Suite<'_>) {
    drop_keys(suite).await;
    bump(suite).await;
    marks(suite).await;
    sweep(suite).await;
    sweep_marks(suite).await;
    sweep_exactly(suite).await;
}

async fn drop_keys(suite: &Suite<'_>) {
    let schemas = suite.name("m", "drop");
    for member in [&b"one"[..], b"two", b"one"] {
        suite.ask("add_member", suite.backend.add_member(&schemas, member, LONG)).await;
    }
    let keys: Vec<DropKey> = (0..5)
        .map(|number| {
            let tag = format!("drop-{number}");
            let values = ["@1", "@2"].map(|schema| suite.name("v", &tag) + schema).to_vec();
            DropKey { values, identity: suite.name("i", &tag), lease: suite.name("l", &tag) }
        })
        .collect();
    for key in &keys {
        for name in key.values.iter().chain([&key.identity, &key.lease]) {
            suite.set(name, b"set").await;
        }
    }
    suite.set(&keys[4].lease, MARKED).await;
    let drop = Drop { keys: &keys, schemas: Some(&schemas), publish: None, confirm: None };
    let mut dropped = suite.ask("drop_keys", suite.backend.drop_keys(drop)).await;
    dropped.schemas.sort();
    holds!(
        dropped.schemas,
        vec![b"one".to_vec(), b"two".to_vec()],
        "drop_keys: reads the members of the set of schemas"
    );
    for key in &keys {
        for name in key.values.iter().chain([&key.identity]) {
            holds!(suite.get(name).await, None, "drop_keys: removes the values and the identity of each key");
        }
    }
    for key in &keys[..4] {
        holds!(suite.get(&key.lease).await, None, "drop_keys: removes the lease of each key");
    }
    let mark = suite.get(&keys[4].lease).await;
    holds!(mark, Some(MARKED.to_vec()), "drop_keys: a lease that is a mark stays");
    let none = Drop { keys: &[], schemas: None, publish: None, confirm: None };
    let dropped = suite.ask("drop_keys", suite.backend.drop_keys(none)).await;
    holds!(dropped.schemas, Vec::<Vec<u8>>::new(), "drop_keys: reads no schemas if none are asked for");
    holds!(dropped.confirmed, true, "drop_keys: nothing is left unconfirmed that was not asked for");
}

fn pairs<const N: usize>(pairs: [(&String, &[u8]); N]) -> Vec<(String, Vec<u8>)> {
    pairs.map(|(name, version)| (name.clone(), version.to_vec())).to_vec()
}

async fn bump(suite: &Suite<'_>) {
    let (fence, free, known) = (suite.name("f", "bump"), suite.name("t", "bump-free"), suite.name("t", "bump-known"));
    suite.set(&known, b"old").await;
    let (fences, names) = (pairs([(&fence, b"fence")]), pairs([(&free, b"one"), (&known, b"two")]));
    let bump = Bump { fences: &fences, names: &names, ttl: LONG * 2, publish: None, confirm: None };
    let bumped = suite.ask("bump", suite.backend.bump(bump)).await;
    holds!(bumped.confirmed, true, "bump: nothing is left unconfirmed that was not asked for");
    holds!(suite.text(&fence).await.as_deref(), Some("fence"), "bump: sets the fences");
    holds!(suite.text(&free).await.as_deref(), Some("one"), "bump: sets a name that is free");
    holds!(suite.text(&known).await.as_deref(), Some("two"), "bump: sets a name that has a version");
    for name in [&fence, &free, &known] {
        let left = suite.remaining(name).await;
        holds!(left.is_some_and(|left| left > LONG), true, "bump: the names live as long as was said");
    }
}

async fn marks(suite: &Suite<'_>) {
    let name = suite.name("t", "mark");
    suite.set(&name, MARKED).await;
    let names = pairs([(&name, b"new")]);
    let bump = Bump { fences: &[], names: &names, ttl: LONG * 2, publish: None, confirm: None };
    suite.ask("bump", suite.backend.bump(bump)).await;
    holds!(suite.get(&name).await, Some(MARKED.to_vec()), "bump: a name that is a mark stays as it is");
    let left = suite.remaining(&name).await;
    holds!(left.is_some_and(|left| left <= LONG), true, "bump: a mark ends when it would have");
}

async fn sweep(suite: &Suite<'_>) {
    let kinds = ["l", "v", "t"];
    let names: Vec<String> =
        (0..400).flat_map(|number| kinds.map(|kind| suite.name(kind, &format!("sweep:{number}")))).collect();
    futures_util::future::join_all(names.iter().map(|name| suite.set(name, b"set"))).await;
    let globs = ["l", "v"].map(|kind| format!("{}:{kind}:{{sweep:*}}", suite.prefix));
    let sweep = Sweep { leases: &globs[..1], globs: &globs[1..], publish: None };
    let swept = suite.ask("sweep", suite.backend.sweep(sweep)).await;
    holds!(swept, 800, "sweep: returns how much it was");
    for name in &names {
        let stays = name.contains(":t:");
        holds!(
            suite.get(name).await.is_some(),
            stays,
            "sweep: removes everything whose name matches, and nothing else"
        );
    }
    let swept = suite.ask("sweep", suite.backend.sweep(sweep)).await;
    holds!(swept, 0, "sweep: what is gone is not removed again");
}

async fn sweep_marks(suite: &Suite<'_>) {
    let name = |kind: &str, number: u32| suite.name(kind, &format!("marked:{number}"));
    for number in 0..20 {
        let held: &[u8] = if number % 2 == 0 { MARKED } else { b"" };
        suite.set(&name("l", number), held).await;
        suite.set(&name("v", number), MARKED).await;
    }
    suite.ask("add_member", suite.backend.add_member(&name("l", 20), b"member", LONG)).await;
    let [leases, globs] = ["l", "v"].map(|kind| [format!("{}:{kind}:{{marked:*}}", suite.prefix)]);
    let sweep = Sweep { leases: &leases, globs: &globs, publish: None };
    let swept = suite.ask("sweep", suite.backend.sweep(sweep)).await;
    for number in 0..20 {
        let mark = (number % 2 == 0).then(|| MARKED.to_vec());
        holds!(suite.get(&name("l", number)).await, mark, "sweep: of leases those that are marks stay, and no others");
        holds!(suite.get(&name("v", number)).await, None, "sweep: what is no lease goes, whatever it is");
    }
    holds!(swept, 31, "sweep: removes a lease that is no text, and counts no marks");
}

async fn sweep_exactly(suite: &Suite<'_>) {
    let kept = ["a", "abc", "[ab]", "a*", "äö"].map(|tag| suite.name("x", tag));
    let tags = [("a?", "aä"), (r"\*", "*"), ("[a]", "[a]"), ("ö?ö", "öäö"), (r"\[\\", r"[\"), ("*!", "x/y!")];
    for (glob, tag) in tags {
        let name = suite.name("x", tag);
        for name in kept.iter().chain([&name]) {
            suite.set(name, b"set").await;
        }
        let globs = [format!("{}:x:{{{glob}}}", suite.prefix)];
        let swept = suite.ask("sweep", suite.backend.sweep(Sweep { leases: &[], globs: &globs, publish: None })).await;
        let left = suite.get(&name).await;
        assert!(left.is_none(), "sweep: `{glob}` is a glob of `*`, `?` and `\\` and matches `{tag}`");
        // `a?` matches `a*` as well.
        let expected = if glob == "a?" { 2 } else { 1 };
        assert!(swept == expected, "sweep: `{glob}` is a glob of `*`, `?` and `\\`; it removed {swept} names");
    }
}
