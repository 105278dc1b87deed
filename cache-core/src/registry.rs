//! All `#[cached]` functions of the program, known before the first of them is called.
//!
//! The functions register themselves (`inventory`), so that pages, documentation and warm-ups can be built from what
//! the program really contains.

use std::fmt;

/// What `#[cached]` says of a function. Plain data, made by the macro.
#[doc(hidden)]
#[derive(Debug)]
pub struct Info {
    pub name: Option<&'static str>,
    pub function: &'static str,
    pub module: &'static str,
    pub file: &'static str,
    pub line: u32,
    pub key: &'static str,
    pub literals: &'static [&'static str],
    pub ttl: &'static str,
    pub tags: &'static [&'static str],
    pub version: u32,
    pub asynchronous: bool,
}

/// What `#[cache_invalidate]` or `#[cache_put]` says of a function. Plain data, made by the macro.
#[doc(hidden)]
#[derive(Debug)]
pub struct Mutator {
    pub function: &'static str,
    pub module: &'static str,
    pub file: &'static str,
    pub line: u32,
    pub targets: &'static [&'static str],
    pub puts: &'static [&'static str],
    pub tags: &'static [&'static str],
}

#[doc(hidden)]
#[derive(Debug)]
pub struct Registered(pub &'static Info);

#[doc(hidden)]
#[derive(Debug)]
pub struct RegisteredMutator(pub &'static Mutator);

inventory::collect!(Registered);
inventory::collect!(RegisteredMutator);

/// A `#[cached]` function of the program.
///
/// # Example
///
/// ```
/// use cache_core::cached;
///
/// #[cached(ttl = "5m", key = "{id}", tags = ["users"])]
/// async fn user_name(id: u64) -> String { format!("user {id}") }
///
/// let user_name = cache_core::functions().find(|function| function.function() == "user_name").unwrap();
/// assert_eq!((user_name.ttl(), user_name.key(), user_name.tags()), ("5m", "{id}", &["users"][..]));
/// ```
#[derive(Clone, Copy)]
pub struct FunctionInfo(&'static Info);

/// A `#[cache_invalidate]` or `#[cache_put]` function of the program.
#[derive(Clone, Copy)]
pub struct MutatorInfo(&'static Mutator);

/// All `#[cached]` functions of the program, called or not, in no particular order.
pub fn functions() -> impl Iterator<Item = FunctionInfo> {
    inventory::iter::<Registered>().map(|registered| FunctionInfo(registered.0))
}

/// All `#[cache_invalidate]` and `#[cache_put]` functions of the program, in no particular order: one per attribute.
pub fn mutators() -> impl Iterator<Item = MutatorInfo> {
    inventory::iter::<RegisteredMutator>().map(|registered| MutatorInfo(registered.0))
}

/// Pairs of functions that were given the same name.
pub(crate) fn duplicate_names() -> impl Iterator<Item = (FunctionInfo, FunctionInfo)> {
    let mut named: Vec<_> = functions().filter(|function| function.name().is_some()).collect();
    named.sort_by_key(|function| (function.name(), function.file(), function.line()));
    let pairs: Vec<_> =
        named.windows(2).filter(|pair| pair[0].name() == pair[1].name()).map(|pair| (pair[0], pair[1])).collect();
    pairs.into_iter()
}

impl FunctionInfo {
    /// The name that was given with `name = "…"`.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.0.name
    }

    /// The function's own name; with its type where the macro could see it.
    #[must_use]
    pub fn function(&self) -> &'static str {
        self.0.function
    }

    /// The module it is in.
    #[must_use]
    pub fn module(&self) -> &'static str {
        self.0.module
    }

    /// The source file it is in.
    #[must_use]
    pub fn file(&self) -> &'static str {
        self.0.file
    }

    /// The line it begins in.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.0.line
    }

    /// The key template.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.0.key
    }

    /// The time-to-live as it is written in the source.
    #[must_use]
    pub fn ttl(&self) -> &'static str {
        self.0.ttl
    }

    /// The tag templates.
    #[must_use]
    pub fn tags(&self) -> &'static [&'static str] {
        self.0.tags
    }

    /// The schema version that was given with `version = …`; 0 if none was.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.0.version
    }

    /// Whether the function is async.
    #[must_use]
    pub fn is_async(&self) -> bool {
        self.0.asynchronous
    }

    pub(crate) fn declared(&self) -> String {
        format!("{}:{}", self.0.file, self.0.line)
    }
}

impl fmt::Debug for FunctionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl MutatorInfo {
    /// The function's own name.
    #[must_use]
    pub fn function(&self) -> &'static str {
        self.0.function
    }

    /// The module it is in.
    #[must_use]
    pub fn module(&self) -> &'static str {
        self.0.module
    }

    /// The source file it is in.
    #[must_use]
    pub fn file(&self) -> &'static str {
        self.0.file
    }

    /// The line it begins in.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.0.line
    }

    /// The cached functions it invalidates, as they are written in the source.
    #[must_use]
    pub fn targets(&self) -> &'static [&'static str] {
        self.0.targets
    }

    /// The cached functions whose entries it replaces by what it returns, as they are written in the source.
    #[must_use]
    pub fn puts(&self) -> &'static [&'static str] {
        self.0.puts
    }

    /// The tag templates it invalidates.
    #[must_use]
    pub fn tags(&self) -> &'static [&'static str] {
        self.0.tags
    }
}

impl fmt::Debug for MutatorInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
