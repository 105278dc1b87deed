//! The tasks that write: they commit, then invalidate in one of the many ways there are.

use std::sync::atomic::Ordering;
use std::time::Duration;

use cache_core::{Invalidated, Invalidating, Invalidation};
use tokio::task::JoinHandle;

use super::cached::{self, Value, plain, stale, strong};
use super::reads::Ends;
use super::source::{Committed, SourceError};
use super::world;
use crate::entries::{Cover, Kind, ROWS, entry, owner};
use crate::history::{Record, Told};
use crate::moment::{Moment, now};
use crate::popularity::{Popularity, Random};

const TASKS: u64 = 2;

/// Between two writes of a task.
const PAUSE: Duration = Duration::from_millis(150);

/// Starts them.
pub(super) fn tasks(ends: &Ends) -> Vec<JoinHandle<()>> {
    (0..TASKS).map(|number| tokio::spawn(go_on(number, ends.clone()))).collect()
}

async fn go_on(number: u64, ends: Ends) {
    let mut random = Random::new(world().settings.seed ^ (number << 32) ^ 0x5772_6974);
    let popularity = Popularity::of(ROWS);
    while !ends.ended() {
        tokio::time::sleep(PAUSE).await;
        let row = popularity.draw(&mut random);
        // An error of the source has committed nothing, so there is nothing to invalidate.
        drop(write(number, row, &mut random).await);
    }
}

async fn write(task: u64, row: u32, random: &mut Random) -> Result<(), SourceError> {
    if is_put(row) {
        return if mine(task, row) { put(row).await } else { Ok(()) };
    }
    match random.below(1000) {
        0..250 => one_by_one(row).await,
        250..500 => together(&[row]).await,
        500..600 => {
            let both = [row, (row + 1) % ROWS];
            together(if is_put(both[1]) { &both[..1] } else { &both }).await
        }
        600..700 => dropped(cached::write_and_drop(row).await?),
        700..800 => dropped(cached::write_around(row).await?),
        800..970 => through(row).await,
        970..990 => owned(row).await,
        990..996 => pattern(row).await,
        996..999 => region(row).await,
        _ => everything(row).await,
    }
}

/// Rows that are put: the application lets only one task of one process write each of them.
fn is_put(row: u32) -> bool {
    row % 10 == 3
}

fn mine(task: u64, row: u32) -> bool {
    let settings = &world().settings;
    task == 0 && row as usize / 10 % settings.clients == settings.index
}

/// What is built from a row and nothing else, however it is dropped.
fn covers(row: u32) -> Vec<Cover> {
    let keys = [Kind::Plain, Kind::Stale, Kind::Strong].map(|kind| Cover::Key(entry(kind, row)));
    keys.into_iter().chain([Cover::RowTag(row)]).collect()
}

async fn commit(row: u32) -> Result<Committed, SourceError> {
    cached::commit(&[row]).await.map(|all| all[0])
}

/// What a macro has dropped; it does not tell how far that has got.
fn dropped(committed: Committed) -> Result<(), SourceError> {
    note(committed.after, now(), Told::Queued, covers(committed.row));
    Ok(())
}

async fn one_by_one(row: u32) -> Result<(), SourceError> {
    commit(row).await?;
    fire(vec![Cover::Key(entry(Kind::Plain, row))], || plain::invalidate(row)).await;
    fire(vec![Cover::RowTag(row)], || world().cache.invalidate_tag(format!("row:{row}"))).await;
    fire(vec![Cover::Key(entry(Kind::Stale, row))], || stale::invalidate(row)).await;
    fire(vec![Cover::Key(entry(Kind::Strong, row))], || strong::invalidate(row)).await;
    Ok(())
}

/// A transaction of some rows, and one batch.
async fn together(rows: &[u32]) -> Result<(), SourceError> {
    cached::commit(rows).await?;
    batch(rows).await;
    Ok(())
}

async fn batch(rows: &[u32]) {
    let mut batch = Invalidation::new(&world().cache);
    for &row in rows {
        batch.add(plain::target(row)).add(stale::target(row)).add(strong::target(row)).tag(format!("row:{row}"));
    }
    fire(rows.iter().flat_map(|&row| covers(row)).collect(), || batch.fire()).await;
}

/// Puts the plain value, and drops the others. Nobody else writes this row, here or elsewhere.
async fn put(row: u32) -> Result<(), SourceError> {
    let Committed { version, .. } = commit(row).await?;
    let told = told(plain::put(row, Value::of(row, version)).await);
    note_put(row, version, told);
    batch(&[row]).await;
    Ok(())
}

/// The same by an attribute, which needs no such care of the application.
async fn through(row: u32) -> Result<(), SourceError> {
    let as_of = now();
    let value = cached::write_through(row).await?;
    note_put(row, value.version, Told::Queued);
    let covers = covers(row).into_iter().filter(|cover| *cover != Cover::Key(entry(Kind::Plain, row)));
    note(as_of, now(), Told::Queued, covers.collect());
    Ok(())
}

async fn owned(row: u32) -> Result<(), SourceError> {
    commit(row).await?;
    fire(vec![Cover::OwnerTag(owner(row))], || world().cache.invalidate_tag(format!("owner:{}", owner(row)))).await;
    batch(&[row]).await;
    Ok(())
}

async fn pattern(row: u32) -> Result<(), SourceError> {
    commit(row).await?;
    let digit = row.to_string().remove(0);
    let (as_of, glob) = (now(), format!("plain:{digit}*"));
    let told = told(world().cache.invalidate_pattern(&glob).await);
    // What moves between the nodes of a cluster meanwhile is missed.
    let told = if world().settings.cluster { Told::Own } else { told };
    note(as_of, now(), told, vec![Cover::Pattern(digit.to_digit(10).unwrap_or_default())]);
    batch(&[row]).await;
    Ok(())
}

async fn region(row: u32) -> Result<(), SourceError> {
    commit(row).await?;
    fire(vec![Cover::Region], plain::invalidate_all).await;
    batch(&[row]).await;
    Ok(())
}

async fn everything(row: u32) -> Result<(), SourceError> {
    commit(row).await?;
    fire(vec![Cover::All], || world().cache.invalidate_all()).await;
    Ok(())
}

async fn fire(covers: Vec<Cover>, invalidate: impl FnOnce() -> Invalidating) {
    let as_of = now();
    let told = told(invalidate().await);
    note(as_of, now(), told, covers);
}

fn told(invalidated: Invalidated) -> Told {
    if invalidated == Invalidated::Fleet { Told::Fleet } else { Told::Queued }
}

fn note(as_of: Moment, returned: Moment, told: Told, covers: Vec<Cover>) {
    world().history.note(&Record::Invalidated { as_of, returned, told, covers });
    ask_for_a_look(told);
}

fn note_put(row: u32, version: u32, told: Told) {
    world().history.note(&Record::Put { row, version, returned: now(), told });
    ask_for_a_look(told);
}

fn ask_for_a_look(told: Told) {
    if told == Told::Queued {
        world().unsent.store(true, Ordering::SeqCst);
    }
}
