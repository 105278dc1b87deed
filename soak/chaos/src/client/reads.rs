//! The tasks that read.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use super::cached::{self, LOADED, Value};
use super::source::SourceError;
use super::world;
use crate::entries::{Entry, Kind, entry, partner, parts};
use crate::history::{Failure, Record, Versions};
use crate::moment::now;
use crate::popularity::{Popularity, Random};

const TASKS: u64 = 12;

/// Reads of a task in a row.
const BURST: u64 = 4;

/// No call takes longer: each of its requests may take the response timeout, and a load is waited for.
const HUNG: Duration = Duration::from_secs(20);

/// Of 20 reads, how many go to each region.
const SHARES: [(Kind, usize); 5] =
    [(Kind::Plain, 7), (Kind::Tagged, 4), (Kind::Outer, 4), (Kind::Stale, 3), (Kind::Strong, 2)];

/// Ends tasks.
#[derive(Debug, Clone, Default)]
pub(super) struct Ends(Arc<AtomicBool>);

impl Ends {
    pub(super) fn end(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn ended(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Starts them.
pub(super) fn tasks(ends: &Ends) -> Vec<JoinHandle<()>> {
    let task = |number: u64| tokio::spawn(go_on(number, ends.clone()));
    (0..TASKS).map(task).collect()
}

async fn go_on(number: u64, ends: Ends) {
    let settings = &world().settings;
    let mut random = Random::new(settings.seed ^ (number << 32));
    let popularity = Popularity::of(crate::entries::ROWS);
    let mut ticks = tokio::time::interval(Duration::from_nanos(1_000_000_000 * TASKS * BURST / settings.rate));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !ends.ended() {
        ticks.tick().await;
        for _ in 0..BURST {
            read(entry(region(&mut random), popularity.draw(&mut random))).await;
        }
    }
}

fn region(random: &mut Random) -> Kind {
    let mut share = random.below(20);
    for (kind, shares) in SHARES {
        match share.checked_sub(shares) {
            None => return kind,
            Some(left) => share = left,
        }
    }
    Kind::Plain
}

/// One call, noted down.
async fn read(entry: Entry) {
    let begin = now();
    let call = async {
        let read = call(entry).await;
        (read, LOADED.with(Cell::get))
    };
    let read = tokio::time::timeout(HUNG, LOADED.scope(Cell::new(false), call)).await;
    let end = now();
    let record = match read {
        Ok((Ok(Some(versions)), loaded)) => Record::Read { entry, begin, end, loaded, versions },
        Ok((Ok(None), _)) => Record::Failed { entry, begin, end, how: Failure::Mixed },
        Ok((Err(_), _)) => Record::Failed { entry, begin, end, how: Failure::Source },
        Err(_) => Record::Failed { entry, begin, end, how: Failure::Hung },
    };
    world().history.note(&record);
    world().reads.fetch_add(1, Ordering::Relaxed);
}

/// What the entry says; `None` if it speaks of other rows.
async fn call(entry: Entry) -> Result<Option<Versions>, SourceError> {
    let (kind, row) = parts(entry);
    let value = match kind {
        Kind::Plain => cached::plain(row).await?,
        Kind::Tagged => cached::tagged(row).await?,
        Kind::Stale => cached::stale(row).await?,
        Kind::Strong => cached::strong(row).await?,
        Kind::Outer => {
            let pair = cached::outer(row).await?;
            let first = version(&pair.plain, row);
            return Ok(first.zip(version(&pair.tagged, partner(row))).map(|(a, b)| Versions::two(a, b)));
        }
    };
    Ok(version(&value, row).map(Versions::one))
}

/// The version of a whole value of this row.
fn version(value: &Value, row: u32) -> Option<u32> {
    (*value == Value::of(row, value.version)).then_some(value.version)
}
