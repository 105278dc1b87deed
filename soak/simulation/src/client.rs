//! What users' code does in a process: reading, writing and invalidating; each read is held against the promises.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use cache_core::{Invalidated, Invalidating, Invalidation, Region};
use cache_oracle::{Begun, Demand, Moment, Slot, Version};
use futures_util::future::{Either, select};
use futures_util::{FutureExt as _, pin_mut};

use crate::clock::Until;
use crate::executor::Staged;
use crate::plan::{How, Patience, Target};
use crate::process::{FEED, Failed, Process, Value};
use crate::schema::{Entry, Kind, Name, Schema};
use crate::timeline::MS;

/// Reads an entry so many times.
pub async fn read(process: Arc<Process>, entry: Entry, times: u64, how: How) {
    for _ in 0..times {
        read_once(&process, entry, how).await;
        let pause = {
            let mut dice = process.world.dice.lock();
            if dice.chance(300) { dice.delay(3 * MS) } else { 0 }
        };
        if pause > 0 {
            Until::new(&process.world.timeline, process.world.timeline.now() + pause).await;
        }
    }
}

async fn read_once(process: &Arc<Process>, entry: Entry, how: How) {
    let begun = process.world.audit.begin(process.node, entry);
    match how {
        How::Peek | How::Find if entry.kind == Kind::Prices => {}
        How::Peek => {
            if let Some(value) = process.region(entry.kind).get(&(entry.key as u64)) {
                took(process, entry, &begun, Some(value));
            }
        }
        How::Find => {
            if let Some(value) = process.region(entry.kind).find(&(entry.key as u64)).await {
                took(process, entry, &begun, Some(value));
            }
        }
        How::Load | How::Force => {
            let read = process.read(entry, how == How::Force, None);
            ended(process, entry, &begun, AssertUnwindSafe(read).catch_unwind().await);
        }
        How::Impatiently(patience) => {
            let read = AssertUnwindSafe(process.read(entry, false, None)).catch_unwind();
            if let Some(result) = until(process, patience, read).await {
                ended(process, entry, &begun, result);
            }
        }
    }
}

type Caught = Result<Result<Option<Value>, Failed>, Box<dyn std::any::Any + Send>>;

fn ended(process: &Process, entry: Entry, begun: &Begun, result: Caught) {
    match result {
        Ok(Ok(value)) => took(process, entry, begun, value),
        Ok(Err(failed)) => check_failure(process, entry, begun, &failed),
        // A load in the background that panics is told to those who wait for it by a panic of their own.
        Err(payload)
            if payload.is::<Staged>()
                || payload.downcast_ref::<String>().is_some_and(|text| text.starts_with("the load of region")) => {}
        Err(payload) => std::panic::resume_unwind(payload),
    }
}

/// Holds a value against what may be served.
fn took(process: &Process, entry: Entry, begun: &Begun, value: Option<Value>) {
    let audit = &process.world.audit;
    let Some(value) = value else {
        audit.end_absent(begun);
        return;
    };
    if value.versions.len() != entry.rows().len() {
        audit.finding(process.node, format!("{} has the value of another entry: {value:?}", entry.text()));
        return;
    }
    if entry.kind.own_row(entry.key).is_some_and(|_| entry.kind.is_absent(*value.versions.last().unwrap_or(&0))) {
        audit.finding(process.node, format!("{} has a value of a version at which there was none", entry.text()));
    }
    audit.end(begun, &value.versions, value.load);
    let Some(load) = value.load.and_then(|load| audit.load(load)) else { return };
    if load.entry != entry {
        audit.finding(process.node, format!("{} has a value of {}", entry.text(), load.entry.text()));
    }
    // What is kept for a while is not served for longer: fresh, stale, and the time that storing it may have taken.
    let life = FEED.as_nanos() as Moment * 2;
    let most = life + life / 20 + life / 50 + 600 * MS;
    if entry.kind == Kind::Feeds
        && let Some(ended) = load.ended.filter(|ended| begun.at() > ended + most)
    {
        let age = (begun.at() - ended) / MS;
        audit.finding(process.node, format!("{} is served {age} ms after it was loaded", entry.text()));
    }
}

/// P1: only the error of a load reaches who asked, and only of one that ran while it was asked for.
fn check_failure(process: &Process, entry: Entry, begun: &Begun, failed: &Failed) {
    let load = process.world.audit.load(failed.load);
    // That of a draft is kept for a while, as its absence is.
    let recent =
        |load: &crate::audit::Load| load.ended.is_some_and(|ended| ended >= begun.at()) || entry.kind == Kind::Drafts;
    let fits = load.is_some_and(|load| load.failed && recent(&load));
    let of = failed.entry;
    let is_part = of == entry
        || entry
            .kind
            .ingredients(entry.key)
            .iter()
            .any(|inner| *inner == of || inner.kind.ingredients(inner.key).contains(&of));
    if !fits || !is_part {
        process
            .world
            .audit
            .finding(process.node, format!("{} failed with {failed:?}, which is not its load's (P1)", entry.text()));
    }
}

/// The result of `work`, unless it takes longer.
async fn until<F: Future>(process: &Process, patience: Moment, work: F) -> Option<F::Output> {
    let end = Until::new(&process.world.timeline, process.world.timeline.now() + patience);
    pin_mut!(work, end);
    match select(work, end).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

/// Commits to the row of an entry, and then invalidates.
pub async fn write(process: Arc<Process>, entry: Entry, target: Target, patience: Patience) {
    let world = &process.world;
    let Some(row) = entry.kind.own_row(entry.key) else { return };
    let pause = world.dice.lock().delay(MS / 2);
    Until::new(&world.timeline, world.timeline.now() + pause).await;
    world.audit.commit(process.node, row);
    Until::new(&world.timeline, world.timeline.now() + pause).await;
    let since = world.timeline.now();
    let key = entry.text();
    let tag = entry.kind.tag(entry.key).unwrap_or_default();
    let other = Entry::of(Kind::Users, entry.key).text();
    let glob = format!("{}*", &key[..key.len() - 1]);
    let cache = process.cache();
    let demand = |names: Vec<Name<'_>>| {
        let slots =
            |schema: &Schema| names.iter().flat_map(|name| schema.covered(*name)).copied().collect::<Vec<Slot>>();
        world.audit.demand(slots, since)
    };
    let (demand, invalidating) = match target {
        Target::Key => (demand(vec![Name::Key(&key)]), invalidate_key(&process, entry)),
        Target::Tag => (demand(vec![Name::Tag(&tag)]), cache.invalidate_tag(tag.as_str())),
        Target::Region => (demand(vec![Name::Region(entry.kind.name())]), cache.invalidate_region(entry.kind.name())),
        Target::Pattern => (demand(vec![Name::Region(entry.kind.name())]), cache.invalidate_pattern(&glob)),
        Target::Everything => (demand(vec![Name::Everything]), cache.invalidate_all()),
        Target::Batch => {
            let mut batch = Invalidation::new(cache);
            if entry.kind != Kind::Prices {
                batch.add(process.region(entry.kind).target(&(entry.key as u64)));
            } else {
                batch.tag(tag.as_str());
            }
            batch.add(process.region(Kind::Users).target(&(entry.key as u64)));
            (demand(vec![Name::Key(&key), Name::Key(&other)]), batch.fire())
        }
    };
    world.audit.note(process.node, || format!("invalidates {target:?} of {key}"));
    let reads_back = world.dice.lock().chance(500);
    if reads_back {
        // Others of this process read meanwhile.
        let (reader, pause) = (Arc::clone(&process), world.dice.lock().below(MS / 2));
        let end = Until::new(&world.timeline, world.timeline.now() + pause);
        world.executor.spawn(
            process.node,
            Box::pin(async move {
                end.await;
                read(reader, entry, 3, How::Load).await;
            }),
        );
    }
    wait(&process, patience, invalidating, &demand).await;
    world.audit.note(process.node, || format!("has invalidated {target:?} of {key}"));
    if reads_back {
        read(Arc::clone(&process), entry, 2, How::Load).await;
    }
}

fn invalidate_key(process: &Arc<Process>, entry: Entry) -> Invalidating {
    let key = entry.key as u64;
    if entry.kind == Kind::Prices {
        return process.test.run_sync(|| crate::prices::prices::invalidate(key));
    }
    process.region(entry.kind).invalidate(&key)
}

/// Waits, or does not. When it returns, and also when it is dropped before, this process must see what is demanded (P3).
async fn wait(process: &Process, patience: Patience, invalidating: Invalidating, demand: &Demand) {
    let told = match patience {
        Patience::Waits => Some(invalidating.await),
        Patience::Leaves => {
            drop(invalidating);
            None
        }
        Patience::Until(patience) => until(process, patience, invalidating).await,
    };
    process.world.audit.own(process.node, demand);
    if told == Some(Invalidated::Fleet) {
        process.world.audit.told(demand);
    }
}

/// Commits to a cart's row and puts the value.
pub async fn put(process: Arc<Process>, key: usize, patience: Patience) {
    let Some(turn) = Turn::take(&process, key) else { return };
    let value = turn.value();
    let putting = process.region(Kind::Carts).put(&(key as u64), value);
    let audit = &process.world.audit;
    audit.note(process.node, || format!("puts {} {:?}", turn.entry.text(), turn.demand));
    wait(&process, patience, putting, &turn.demand).await;
}

/// Commits to a cart's row, and changes the value that the fleet has.
pub async fn update(process: Arc<Process>, key: usize) {
    let Some(turn) = Turn::take(&process, key) else { return };
    let region: &Region<u64, Value> = process.region(Kind::Carts);
    let audit = &process.world.audit;
    audit.note(process.node, || format!("updates {} {:?}", turn.entry.text(), turn.demand));
    match region.update(&(key as u64), |_| Some(turn.value())).await {
        Ok(_) => {
            audit.own(process.node, &turn.demand);
            audit.told(&turn.demand);
        }
        Err(_) => {
            // What is there now is not known.
            wait(&process, Patience::Waits, region.invalidate(&(key as u64)), &turn.demand).await;
        }
    }
}

/// The turn of a cart's writer. There is one writer of each cart, which does one thing after the other: of two puts only the
/// source knows which is the later one.
struct Turn<'a> {
    process: &'a Arc<Process>,
    entry: Entry,
    version: Version,
    demand: Demand,
}

impl<'a> Turn<'a> {
    /// Commits; `None` if it is somebody else's turn.
    fn take(process: &'a Arc<Process>, key: usize) -> Option<Self> {
        let entry = Entry::of(Kind::Carts, key);
        let audit = &process.world.audit;
        let row = entry.kind.own_row(key)?;
        if !audit.put_begins(process.node, entry) {
            return None;
        }
        let version = audit.commit(process.node, row);
        let demand = audit.demand_row(row, version);
        audit.puts(process.node, entry, &demand);
        Some(Self { process, entry, version, demand })
    }

    fn value(&self) -> Value {
        Value { load: None, versions: vec![self.version] }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.process.world.audit.put_ends(self.process.node, self.entry);
    }
}

/// Sets a price within a mark.
pub async fn announce(process: Arc<Process>, key: usize, all: bool) {
    let world = &process.world;
    let id = key as u64;
    let text = Entry::of(Kind::Prices, key).text();
    let (set, name) = if all {
        (process.test.run(crate::prices::set_tariff(id, &process)).await, Name::Tag("tariff"))
    } else {
        (process.test.run(crate::prices::set_price(id, &process)).await, Name::Key(&text))
    };
    let demand = world.audit.demand(|schema| schema.covered(name).to_vec(), set);
    world.audit.own(process.node, &demand);
    world.audit.note(process.node, || format!("has set {text}"));
}
