//! What each argument and each shape of function expands to.

use quote::quote;

use super::pretty;
use crate::expand::cached;

/// The expansion of `#[cached(attr)] item`.
macro_rules! expansion {
    ($name:ident, ($($attr:tt)*), $($item:tt)*) => {
        #[test]
        fn $name() {
            insta::assert_snapshot!(pretty(cached(quote!($($attr)*), quote!($($item)*))));
        }
    };
}

/// Only the lines of an expansion that hold one of `words`: what one argument adds.
macro_rules! lines {
    ($name:ident, [$($word:literal),+], ($($attr:tt)*), $($item:tt)*) => {
        #[test]
        fn $name() {
            let text = pretty(cached(quote!($($attr)*), quote!($($item)*)));
            let lines = text.lines().filter(|line| [$($word),+].iter().any(|word| line.contains(word)));
            let mut lines = lines.map(str::trim).collect::<Vec<_>>();
            lines.sort_unstable();
            lines.dedup();
            insta::assert_snapshot!(lines.join("\n"));
        }
    };
}

expansion!(
    an_async_function,
    (ttl = "5m", skip(db), tags = ["users", "user:{id}", "org:{ret.org_id}:{id}"]),
    /// Gets a user.
    #[tracing::instrument]
    #[allow(clippy::todo)]
    pub async fn get_user(db: &Db, mut id: u64) -> Result<User, DbError> {
        let user = db.user(id).await?;
        Ok(user)
    }
);

expansion!(
    a_function_that_renews_in_the_background,
    (
        ttl = |user: &User| user.ttl,
        stale_while_revalidate = "1m",
        stale_if_error = "1h",
        timeout = "2s",
        condition = id > 0,
        cache_if = |user| user.active,
        skip(db)
    ),
    async fn get_user(db: &Db, id: u64) -> Result<User, DbError> {
        db.user(id).await
    }
);

lines!(
    a_soft_timeout_makes_every_load_a_task_of_its_own,
    ["load", "own_", "borrow"],
    (ttl = "5m", stale_if_error = "1h", soft_timeout = "100ms", skip(self)),
    async fn get_user(&self, name: &str, id: u64) -> Result<User, DbError> {
        self.user(name, id).await
    }
);

expansion!(
    a_function_that_is_not_async,
    (ttl = "never"),
    fn length(word: &str) -> usize {
        word.len()
    }
);

expansion!(
    a_generic_function,
    (ttl = "5m", skip(db)),
    async fn count<'a, D: Database + For<T>, T: Table, const N: u8>(db: &'a D, id: u64) -> u64
    where
        D: Send,
        T: From<D> + Send,
    {
        db.count::<T>(id, N).await
    }
);

expansion!(
    a_method,
    (ttl = "5m", key = "{self.tenant}:{id}"),
    pub(crate) async fn get(&self, id: u64) -> Option<User> {
        self.db.user(id).await
    }
);

expansion!(
    a_body_in_place,
    (ttl = "5m", skip(self), helpers = false),
    async fn get(&self, id: u64) -> Option<User> {
        self.db.user(id).await
    }
);

expansion!(
    patterns_get_names,
    (ttl = "5m", skip(a)),
    fn sum((a, b): (u64, u64), c: u64) -> u64 {
        a + b + c
    }
);

lines!(
    ttl_of_an_expression,
    [".ttl"],
    (ttl = config::TTL * 2),
    async fn get(id: u64) -> u64 {
        id
    }
);
lines!(
    ttl_default,
    [".ttl"],
    (ttl = "default"),
    async fn get(id: u64) -> u64 {
        id
    }
);
lines!(
    ttl_in_milliseconds,
    [".ttl", "ttl:"],
    (ttl = "1s500ms"),
    async fn get(id: u64) -> u64 {
        id
    }
);
lines!(
    key,
    ["key_part", "key:", "literals"],
    (ttl = "5m", key = "{{{id}}}:{region.code()}"),
    async fn get(id: u64, region: &Region) -> u64 {
        id
    }
);
lines!(
    jitter,
    [".jitter"],
    (ttl = "5m", jitter = 10),
    async fn get(id: u64) -> u64 {
        id
    }
);
lines!(
    negative_ttl,
    [".negative_ttl"],
    (ttl = "5m", negative_ttl = "30s"),
    async fn get(id: u64) -> Option<u64> {
        id
    }
);
lines!(
    capacity,
    [".capacity"],
    (ttl = "5m", capacity = 64 << 20),
    async fn get(id: u64) -> u64 {
        id
    }
);
lines!(
    weigh,
    [".weigh"],
    (ttl = "5m", capacity = 9, weigh = |value: &u64| *value),
    async fn get(id: u64) -> u64 {
        id
    }
);
lines!(
    tier,
    ["require_", ".local"],
    (ttl = "5m", tier = "l1"),
    async fn get(id: u64) -> u64 {
        id
    }
);
lines!(
    tier_both,
    ["require_", ".local"],
    (ttl = "5m", tier = "both"),
    async fn get(id: u64) -> u64 {
        id
    }
);
lines!(
    version_and_name,
    ["version", "name:"],
    (ttl = "5m", version = 3, name = "users"),
    async fn get(id: u64) -> u64 {
        id
    }
);
lines!(
    cache,
    ["explicit", "fn "],
    (ttl = "5m", cache = state.cache, key = "{id}", skip(state)),
    async fn get(state: &State, id: u64) -> u64 {
        id
    }
);
lines!(
    track,
    [".track"],
    (ttl = "5m", track = false),
    async fn get(id: u64) -> u64 {
        id
    }
);
lines!(
    returns_value,
    ["kind"],
    (ttl = "5m", returns = "value"),
    async fn get(id: u64) -> SearchResult {
        id
    }
);
lines!(
    returns_result,
    ["kind", "fn p"],
    (ttl = "5m", returns = "result"),
    async fn get(id: u64) -> Loaded {
        id
    }
);
lines!(
    returns_option,
    ["kind", "fn p"],
    (ttl = "5m", returns = "option"),
    async fn get(id: u64) -> Maybe {
        id
    }
);
lines!(
    share_err,
    ["share"],
    (ttl = "5m", share_err = Failure::copy),
    async fn get(id: u64) -> Result<u64, Failure> {
        id
    }
);
lines!(
    helpers,
    ["enum", "impl ", "fn "],
    (ttl = "5m", helpers = "users"),
    async fn get(id: u64) -> u64 {
        id
    }
);
lines!(
    crate_path,
    ["::__private::Ambient"],
    (ttl = "5m", crate = framework::cache),
    async fn get(id: u64) -> u64 {
        id
    }
);
