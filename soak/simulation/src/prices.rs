//! A cached function, and a writer of it that announces itself.

use std::sync::Arc;

use cache_core::{cache_invalidate, cached};

use cache_oracle::Moment;

use crate::clock::Until;
use crate::process::{Failed, Process, Value};
use crate::schema::{Entry, Kind};
use crate::timeline::MS;

/// The price of something.
#[cached(ttl = "10m", key = "{id}", tags = ["tariff"], skip(process), name = "prices", helpers = "prices")]
pub(crate) async fn price(id: u64, process: &Arc<Process>) -> Result<Value, Failed> {
    let value = Process::load(Arc::clone(process), Entry::of(Kind::Prices, id as usize), false, None).await?;
    Ok(value.expect("there is a price"))
}

/// Sets it; others know beforehand. Returns when it was set.
#[cache_invalidate(prices(id), on = "around")]
pub(crate) async fn set_price(id: u64, process: &Arc<Process>) -> Moment {
    let (world, entry) = (&process.world, Entry::of(Kind::Prices, id as usize));
    let pause = world.dice.lock().delay(3 * MS);
    Until::new(&world.timeline, world.timeline.now() + pause).await;
    if let Some(row) = entry.kind.own_row(entry.key) {
        world.audit.commit(process.node, row);
    }
    let set = world.timeline.now();
    Until::new(&world.timeline, set + pause / 2).await;
    set
}
