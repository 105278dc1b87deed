//! Which cache a `#[cached]` function uses when it does not say.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::cache::Cache;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::registry;
use crate::track::{self, InScope};

static GLOBAL: OnceLock<Cache> = OnceLock::new();

thread_local! {
    /// Without a destructor, so that a hit reads it in one instruction.
    static OVERRIDDEN: Cell<bool> = const { Cell::new(false) };
    static OVERRIDE: RefCell<Option<Cache>> = const { RefCell::new(None) };
}

/// Whether the current scope has a cache of its own.
#[inline]
pub(crate) fn is_overridden() -> bool {
    OVERRIDDEN.get()
}

/// Calls `work` with the cache of the current scope, or the global one.
pub(crate) fn with<R>(work: impl FnOnce(&Cache) -> R) -> R {
    match current() {
        Some(cache) => work(&cache),
        None => work(Cache::global()),
    }
}

fn current() -> Option<Cache> {
    OVERRIDE.try_with(|current| current.borrow().clone()).ok().flatten()
}

pub(crate) fn installed() -> Option<&'static Cache> {
    GLOBAL.get()
}

pub(crate) fn install(cache: Cache) -> Result<(), Error> {
    GLOBAL.set(cache).map_err(|_| {
        Error::new(
            ErrorKind::AlreadyInstalled,
            "the global cache is in use already; call `install` before the first cached function",
        )
    })
}

impl Cache {
    /// The cache that `#[cached]` functions use: the one that was [installed](crate::CacheBuilder::install), else one
    /// with the default settings, made by its first use.
    pub fn global() -> &'static Cache {
        GLOBAL.get_or_init(|| {
            let cache = Cache::new();
            for (first, second) in registry::duplicate_names() {
                cache.shared().emit(&Event::DuplicateRegion {
                    region: first.name().unwrap_or_default().into(),
                    first: first.declared(),
                    second: second.declared(),
                });
            }
            cache
        })
    }

    /// Runs a future in which `#[cached]` functions use this cache instead of the global one. Tasks that it spawns do
    /// not, unless they are wrapped with [`tracked`].
    ///
    /// # Cancel safety
    ///
    /// That of `work`.
    ///
    /// # Example
    ///
    /// Tests that run in parallel, each on a cache of its own:
    ///
    /// ```
    /// use cache_core::{Cache, cached};
    ///
    /// #[cached(ttl = "1m")]
    /// async fn answer() -> u32 { 42 }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let cache = Cache::new();
    /// assert_eq!(cache.scope(answer()).await, 42);
    /// assert_eq!(cache.regions().len(), 1);
    /// # }
    /// ```
    pub fn scope<F: Future>(&self, work: F) -> impl Future<Output = F::Output> {
        InCache { cache: self.clone(), work }
    }

    /// [`scope`](Self::scope) for code that is not async.
    pub fn scope_sync<R>(&self, work: impl FnOnce() -> R) -> R {
        let _entered = Entered::new(self.clone());
        work()
    }
}

/// Restores the surrounding cache, also when the work panics.
struct Entered {
    outer: Option<Cache>,
}

impl Entered {
    fn new(cache: Cache) -> Self {
        let outer = OVERRIDE.try_with(|current| current.replace(Some(cache))).ok().flatten();
        OVERRIDDEN.set(true);
        Self { outer }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let outer = self.outer.take();
        OVERRIDDEN.set(outer.is_some());
        drop(OVERRIDE.try_with(|current| current.replace(outer)));
    }
}

pin_project! {
    struct InCache<F> {
        cache: Cache,
        #[pin]
        work: F,
    }
}

impl<F: Future> Future for InCache<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = Entered::new(this.cache.clone());
        this.work.poll(cx)
    }
}

/// Carries the cache of the current scope into a task of ours.
pub(crate) fn in_same_cache<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let cache = current();
    async move {
        match cache {
            Some(cache) => cache.scope(work).await,
            None => work.await,
        }
    }
}

/// Carries what belongs to the current task into a future that is going to run in another one: the load whose
/// dependencies are tracked, and the cache of the current [`scope`](Cache::scope).
///
/// What a load reads in tasks it spawns is not seen without this, and its entry would not be invalidated with it. The load
/// should wait for such a task: what a task reads after its load has ended is not seen either.
///
/// # Example
///
/// ```
/// # async fn read_parts() {}
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let parts = tokio::spawn(cache_core::tracked(read_parts()));
/// # parts.await.unwrap();
/// # }
/// ```
///
/// # Cancel safety
///
/// That of `work`.
pub fn tracked<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let scope = track::current();
    in_same_cache(async move {
        match scope {
            Some(scope) => InScope::new(scope, work).await,
            None => work.await,
        }
    })
}
