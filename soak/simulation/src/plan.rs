//! What is going to be done and to happen in a run: all of it follows from the seed, and parts of it can be left out.

use std::fmt;

use cache_oracle::Moment;

use crate::dice::Dice;
use crate::schema::{Entry, KEYS, Kind};
use crate::tier::Weather;
use crate::timeline::{MS, SECOND};

/// For how long things are done, before everything is put in order and held against what must be.
pub const ACTIVE: Moment = 4 * SECOND;
/// How long it may take until all processes know everything.
pub const SETTLING: Moment = 8 * SECOND;
/// How often.
pub const ROUNDS: u64 = 2;

/// A run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where it all comes from.
    pub seed: u64,
    /// What the dice of the network, the tasks and the loads are seeded with.
    pub chances: u64,
    /// So many processes.
    pub nodes: usize,
    /// How the caches are set.
    pub settings: Settings,
    /// What is done, in no particular order.
    pub events: Vec<Event>,
}

/// How the caches are set, and the source.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Each process flushes everything when it meets a server with another history.
    pub flush_on_failover: bool,
    /// By how much replicas of the source are behind, from which some loads read.
    pub lag: Moment,
    /// How many of a thousand loads fail, and so on.
    pub failing: u64,
    pub panicking: u64,
    pub hanging: u64,
    /// The usual time that a load takes.
    pub load: Moment,
    /// How much faster or slower than the world clocks run at most, in millionths.
    pub drift: i64,
    /// How many of a thousand requests other requests come between, and for how long there is nobody's turn.
    pub split: u64,
    /// The usual time between two steps of such a request.
    pub gap: Moment,
    /// Nothing is ever changed or broken: then one load must be enough for all.
    pub quiet: bool,
}

/// Something that is done or happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Moment,
    /// What.
    pub what: What,
}

/// What is done or happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A process reads an entry so many times.
    Read { node: usize, entry: Entry, times: u64, how: How },
    /// A process commits to the entry's row and invalidates.
    Write { node: usize, entry: Entry, target: Target, patience: Patience },
    /// The only writer of a cart commits and puts the value.
    Put { node: usize, key: usize, patience: Patience },
    /// The same with [`Region::update`](cache_core::Region::update).
    Update { node: usize, key: usize },
    /// A process sets a price, and says so before.
    Announce { node: usize, key: usize, all: bool },
    /// The line of a process is like this for a while.
    Line { node: usize, commands: Weather, messages: Weather, lasts: Moment },
    /// A process stands still for a while.
    Stop { node: usize, lasts: Moment },
    /// A process dies, and another one begins after a while.
    Crash { node: usize, lasts: Moment },
    /// Names of these kinds are evicted, so many in a thousand.
    Evict { kinds: &'static str, in_thousand: u64 },
    /// Everything in the tier is flushed.
    Flush,
    /// The server dies and comes back with nothing.
    Restart { lasts: Moment },
    /// The server dies, and a replica takes its place that did not get what was written last.
    Failover { behind: Moment, lasts: Moment },
}

/// How somebody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Gets or loads.
    Load,
    /// Loads in any case.
    Force,
    /// Gets or loads, and does not wait for longer than this.
    Impatiently(Moment),
    /// Looks what is in the process.
    Peek,
    /// Looks what is in the process or the tier.
    Find,
}

/// What is invalidated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The key.
    Key,
    /// The key's tag.
    Tag,
    /// The key's region.
    Region,
    /// A pattern that matches the key.
    Pattern,
    /// Everything.
    Everything,
    /// The key and another region's key, fired together.
    Batch,
}

/// How long somebody waits for the fleet to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Until it is.
    Waits,
    /// Not at all.
    Leaves,
    /// For so long.
    Until(Moment),
}

impl Plan {
    /// The run of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed, 1);
        let quiet = dice.chance(80);
        let troubled = !quiet && dice.chance(600);
        let settings = Settings {
            flush_on_failover: dice.chance(200),
            lag: if !quiet && dice.chance(100) { dice.between(10 * MS, 200 * MS) } else { 0 },
            failing: if troubled { dice.below(80) } else { 0 },
            panicking: if troubled { dice.below(30) } else { 0 },
            hanging: if troubled { dice.below(15) } else { 0 },
            load: if quiet { 2 * MS } else { *dice.one(&[MS / 5, 2 * MS, 20 * MS, 80 * MS]) },
            drift: if dice.chance(500) { 20_000 } else { 0 },
            split: if quiet { 0 } else { *dice.one(&[100, 300, 900]) },
            gap: *dice.one(&[MS / 20, MS / 20, MS]),
            quiet,
        };
        let nodes = 2 + dice.index(3);
        let mut plan = Self { seed, chances: seed, nodes, settings, events: Vec::new() };
        let kinds = focus(&mut dice);
        let pace = match dice.below(100) {
            0..30 => Pace::Crowd,
            30..45 => Pace::Seldom,
            _ => Pace::Usual,
        };
        let keys = if pace == Pace::Crowd { 1 } else { 1 + dice.index(KEYS) };
        if pace == Pace::Crowd && !quiet {
            plan.settings.split = *dice.one(&[700, 900]);
            plan.settings.gap = *dice.one(&[MS / 4, MS, 3 * MS]);
        }
        let deaths_only = kinds.contains(&Kind::Prices) && dice.chance(400);
        for round in 0..ROUNDS {
            let start = round * (ACTIVE + SETTLING);
            plan.reads(&mut dice, start, &kinds, keys, pace);
            if !quiet {
                plan.changes(&mut dice, start, &kinds, keys, pace);
                if pace == Pace::Crowd {
                    plan.scenes(&mut dice, start, &kinds, keys);
                }
                match pace {
                    _ if deaths_only => plan.deaths(&mut dice, start),
                    _ if pace != Pace::Crowd && dice.chance(120) => plan.forgetting(&mut dice, start, &kinds, keys),
                    Pace::Seldom if dice.chance(700) => plan.deaf(&mut dice, start, &kinds, keys),
                    _ => plan.faults(&mut dice, start),
                }
            }
        }
        // What lives in the cache only, a failover may take back: nobody can say it again.
        if plan.has(|what| matches!(what, What::Failover { .. })) {
            plan.events.retain(|event| !matches!(event.what, What::Update { .. }));
        }
        plan
    }

    /// Whether there is such an event.
    #[must_use]
    pub fn has(&self, is_one: impl Fn(&What) -> bool) -> bool {
        self.events.iter().any(|event| is_one(&event.what))
    }

    /// Whether nothing fails but processes.
    #[must_use]
    pub fn only_processes_die(&self) -> bool {
        let fails = |what: &What| {
            matches!(what, What::Line { .. } | What::Stop { .. } | What::Evict { .. } | What::Flush)
                || matches!(what, What::Restart { .. } | What::Failover { .. })
        };
        !self.has(fails)
    }

    /// Whether anybody reads or writes this region.
    #[must_use]
    pub fn uses(&self, kind: Kind) -> bool {
        self.events.iter().any(|event| match &event.what {
            What::Read { entry, .. } | What::Write { entry, .. } => entry.kind == kind,
            What::Put { .. } | What::Update { .. } => kind == Kind::Carts,
            What::Announce { .. } => kind == Kind::Prices,
            _ => false,
        })
    }

    fn push(&mut self, at: Moment, what: What) {
        self.events.push(Event { at, what });
    }

    fn reads(&mut self, dice: &mut Dice, start: Moment, kinds: &[Kind], keys: usize, pace: Pace) {
        let count = if pace == Pace::Seldom { dice.between(6, 30) } else { dice.between(60, 160) };
        for _ in 0..count {
            let how = match dice.below(100) {
                0..80 => How::Load,
                80..84 if !self.settings.quiet => How::Force,
                84..91 => How::Impatiently(dice.delay(self.settings.load)),
                91..95 => How::Peek,
                95..98 => How::Find,
                _ => How::Load,
            };
            let (node, entry) = (dice.index(self.nodes), Entry::of(*dice.one(kinds), dice.index(keys)));
            let what = What::Read { node, entry, times: dice.between(1, 14), how };
            self.push(start + dice.below(ACTIVE), what);
        }
    }

    fn changes(&mut self, dice: &mut Dice, start: Moment, kinds: &[Kind], keys: usize, pace: Pace) {
        let (single, crowds) = match pace {
            Pace::Seldom => (dice.between(1, 4), 0),
            Pace::Usual => (dice.between(3, 30), dice.below(6)),
            Pace::Crowd => (dice.between(3, 30), dice.between(8, 25)),
        };
        let mut times: Vec<Moment> = (0..single).map(|_| dice.below(ACTIVE)).collect();
        for _ in 0..crowds {
            let (at, spread) = (dice.below(ACTIVE - 20 * MS), *dice.one(&[MS, 4 * MS, 20 * MS]));
            times.extend((0..dice.between(2, 5)).map(|_| at + dice.below(spread)));
            for _ in 0..dice.between(2, 8) {
                let (node, entry) = (dice.index(self.nodes), Entry::of(*dice.one(kinds), dice.index(keys)));
                let times = dice.between(1, 3);
                self.push(start + at + dice.below(spread), What::Read { node, entry, times, how: How::Load });
            }
        }
        for at in times {
            let node = dice.index(self.nodes);
            // What a book is built from is written to, not the book.
            let kind = match *dice.one(kinds) {
                Kind::Books => *dice.one(&[Kind::Users, Kind::Pages, Kind::Orgs]),
                Kind::Pages if dice.chance(600) => Kind::Users,
                Kind::Bills if dice.chance(800) => Kind::Carts,
                kind => kind,
            };
            let key = dice.index(keys);
            let patience = match dice.below(10) {
                0..7 => Patience::Waits,
                7 => Patience::Leaves,
                _ => Patience::Until(dice.below(2 * MS)),
            };
            let what = match kind {
                // One process writes each cart: of two puts in two processes only the source knows which is the later one.
                Kind::Carts if dice.chance(700) => What::Put { node: key % self.nodes, key, patience },
                Kind::Carts => What::Update { node: key % self.nodes, key },
                Kind::Prices if dice.chance(700) => What::Announce { node, key, all: dice.chance(400) },
                _ => {
                    let target = match dice.below(100) {
                        0..45 => Target::Key,
                        45..70 if kind.tag(key).is_some() => Target::Tag,
                        70..78 => Target::Region,
                        78..86 => Target::Pattern,
                        86..90 => Target::Everything,
                        90..95 => Target::Batch,
                        _ => Target::Key,
                    };
                    What::Write { node, entry: Entry::of(kind, key), target, patience }
                }
            };
            self.push(start + at, what);
        }
    }

    /// Two processes have invalidated one after the other, and the tier goes back to a moment after that. Who came second is
    /// gone, and who came first still knows what it has said.
    fn forgetting(&mut self, dice: &mut Dice, start: Moment, kinds: &[Kind], keys: usize) {
        let entry = Entry::of(*dice.one(kinds), dice.index(keys));
        let target = if entry.kind.tag(entry.key).is_some() { Target::Tag } else { Target::Region };
        let (first, second) = (0, 1);
        let (at, patience) = (start + dice.between(500 * MS, 3000 * MS), Patience::Waits);
        let soon = 10 * MS + 4 * self.settings.load;
        let read = |node| What::Read { node, entry, times: 1, how: How::Load };
        self.push(at, What::Write { node: first, entry, target, patience });
        self.push(at + soon, read(dice.index(self.nodes)));
        self.push(at + 2 * soon, What::Write { node: second, entry, target, patience });
        let behind = at + 2 * soon + dice.between(5 * MS, 15 * MS);
        self.push(behind, What::Failover { behind: dice.between(MS, 5 * MS), lasts: dice.between(MS, 50 * MS) });
        self.push(behind + MS / 2, What::Crash { node: second, lasts: 300 * MS });
        for _ in 0..4 {
            self.push(behind + dice.between(60 * MS, 400 * MS), read(first));
        }
    }

    /// Processes die, and nothing else happens.
    fn deaths(&mut self, dice: &mut Dice, start: Moment) {
        for _ in 0..dice.between(1, 4) {
            let what = What::Crash { node: dice.index(self.nodes), lasts: dice.between(20 * MS, 400 * MS) };
            self.push(start + dice.below(ACTIVE - 2 * MS), what);
        }
    }

    /// A process hears nothing for longer than it may believe what it knows, and is the only one that reads.
    fn deaf(&mut self, dice: &mut Dice, start: Moment, kinds: &[Kind], keys: usize) {
        let (node, lasts) = (dice.index(self.nodes), dice.between(2800 * MS, 3800 * MS));
        let (at, entry) = (start + dice.below(100 * MS), Entry::of(*dice.one(kinds), dice.index(keys)));
        self.push(at, What::Line { node, commands: Weather::Fair, messages: Weather::Hole, lasts });
        let target = if entry.kind.tag(entry.key).is_some() { Target::Tag } else { Target::Key };
        let other = (node + 1) % self.nodes;
        self.push(at + dice.below(300 * MS), What::Write { node: other, entry, target, patience: Patience::Waits });
        for _ in 0..6 {
            self.push(at + dice.below(lasts), What::Read { node, entry, times: 1, how: How::Load });
        }
    }

    /// What is dangerous when it happens at once, again and again.
    fn scenes(&mut self, dice: &mut Dice, start: Moment, kinds: &[Kind], keys: usize) {
        for _ in 0..dice.between(5, 20) {
            let at = start + dice.below(ACTIVE - 500 * MS);
            let (kind, key) = (*dice.one(kinds), dice.index(keys));
            let writer = dice.index(self.nodes);
            let soon = *dice.one(&[MS, 3 * MS, 8 * MS]);
            let reads = match kind {
                // Writers that announce themselves while others do.
                Kind::Prices => {
                    let all = dice.chance(500);
                    for other in 0..dice.between(2, 4) {
                        let node = (writer + other as usize) % self.nodes;
                        self.push(at + dice.below(soon), What::Announce { node, key, all });
                    }
                    Entry::of(kind, key)
                }
                // A put, and what is built on the value before.
                Kind::Carts | Kind::Bills => {
                    let node = key % self.nodes;
                    let patience = *dice.one(&[Patience::Waits, Patience::Waits, Patience::Leaves]);
                    self.push(at + soon, What::Put { node, key, patience });
                    let bill = Entry::of(Kind::Bills, key);
                    for how in [How::Force, How::Force, How::Force, How::Load, How::Load] {
                        self.push(at + dice.below(2 * soon), What::Read { node, entry: bill, times: 2, how });
                    }
                    for _ in 0..3 {
                        let later = at + dice.between(soon, 4 * soon);
                        self.push(later, What::Read { node, entry: bill, times: 3, how: How::Load });
                    }
                    Entry::of(Kind::Carts, key)
                }
                // Loads of which one began before, and one after.
                kind => {
                    let entry = Entry::of(if kind == Kind::Books { Kind::Users } else { kind }, key);
                    for _ in 0..2 {
                        let node = dice.index(self.nodes);
                        let target =
                            if entry.kind.tag(key).is_some() && dice.chance(400) { Target::Tag } else { Target::Key };
                        self.push(
                            at + dice.below(soon),
                            What::Write { node, entry, target, patience: Patience::Waits },
                        );
                    }
                    entry
                }
            };
            for _ in 0..5 {
                let what = What::Read { node: dice.index(self.nodes), entry: reads, times: 2, how: How::Load };
                self.push(at + dice.below(2 * soon), what);
            }
            let what = What::Read { node: dice.index(self.nodes), entry: reads, times: 3, how: How::Load };
            self.push(at + dice.between(10 * MS, 400 * MS), what);
        }
    }

    fn faults(&mut self, dice: &mut Dice, start: Moment) {
        // Few kinds in one run: each with all the others would hide what it does alone.
        let kinds: Vec<u64> = (0..dice.below(3)).map(|_| dice.below(8)).collect();
        for kind in kinds {
            for _ in 0..dice.between(1, 4) {
                let node = dice.index(self.nodes);
                let longest = if dice.chance(300) { 3800 * MS } else { 1500 * MS };
                let lasts = dice.between(20 * MS, longest);
                let weather = [Weather::Fair, Weather::Slow, Weather::Lossy, Weather::Hole, Weather::Down];
                let what = match kind {
                    0 => What::Line { node, commands: *dice.one(&weather), messages: *dice.one(&weather), lasts },
                    1 => What::Line { node, commands: *dice.one(&weather), messages: Weather::Fair, lasts },
                    2 => What::Line { node, commands: Weather::Fair, messages: *dice.one(&weather), lasts },
                    3 => What::Stop { node, lasts },
                    4 => What::Crash { node, lasts: lasts / 4 },
                    5 => {
                        let kinds = *dice.one(&["v", "t", "i", "l", "f", "r", "tfi", "vls"]);
                        What::Evict { kinds, in_thousand: dice.between(100, 1000) }
                    }
                    6 if dice.chance(500) => What::Flush,
                    6 => What::Restart { lasts: lasts / 8 },
                    _ => What::Failover { behind: dice.between(MS, 300 * MS), lasts: lasts / 8 },
                };
                self.push(start + dice.below(ACTIVE - 2 * MS), what);
            }
        }
    }
}

/// How much goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Seldom,
    Usual,
    /// Again and again everybody wants one thing at once.
    Crowd,
}

/// The regions that a run is about.
fn focus(dice: &mut Dice) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for _ in 0..1 + dice.below(2) {
        kinds.extend_from_slice(match dice.below(8) {
            0 => &[Kind::Users],
            1 => &[Kind::Orgs],
            2 => &[Kind::Users, Kind::Pages],
            3 => &[Kind::Users, Kind::Pages, Kind::Orgs, Kind::Books],
            4 => &[Kind::Feeds],
            5 => &[Kind::Drafts, Kind::Stock],
            6 => &[Kind::Carts, Kind::Bills],
            _ => &[Kind::Prices],
        });
    }
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>12.3} ms  {:?}", self.at as f64 / 1e6, self.what)
    }
}
