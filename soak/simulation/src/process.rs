//! One process of the fleet: a cache as users have it, with its regions, and how its code reads and loads.

use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cache_core::test_util::TestCache;
use cache_core::{Cache, Consistency, OnFailover, Region, SeededRandom, SharedTier, Spawn, Tag, Task};
use cache_oracle::Moment;
use serde::{Deserialize, Serialize};

use crate::clock::{NodeClock, Until};
use crate::executor::Staged;
use crate::plan::What;
use crate::schema::{Entry, Kind};
use crate::tier::Line;
use crate::timeline::{MS, SECOND};
use crate::world::World;

/// How often a process proves its link.
pub const BEAT: Duration = Duration::from_millis(200);
/// What a process serves without a link is no older.
pub const WINDOW: Duration = Duration::from_secs(1);
/// After this a load is overdue, and somebody else loads.
pub const OVERDUE: Duration = Duration::from_secs(3);
/// For so long a lease and a writer's mark last that nobody renews.
pub const LEASE: Duration = Duration::from_millis(500);
/// For so long a process waits for another one's load.
pub const LEASE_WAIT: Duration = Duration::from_millis(800);
/// For how long feeds are fresh, and for how long after that they are served stale.
pub const FEED: Duration = Duration::from_millis(1500);
const LONG: Duration = Duration::from_secs(600);

/// A value: which load has brought it, and which versions of which rows it was built from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Value {
    /// The load; `None`: it was put.
    pub load: Option<usize>,
    /// The versions, in the order of the entry's rows.
    pub versions: Vec<u64>,
}

/// The error of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The load.
    pub load: usize,
    /// The entry.
    pub entry: Entry,
}

/// A process.
pub struct Process {
    /// Which one.
    pub node: usize,
    /// The world it is in.
    pub world: Arc<World>,
    /// Its cache.
    pub test: TestCache,
    regions: Regions,
    alive: Arc<AtomicBool>,
}

struct Regions {
    plain: Vec<(Kind, Region<u64, Value>)>,
}

/// Runs background work with everything else of the process, for as long as that lives.
struct Tasks {
    world: Arc<World>,
    node: usize,
    alive: Arc<AtomicBool>,
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").field("node", &self.node).finish_non_exhaustive()
    }
}

impl Spawn for Tasks {
    fn spawn(&self, task: Task) -> Result<(), Task> {
        if !self.alive.load(Ordering::Relaxed) {
            return Err(task);
        }
        self.world.executor.spawn(self.node, task);
        Ok(())
    }
}

/// What a future of a load is.
type Loading = Pin<Box<dyn Future<Output = Result<Option<Value>, Failed>> + Send>>;

impl Process {
    /// A process begins.
    #[must_use]
    pub fn begin(world: &Arc<World>, node: usize) -> Arc<Self> {
        let settings = &world.plan.settings;
        let (ahead, drift, random) = {
            let mut dice = world.dice.lock();
            let drift = dice.between(0, 2 * settings.drift as u64 + 1) as i64 - settings.drift;
            (dice.below(1_000_000 * SECOND), drift, dice.next())
        };
        let alive = Arc::new(AtomicBool::new(true));
        let spawn = Tasks { world: Arc::clone(world), node, alive: Arc::clone(&alive) };
        let mut tier = SharedTier::new(Line::new(&world.tier, node))
            .namespace("sim")
            .beat(BEAT)
            .coherence_window(WINDOW)
            .lease(LEASE)
            .lease_wait(LEASE_WAIT)
            .breaker(5, Duration::from_millis(200));
        if settings.flush_on_failover {
            tier = tier.on_failover(OnFailover::Flush);
        }
        if settings.lag > 0 {
            tier = tier.again_after(Duration::from_nanos(settings.lag + settings.lag / 10 + 20 * MS));
        }
        let test = TestCache::with(|builder| {
            builder
                .clock(NodeClock::new(Arc::clone(&world.timeline), ahead, drift))
                .random(SeededRandom::new(random))
                .spawn(spawn)
                .overdue_after(OVERDUE)
                .shared_tier(tier)
        });
        let regions = Regions::new(test.cache());
        Arc::new(Self { node, world: Arc::clone(world), test, regions, alive })
    }

    /// Its cache.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        self.test.cache()
    }

    /// Its region of this kind. [`Kind::Prices`] has a function instead.
    ///
    /// # Panics
    ///
    /// For those.
    #[must_use]
    pub fn region(&self, kind: Kind) -> &Region<u64, Value> {
        let found = self.regions.plain.iter().find(|(of, _)| *of == kind);
        &found.expect("prices are read through their function").1
    }

    /// The process is dead: nothing of it begins any more.
    pub fn die(&self) {
        self.alive.store(false, Ordering::Relaxed);
    }

    /// Reads an entry as a user's code does; `None`: there is none.
    pub fn read(self: &Arc<Self>, entry: Entry, force: bool, within: Option<usize>) -> Loading {
        let (this, key) = (Arc::clone(self), entry.key as u64);
        Box::pin(async move {
            let load = || Self::load(Arc::clone(&this), entry, force, within);
            let some = |value: Result<Value, Failed>| value.map(Some);
            let value = async |result: Loading| result.await.map(|value| value.expect("only drafts are absent"));
            match entry.kind {
                Kind::Prices => this.test.run(crate::prices::price(key, &this)).await.map(Some),
                Kind::Drafts => this.region(entry.kind).get_or_load_optional(&key, load).await,
                Kind::Feeds => {
                    let this = Arc::clone(&this);
                    let call = this.region(entry.kind).call(&key);
                    let call = if force { call.force() } else { call };
                    let process = Arc::clone(&this);
                    some(
                        call.load_detached(move || async move { value(Self::load(process, entry, force, None)).await })
                            .await,
                    )
                }
                kind => {
                    let call = this.region(kind).call(&key);
                    let call = match kind.tag(entry.key).filter(|_| kind == Kind::Users) {
                        Some(tag) => {
                            call.tag(Tag::of(tag.split(':').next().unwrap_or_default(), &(entry.key as u64 % 2)))
                        }
                        None => call,
                    };
                    let call = if force { call.force() } else { call };
                    some(call.load(|| value(load())).await)
                }
            }
        })
    }

    /// Loads an entry from the source.
    pub fn load(this: Arc<Self>, entry: Entry, force: bool, within: Option<usize>) -> Loading {
        Box::pin(async move {
            let world = Arc::clone(&this.world);
            let number = world.audit.load_begins(this.node, entry, within);
            let mut running = Running { process: &this, number, failed: true, over: false };
            this.check_alone(entry, number, force);
            let fate = world.fate();
            let mut versions = Vec::with_capacity(4);
            for ingredient in entry.kind.ingredients(entry.key) {
                let begun = world.audit.begin(this.node, ingredient);
                let value = this.read(ingredient, false, Some(number)).await?.expect("ingredients are there");
                world.audit.end(&begun, &value.versions, value.load);
                versions.extend(value.versions);
            }
            Until::new(&world.timeline, world.timeline.now() + fate.before).await;
            if let Some(row) = entry.kind.own_row(entry.key) {
                // Who writes through a cache reads what was written, not a replica.
                let behind = if entry.kind == Kind::Carts { 0 } else { fate.behind };
                versions.push(world.audit.read_row(row, behind));
            }
            Until::new(&world.timeline, world.timeline.now() + fate.after).await;
            if fate.hangs {
                world.audit.load_hangs(number);
                std::future::pending::<()>().await;
            }
            if fate.panics {
                running.failed = true;
                drop(running);
                resume_unwind(Box::new(Staged));
            }
            if fate.fails {
                return Err(Failed { load: number, entry });
            }
            running.failed = false;
            running.over = true;
            let absent =
                entry.kind == Kind::Drafts && versions.first().is_some_and(|version| entry.kind.is_absent(*version));
            Ok((!absent).then_some(Value { load: Some(number), versions }))
        })
    }

    /// P5: one load at a time for each key of a process; in a fleet where nothing goes wrong, one in all.
    fn check_alone(&self, entry: Entry, number: usize, force: bool) {
        let audit = &self.world.audit;
        let now = self.world.timeline.now();
        // Who stands still is overdue.
        if self.world.plan.has(|what| matches!(what, What::Stop { .. })) {
            return;
        }
        for other in audit.others(entry, number) {
            let age = now - other.1.began;
            let here = other.1.node == self.node;
            // What is overdue is taken over; the wait for another process, and for answers that do not come, counts.
            let bound = if here { OVERDUE.as_nanos() as Moment / 2 } else { SECOND };
            if !force && age < bound && (here || self.world.plan.settings.quiet) {
                let what = format!(
                    "load {number} of {} begins while load {} of process {} runs (P5)",
                    entry.text(),
                    other.0,
                    other.1.node
                );
                audit.finding(self.node, what);
            }
        }
    }
}

/// Notes the end of a load, whatever becomes of it.
struct Running<'a> {
    process: &'a Arc<Process>,
    number: usize,
    failed: bool,
    over: bool,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.process.world.audit.load_ends(self.number, self.failed || !self.over);
    }
}

impl Regions {
    fn new(cache: &Cache) -> Self {
        let kinds = crate::schema::KINDS.into_iter().filter(|kind| *kind != Kind::Prices);
        let region = |kind: Kind| {
            let region = cache.region::<u64, Value>(kind.name()).ttl(LONG);
            let region = match kind {
                Kind::Orgs => region.tags(|key: &u64, _: &Value| vec![Tag::of("org", &(key % 2))]),
                Kind::Feeds => region.ttl(FEED).stale_while_revalidate(FEED).refresh_ahead(0.7),
                Kind::Drafts => region.negative_ttl(LONG),
                Kind::Stock => region.consistency(Consistency::Strong),
                _ => region,
            };
            (kind, region.build().expect("the settings are right"))
        };
        Self { plain: kinds.map(region).collect() }
    }
}
