//! The registry: what the program contains, called or not.

use std::time::Duration;

use cache_core::{FunctionInfo, MutatorInfo, cache_invalidate, cache_put, cached, cached_impl, functions, mutators};

const TTL: Duration = Duration::from_secs(60);

#[allow(dead_code)]
#[cached(
    ttl = "5m",
    key = "{id}:{region.len()}",
    skip(db),
    tags = ["users", "user:{id}", "is:{ret}"],
    version = 4,
    name = "registry-user"
)]
async fn user(db: &str, id: u64, region: &str) -> u64 {
    db.len() as u64 + id + region.len() as u64
}

#[allow(dead_code)]
#[cached(ttl = TTL)]
fn plain(first: u64, second: bool) -> u64 {
    first + u64::from(second)
}

#[allow(dead_code)]
#[cached(ttl = "default")]
fn by_default() -> u8 {
    1
}

#[allow(dead_code)]
#[cached(ttl = "never")]
fn for_ever() -> u8 {
    1
}

#[allow(dead_code)]
#[cache_invalidate(user(id, "eu"), plain(ret, true), tags = ["user:{id}", "is:{ret}"])]
async fn change(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[allow(dead_code)]
struct Repo;

#[allow(dead_code)]
#[cached_impl]
impl Repo {
    #[cached(ttl = "1h30m", skip(self))]
    async fn row(&self, id: u64) -> u64 {
        id
    }

    #[cache_put(self.row(id), plain(ret, true))]
    async fn replace(&self, id: u64) -> u64 {
        id
    }

    #[cache_invalidate(self.row(id))]
    async fn set(&self, id: u64) -> u64 {
        id
    }
}

#[allow(dead_code)]
impl Repo {
    #[cached(ttl = "1h", skip(self))]
    fn bare(&self) -> u64 {
        1
    }
}

fn function(name: &str) -> FunctionInfo {
    let mut found = functions().filter(|info| info.module() == module_path!() && info.function() == name);
    let info = found.next().unwrap_or_else(|| panic!("{name} is registered"));
    assert!(found.next().is_none(), "{name} is registered once");
    info
}

fn mutator(name: &str) -> MutatorInfo {
    let mut found = mutators().filter(|info| info.module() == module_path!() && info.function() == name);
    let info = found.next().unwrap_or_else(|| panic!("{name} is registered"));
    assert!(found.next().is_none(), "{name} is registered once");
    info
}

#[test]
fn a_function_is_described_as_it_was_written() {
    let info = function("user");
    assert_eq!((info.name(), info.version(), info.is_async()), (Some("registry-user"), 4, true));
    assert_eq!((info.key(), info.ttl()), ("{id}:{region.len()}", "5m"));
    assert_eq!(info.tags(), ["users", "user:{id}", "is:{ret}"]);
    assert!(info.file().ends_with("registry.rs") && info.line() > 1, "{}:{}", info.file(), info.line());
}

#[test]
fn what_was_left_out_is_filled_in() {
    let info = function("plain");
    assert_eq!((info.name(), info.version(), info.is_async()), (None, 0, false));
    assert_eq!((info.key(), info.ttl(), info.tags().len()), ("{first}:{second}", "TTL", 0));
    assert_eq!((function("by_default").ttl(), function("for_ever").ttl()), ("default", "never"));
    assert_eq!(function("by_default").key(), "");
}

#[test]
fn methods_are_called_by_their_type_where_the_macro_sees_it() {
    assert_eq!(function("Repo::row").ttl(), "1h30m");
    assert_eq!(function("bare").ttl(), "1h");
    assert_eq!(mutator("Repo::set").targets(), ["self.row(id)"]);
}

#[test]
fn a_mutator_is_described_as_it_was_written() {
    let info = mutator("change");
    assert_eq!(info.targets(), ["user(id, \"eu\")", "plain(ret, true)"]);
    assert_eq!(info.tags(), ["user:{id}", "is:{ret}"]);
    assert!(info.file().ends_with("registry.rs") && info.line() > 1);
    let info = mutator("Repo::replace");
    assert_eq!(info.puts(), ["self.row(id)", "plain(ret, true)"]);
    assert!(info.targets().is_empty() && info.tags().is_empty());
}

#[test]
fn each_attribute_of_a_mutator_is_an_entry() {
    #[cache_put(plain(id, true))]
    #[cache_invalidate(user(id, "eu"), tags = ["users"])]
    fn stacked_in_the_registry(id: u64) -> u64 {
        id
    }
    assert_eq!(stacked_in_the_registry(1), 1);
    let found: Vec<_> = mutators().filter(|info| info.function() == "stacked_in_the_registry").collect();
    assert_eq!(found.len(), 2);
    assert_eq!(found.iter().flat_map(MutatorInfo::puts).collect::<Vec<_>>(), [&"plain(id, true)"]);
    assert_eq!(found.iter().flat_map(MutatorInfo::tags).collect::<Vec<_>>(), [&"users"]);
}

#[test]
fn what_is_configured_out_is_not_there() {
    #[cfg(any())]
    #[cached(ttl = "1h")]
    fn gone() -> Missing {}
    assert!(functions().all(|info| info.function() != "gone"));
}

#[test]
fn functions_inside_functions_are_there() {
    #[allow(dead_code)]
    fn outer() -> u8 {
        #[cached(ttl = "1h")]
        fn nested_in_the_registry() -> u8 {
            1
        }
        nested_in_the_registry()
    }
    assert_eq!(function("nested_in_the_registry").key(), "");
}
