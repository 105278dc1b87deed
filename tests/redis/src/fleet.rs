//! Processes of a fleet on a real server, in one program: each has a cache and connections of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cache_core::backend::RedisBuilder;
use cache_core::{Cache, Event, Invalidated, Region, SharedTier, Tag};
use cache_harness::until;
use parking_lot::Mutex;
use tokio::runtime::Runtime;

use crate::{LONG, LONGEST};

/// One process of a fleet.
pub struct Process {
    /// Its cache.
    pub cache: Cache,
    /// A region of it.
    pub users: Region<u64, String>,
    /// What it was told.
    pub events: Arc<Mutex<Vec<String>>>,
}

/// Where the values come from.
#[derive(Default)]
pub struct Source {
    /// Counts updates.
    pub version: AtomicU64,
    loads: AtomicU64,
}

impl Process {
    /// A process whose link to the others is proven.
    #[track_caller]
    pub fn start(runtime: &Runtime, builder: RedisBuilder) -> Self {
        Self::start_with(runtime, builder, |tier| tier)
    }

    /// The same with settings of its own.
    #[track_caller]
    pub fn start_with(
        runtime: &Runtime,
        builder: RedisBuilder,
        settings: impl FnOnce(SharedTier) -> SharedTier,
    ) -> Self {
        let _inside = runtime.enter();
        let backend = builder.connect_lazily().unwrap();
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&events);
        let tier = SharedTier::new(backend).coherence_window(Duration::from_secs(2)).beat(Duration::from_millis(200));
        let cache = Cache::builder()
            .shared_tier(settings(tier))
            .on_event(move |event: &Event| heard.lock().push(event.to_string()))
            .build()
            .unwrap();
        let users = cache.region("users").ttl(Duration::from_secs(600)).tags(|id, _| vec![Tag::of("user", id)]);
        let process = Self { users: users.build().unwrap(), cache, events };
        process.hears("is told what others invalidate");
        process
    }

    /// Waits for an event that has these words.
    ///
    /// # Panics
    ///
    /// If none comes.
    #[track_caller]
    pub fn hears(&self, words: &str) {
        let heard = || self.events.lock().iter().any(|event| event.contains(words)).then_some(());
        assert!(until(LONG, heard).is_some(), "no event says `{words}`: {:?}", self.events.lock());
    }

    /// Only what is told from here on counts.
    pub fn forget_events(&self) {
        self.events.lock().clear();
    }

    /// One call, which must neither fail nor hang.
    #[track_caller]
    pub fn get(&self, runtime: &Runtime, source: &Source, key: u64) -> String {
        let before = std::time::Instant::now();
        let load = || async {
            source.loads.fetch_add(1, Ordering::SeqCst);
            Ok::<_, std::io::Error>(source.value(key))
        };
        let value = runtime.block_on(self.users.get_or_load_unshared(&key, load)).unwrap();
        assert!(before.elapsed() < LONGEST * 2, "a call took {:?}", before.elapsed());
        value
    }

    /// Updates the source, and says so.
    pub fn invalidate(&self, runtime: &Runtime, source: &Source, key: u64) -> Invalidated {
        source.version.fetch_add(1, Ordering::SeqCst);
        runtime.block_on(self.users.invalidate(&key))
    }
}

impl Source {
    /// What the source says now.
    #[must_use]
    pub fn value(&self, key: u64) -> String {
        format!("user {key}, version {}", self.version.load(Ordering::SeqCst))
    }

    /// How often it was asked.
    #[must_use]
    pub fn loads(&self) -> u64 {
        self.loads.load(Ordering::SeqCst)
    }
}

/// Forgets what both were told.
pub fn forget_events(processes: [&Process; 2]) {
    processes.iter().for_each(|process| process.forget_events());
}

/// Waits until both use the tier again and are told what others invalidate.
///
/// # Panics
///
/// If that does not happen.
#[track_caller]
pub fn are_back(processes: [&Process; 2]) {
    for words in ["is used again", "is told what others invalidate"] {
        processes.iter().for_each(|process| process.hears(words));
    }
}

/// Loads in one process, finds in the other; updates in one, sees it in the other.
///
/// # Panics
///
/// If they do not agree.
#[track_caller]
pub fn agree(runtime: &Runtime, source: &Source, a: &Process, b: &Process, keys: std::ops::Range<u64>) {
    for key in keys {
        for (one, other) in [(a, b), (b, a)] {
            one.invalidate(runtime, source, key);
            let value = source.value(key);
            assert_eq!(one.get(runtime, source, key), value);
            assert_eq!(other.get(runtime, source, key), value);
            let told = one.invalidate(runtime, source, key);
            assert_eq!(told, Invalidated::Fleet, "{:?}", one.events.lock());
            let dropped = until(LONG, || other.users.peek(&key).is_none().then_some(()));
            assert!(dropped.is_some(), "the other process was told");
            assert_eq!(other.get(runtime, source, key), source.value(key));
        }
    }
}
