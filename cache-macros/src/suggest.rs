//! What the author probably meant by a name that does not exist.

/// Names other caches use for our arguments, with what to write here.
const ALIASES: &[(&str, &str)] = &[
    ("time_to_live", "ttl = \"5m\""),
    ("time", "ttl = \"5m\""),
    ("expire", "ttl = \"5m\""),
    ("expires", "ttl = \"5m\""),
    ("expiry", "ttl = \"5m\""),
    ("expires_in", "ttl = \"5m\""),
    ("max_age", "ttl = \"5m\""),
    ("lifetime", "ttl = \"5m\""),
    ("ttl_secs", "ttl = \"…s\""),
    ("ttl_seconds", "ttl = \"…s\""),
    ("ttl_ms", "ttl = \"…ms\""),
    ("ttl_millis", "ttl = \"…ms\""),
    ("size", "capacity = 5000"),
    ("max_size", "capacity = 5000"),
    ("max_entries", "capacity = 5000"),
    ("max_capacity", "capacity = 5000"),
    ("weigher", "weigh = |value: &V| 1"),
    ("weight", "weigh = |value: &V| 1"),
    ("convert", "key = \"{id}\""),
    ("keys", "key = \"{id}\""),
    ("ignore", "skip(db)"),
    ("exclude", "skip(db)"),
    ("tag", "tags = [\"users\"]"),
    ("none_ttl", "negative_ttl = \"30s\""),
    ("error_ttl", "negative_ttl = \"30s\""),
    ("option", "returns = \"option\""),
    ("result", "returns = \"result\""),
    ("krate", "crate = path"),
    ("swr", "stale_while_revalidate = \"1m\""),
    ("sync_writes", "nothing: concurrent misses of one key always share one load"),
];

/// The names an attribute knows.
pub(crate) struct Names {
    /// Arguments that work.
    pub(crate) valid: &'static [&'static str],
    /// Arguments of the design that have no implementation yet.
    pub(crate) later: &'static [&'static str],
}

/// The help for an unknown argument: what was probably meant, then the list.
pub(crate) fn unknown(name: &str, names: &Names) -> String {
    let list = names.valid.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let meant = ALIASES
        .iter()
        .find(|(alias, write)| {
            *alias == name && names.valid.iter().any(|valid| write.starts_with(valid) || write.starts_with("nothing"))
        })
        .map(|(_, write)| (*write).to_owned())
        .or_else(|| closest(name, names.valid.iter().copied()).map(str::to_owned));
    match meant {
        Some(meant) => format!("write `{meant}`; the arguments are {list}"),
        None => format!("the arguments are {list}"),
    }
}

/// The candidate within a third of the name's length in edits.
pub(crate) fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein, one row at a time.
fn distance(a: &str, b: &str) -> usize {
    let b = b.chars().collect::<Vec<_>>();
    let mut row = (0..=b.len()).collect::<Vec<_>>();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
