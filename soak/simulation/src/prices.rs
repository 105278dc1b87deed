//! A cached function, and a writer of it that announces itself.

use std::sync::Arc;

use cache_core::{cache_invalidate, cached};

use cache_oracle::Moment;

use crate::clock::Until;
use crate::plan::What;
use crate::process::LEASE;
use crate::process::{Failed, Process, Value};
use crate::schema::{Entry, Kind};
use crate::timeline::MS;
use crate::world::bound;

/// The price of something.
#[cached(ttl = "10m", key = "{id}", tags = ["tariff"], skip(process), name = "prices", helpers = "prices")]
pub(crate) async fn price(id: u64, process: &Arc<Process>) -> Result<Value, Failed> {
    let value = Process::load(Arc::clone(process), Entry::of(Kind::Prices, id as usize), false, None).await?;
    Ok(value.expect("there is a price"))
}

/// Sets it; others know beforehand. Returns when it was set.
#[cache_invalidate(prices(id), on = "around")]
pub(crate) async fn set_price(id: u64, process: &Arc<Process>) -> Moment {
    set(id, process).await
}

/// The same, for who invalidates all of them by their tag.
#[cache_invalidate(tags = ["tariff"], on = "around")]
pub(crate) async fn set_tariff(id: u64, process: &Arc<Process>) -> Moment {
    set(id, process).await
}

async fn set(id: u64, process: &Arc<Process>) -> Moment {
    let (world, entry) = (&process.world, Entry::of(Kind::Prices, id as usize));
    let pause = world.dice.lock().delay(3 * MS);
    Until::new(&world.timeline, world.timeline.now() + pause).await;
    if let Some(row) = entry.kind.own_row(entry.key) {
        let version = world.audit.commit(process.node, row);
        if world.plan.only_processes_die() {
            // Whoever dies now: what was there before was dropped, nothing was stored since, and the mark ends by itself.
            let demand = world.audit.demand_row(row, version);
            let ends = world.timeline.now() + 2 * LEASE.as_nanos() as Moment + bound(world.plan.settings.drift);
            world.audit.due(demand, ends);
        }
    }
    // The worst moment to die in.
    let dies = world.plan.has(|what| matches!(what, What::Crash { .. })) && world.dice.lock().chance(300);
    if dies && !world.calm.load(std::sync::atomic::Ordering::Relaxed) {
        world.doomed.lock().push(process.node);
    }
    let set = world.timeline.now();
    Until::new(&world.timeline, set + pause / 2).await;
    set
}
