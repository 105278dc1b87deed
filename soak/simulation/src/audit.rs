//! Tells the oracle what happens, and keeps book of loads and of what went wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cache_oracle::{Demand, Fleet, Moment, Oracle, Slot, Version};
use parking_lot::Mutex;

use crate::schema::{Entry, Name, Schema};
use crate::tier::{Output, Step, matches};
use crate::timeline::{SECOND, Timeline};

/// What a request has done so far that its message tells of.
#[derive(Debug, Default)]
pub struct Reached {
    /// What the fleet must see as of the moment at which it was dropped.
    covered: Vec<(Vec<Slot>, Moment)>,
    /// What a put has brought.
    put: Vec<Demand>,
    /// When the globs of the request began to be worked on.
    swept: Option<Moment>,
}

/// A promise that was broken.
#[derive(Debug, Clone)]
pub struct Finding {
    /// When.
    pub at: Moment,
    /// Who.
    pub node: usize,
    /// What.
    pub what: String,
}

/// A load of the source.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// The process.
    pub node: usize,
    /// The entry.
    pub entry: Entry,
    /// When it began.
    pub began: Moment,
    /// When it ended, if it has.
    pub ended: Option<Moment>,
    /// Whether it failed.
    pub failed: bool,
    /// Whether it never ends by itself, or waits for one that does not.
    pub hangs: bool,
    /// The load that it is a part of.
    pub within: Option<usize>,
}

/// What a run came to, in numbers.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Reads that ended.
    pub reads: u64,
    /// Reads of what somebody had already invalidated, within the bound.
    pub stale: u64,
    /// The longest that one was behind.
    pub longest: Moment,
    /// Loads that began.
    pub loads: u64,
    /// Invalidations and puts.
    pub changes: u64,
    /// Commits of the source.
    pub commits: u64,
}

impl Tally {
    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        let Self { reads, stale, longest, loads, changes, commits } = other;
        self.reads += reads;
        self.stale += stale;
        self.longest = self.longest.max(*longest);
        self.loads += loads;
        self.changes += changes;
        self.commits += commits;
    }
}

/// The books.
pub struct Audit {
    timeline: Arc<Timeline>,
    /// For how long a process that hears nothing may serve what was invalidated.
    bound: Moment,
    /// By how much a replica of the source is behind.
    lag: Moment,
    books: Mutex<Books>,
}

struct Books {
    schema: Schema,
    oracle: Oracle,
    loads: Vec<Load>,
    running: BTreeMap<(usize, Entry), BTreeSet<usize>>,
    /// Puts that may still be on their way, and until when they may.
    puts: Vec<(usize, Entry, Demand, Moment)>,
    writing: BTreeSet<(usize, Entry)>,
    /// Until when a process may serve what it would have to know: it stands still.
    excused: Vec<Moment>,
    stopped: Vec<bool>,
    findings: Vec<Finding>,
    tally: Tally,
    trace: Option<Vec<String>>,
    digest: u64,
}

impl Audit {
    /// Books of a fleet.
    #[must_use]
    pub fn new(timeline: &Arc<Timeline>, nodes: usize, bound: Moment, lag: Moment, traced: bool) -> Arc<Self> {
        let (schema, oracle) = Schema::new(nodes);
        let books = Books {
            schema,
            oracle,
            loads: Vec::new(),
            running: BTreeMap::new(),
            puts: Vec::new(),
            writing: BTreeSet::new(),
            excused: vec![0; nodes],
            stopped: vec![false; nodes],
            findings: Vec::new(),
            tally: Tally::default(),
            trace: traced.then(Vec::new),
            digest: 0,
        };
        Arc::new(Self { timeline: Arc::clone(timeline), bound, lag, books: Mutex::new(books) })
    }

    fn now(&self) -> Moment {
        self.timeline.now()
    }

    /// Writes a line of the history, if it is kept; it is part of the digest in any case.
    pub fn note(&self, node: usize, line: impl FnOnce() -> String) {
        self.books.lock().note(self.now(), node, line);
    }

    /// Writes a line of the history if that is kept, and nowhere else: for what costs too much to be counted.
    pub fn remark(&self, node: usize, line: impl FnOnce() -> String) {
        let mut books = self.books.lock();
        if books.trace.is_some() {
            books.note(self.now(), node, line);
        }
    }

    /// A promise was broken.
    pub fn finding(&self, node: usize, what: String) {
        let mut books = self.books.lock();
        books.find(self.now(), node, what);
    }

    /// What was found, what it came to, the history, and a number that is the same for the same history.
    #[must_use]
    pub fn close(&self) -> (Vec<Finding>, Tally, Vec<String>, u64) {
        let mut books = self.books.lock();
        let trace = books.trace.take().unwrap_or_default();
        (std::mem::take(&mut books.findings), books.tally.clone(), trace, books.digest)
    }

    /// Whether something was found.
    #[must_use]
    pub fn has_findings(&self) -> bool {
        !self.books.lock().findings.is_empty()
    }

    /// The process stands still, or goes on.
    pub fn stop(&self, node: usize, stopped: bool, grace: Moment) {
        let mut books = self.books.lock();
        books.stopped[node] = stopped;
        books.excused[node] = if stopped { Moment::MAX } else { self.now() + grace };
    }

    /// Whether the process stands still.
    #[must_use]
    pub fn is_stopped(&self, node: usize) -> bool {
        self.books.lock().stopped[node]
    }

    /// The process is a new one.
    pub fn restart(&self, node: usize) {
        let mut books = self.books.lock();
        books.oracle.restart(node);
        books.running.retain(|(of, _), _| *of != node);
        books.puts.retain(|(of, ..)| *of != node);
        books.writing.retain(|(of, _)| *of != node);
    }
}

/// The source.
impl Audit {
    /// Commits to a row.
    pub fn commit(&self, node: usize, row: usize) -> Version {
        let now = self.now();
        let mut books = self.books.lock();
        let version = books.oracle.commit(row, now);
        books.tally.commits += 1;
        books.note(now, node, || format!("commits row {row} version {version}"));
        version
    }

    /// What a load reads of a row; `behind`: from a replica.
    #[must_use]
    pub fn read_row(&self, row: usize, behind: Moment) -> Version {
        let now = self.now();
        self.books.lock().oracle.version(row, now.saturating_sub(behind.min(self.lag)))
    }

    /// A load begins; it has this number.
    pub fn load_begins(&self, node: usize, entry: Entry, within: Option<usize>) -> usize {
        let now = self.now();
        let mut books = self.books.lock();
        let number = books.loads.len();
        books.loads.push(Load { node, entry, began: now, ended: None, failed: false, hangs: false, within });
        books.tally.loads += 1;
        books.running.entry((node, entry)).or_default().insert(number);
        books.note(now, node, || format!("load {number} of {} begins", entry.text()));
        number
    }

    /// The other loads of this entry that run.
    #[must_use]
    pub fn others(&self, entry: Entry, number: usize) -> Vec<(usize, Load)> {
        let books = self.books.lock();
        let running = books.running.iter().filter(|((_, of), _)| *of == entry).flat_map(|(_, loads)| loads);
        running.filter(|other| **other != number).map(|other| (*other, books.loads[*other])).collect()
    }

    /// A load has ended.
    pub fn load_ends(&self, number: usize, failed: bool) {
        let now = self.now();
        let mut books = self.books.lock();
        let Load { node, entry, .. } = books.loads[number];
        books.loads[number].ended = Some(now);
        books.loads[number].failed = failed;
        if let Some(running) = books.running.get_mut(&(node, entry)) {
            running.remove(&number);
        }
        books.note(now, node, || format!("load {number} ends{}", if failed { ", failed" } else { "" }));
    }

    /// A load does not go on, nor does what it is a part of.
    pub fn load_hangs(&self, number: usize) {
        let now = self.now();
        let mut books = self.books.lock();
        let node = books.loads[number].node;
        let mut hanging = Some(number);
        while let Some(load) = hanging {
            books.loads[load].hangs = true;
            hanging = books.loads[load].within;
        }
        books.note(now, node, || format!("load {number} hangs"));
    }

    /// What is known of a load.
    #[must_use]
    pub fn load(&self, number: usize) -> Option<Load> {
        self.books.lock().loads.get(number).copied()
    }
}

/// Who must see what.
impl Audit {
    /// What an invalidation demands that began at `since`.
    #[must_use]
    pub fn demand(&self, cover: impl FnOnce(&Schema) -> Vec<Slot>, since: Moment) -> Demand {
        let books = self.books.lock();
        let slots = cover(&books.schema);
        books.oracle.demand(slots, since.saturating_sub(self.lag))
    }

    /// The process itself has invalidated.
    pub fn own(&self, node: usize, demand: &Demand) {
        let mut books = self.books.lock();
        books.oracle.own(node, demand);
        books.tally.changes += 1;
    }

    /// An invalidation has returned, and the fleet knows.
    pub fn told(&self, demand: &Demand) {
        let now = self.now();
        let mut books = self.books.lock();
        books.oracle.told(demand, now);
        let strong: Demand = demand.iter().filter(|(slot, _)| books.schema.is_strong(*slot)).collect();
        for node in 0..books.stopped.len() {
            books.oracle.reached(node, &strong);
        }
    }

    /// Somebody begins to write an entry; `false` if somebody else of the process does.
    #[must_use]
    pub fn put_begins(&self, node: usize, entry: Entry) -> bool {
        self.books.lock().writing.insert((node, entry))
    }

    /// What a put is about to bring.
    pub fn puts(&self, node: usize, entry: Entry, demand: &Demand) {
        let now = self.now();
        let mut books = self.books.lock();
        books.puts.retain(|(.., until)| *until > now);
        books.puts.push((node, entry, demand.clone(), Moment::MAX));
    }

    /// Nobody waits for the put any more. It may still be on its way for a while.
    pub fn put_ends(&self, node: usize, entry: Entry) {
        let until = self.now() + SECOND;
        let mut books = self.books.lock();
        books.writing.remove(&(node, entry));
        books.puts.iter_mut().filter(|put| put.0 == node && put.1 == entry).for_each(|put| put.3 = put.3.min(until));
    }

    /// That a row is seen at this version, wherever it is built in.
    #[must_use]
    pub fn demand_row(&self, row: usize, version: Version) -> Demand {
        self.books.lock().schema.with_row(row).iter().map(|slot| (*slot, version)).collect()
    }

    /// From `at` on every process must see this.
    pub fn due(&self, demand: Demand, at: Moment) {
        self.books.lock().oracle.due(demand, at);
    }

    /// A step of a request was done.
    pub(crate) fn done(&self, reached: &mut Reached, node: usize, step: &Step, output: &Output, now: Moment) {
        let books = self.books.lock();
        match step {
            Step::Drop(key) => {
                if let Some(name) = Name::of_wire(&key.identity) {
                    reached.covered.push((books.schema.covered(name).to_vec(), now));
                }
            }
            Step::Set { name, .. } => {
                if let Some(name) = Name::of_wire(name) {
                    reached.covered.push((books.schema.covered(name).to_vec(), now));
                }
            }
            Step::Sweep { glob, leases, .. } => {
                let since = *reached.swept.get_or_insert(now);
                if !leases && matches!(output, Output::NoMore) {
                    let slots = books.schema.covered_by(|key| matches(glob, &format!("sim:v:{{{key}}}@schema")));
                    reached.covered.push((slots, since));
                }
            }
            Step::Commit { value, .. } if matches!(output, Output::Flag(true)) => {
                let key = value.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(key, _)| key);
                // Of several that are on their way, it is not known which one this is.
                let puts = books.puts.iter().filter(|(.., until)| *until > now);
                let put = puts.filter(|(of, entry, ..)| *of == node && key == Some(&*entry.text()));
                let oldest = put
                    .map(|(_, _, demand, _)| demand)
                    .min_by_key(|demand| demand.iter().next().map(|(_, version)| version));
                reached.put.extend(oldest.cloned());
            }
            _ => {}
        }
    }

    /// The message of a request goes out; returns what the others must see who get it, and what the sender must.
    pub(crate) fn published(&self, reached: &Reached, now: Moment) -> (Demand, Demand) {
        let mut books = self.books.lock();
        let mut demand: Vec<(Slot, Version)> = Vec::new();
        for (slots, as_of) in &reached.covered {
            let as_of = as_of.saturating_sub(self.lag);
            demand.extend(books.oracle.demand(slots.iter().copied(), as_of).iter());
        }
        let sender: Demand = demand.iter().copied().collect();
        // What it puts itself it has from when the put returns.
        let put = reached.put.iter().flat_map(Demand::iter);
        let others: Demand = demand.into_iter().chain(put).collect();
        if !others.is_empty() {
            books.oracle.due(others.clone(), now + self.bound);
        }
        (others, sender)
    }

    /// A process got the message.
    pub(crate) fn reached(&self, node: usize, demand: &Demand) {
        if !demand.is_empty() {
            let now = self.now();
            let mut books = self.books.lock();
            books.oracle.reached(node, demand);
            books.note(now, node, || "gets a message".to_owned());
        }
    }

    /// In the end every process must see what those have invalidated that still live.
    pub fn settle(&self, alive: &[usize]) {
        let mut books = self.books.lock();
        books.oracle.share(alive);
    }

    /// What the fleet was told so far.
    #[must_use]
    pub fn fleet(&self) -> Fleet {
        self.books.lock().oracle.fleet()
    }

    /// The tier has forgotten what it was told since.
    pub fn forget(&self, fleet: Fleet) {
        let now = self.now();
        self.books.lock().oracle.forget(fleet, now);
    }
}

/// Reads.
impl Audit {
    /// A read begins.
    #[must_use]
    pub fn begin(&self, node: usize, entry: Entry) -> cache_oracle::Begun {
        let now = self.now();
        let mut books = self.books.lock();
        let Books { oracle, excused, .. } = &mut *books;
        oracle.advance(now, |node| excused[node]);
        oracle.begin(node, entry.index(), now)
    }

    /// A read has ended with these versions of the entry's rows, which this load has brought.
    pub fn end(&self, begun: &cache_oracle::Begun, versions: &[Version], load: Option<usize>) {
        let now = self.now();
        let mut books = self.books.lock();
        books.tally.reads += 1;
        let entry = Entry::at(begun.entry());
        books.note(now, begun.node(), || format!("reads {} = {versions:?} of load {load:?}", entry.text()));
        match books.oracle.end(begun, versions) {
            Ok(served) => {
                if let Some(stale_for) = served.stale_for {
                    books.tally.stale += 1;
                    books.tally.longest = books.tally.longest.max(stale_for);
                }
            }
            Err(violation) => {
                let what = format!("{}: {violation}; the value is of load {load:?}", entry.text());
                books.find(now, begun.node(), what);
            }
        }
    }

    /// A read has found that there is nothing.
    pub fn end_absent(&self, begun: &cache_oracle::Begun) {
        let now = self.now();
        let mut books = self.books.lock();
        books.tally.reads += 1;
        let entry = Entry::at(begun.entry());
        books.note(now, begun.node(), || format!("reads {}: absent", entry.text()));
        let latest = entry.kind.own_row(entry.key).map_or(0, |row| books.oracle.latest(row));
        let oldest = begun.oldest(0);
        if !(oldest..=latest).any(|version| entry.kind.is_absent(version)) {
            let what = format!("{} is absent, which it is at none of the versions {oldest} to {latest}", entry.text());
            books.find(now, begun.node(), what);
        }
    }
}

impl Books {
    fn note(&mut self, now: Moment, node: usize, line: impl FnOnce() -> String) {
        // Without the text, which costs more than all the rest: time and place of everything that is noted.
        self.digest = (self.digest.rotate_left(5) ^ now ^ (node as u64) << 56).wrapping_mul(0x517c_c1b7_2722_0a95);
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>12.3} ms  process {node}  {}", now as f64 / 1e6, line()));
        }
    }

    fn find(&mut self, now: Moment, node: usize, what: String) {
        self.note(now, node, || format!("FOUND: {what}"));
        if self.findings.len() < 10 {
            self.findings.push(Finding { at: now, node, what });
        }
    }
}

impl Audit {
    /// No load runs any more but those that hang, and for which nobody else waits.
    pub fn check_idle(&self) {
        let now = self.now();
        let mut books = self.books.lock();
        let running: Vec<(usize, usize)> =
            books.running.iter().flat_map(|((node, _), loads)| loads.iter().map(|load| (*node, *load))).collect();
        for (node, load) in running {
            let Load { entry, began, hangs, .. } = books.loads[load];
            if hangs {
                continue;
            }
            let what =
                format!("load {load} of {} still runs, {} ms after it began", entry.text(), (now - began) / 1_000_000);
            books.find(now, node, what);
        }
    }
}
