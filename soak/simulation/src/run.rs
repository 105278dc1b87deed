//! One run, from a plan to what was found.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cache_oracle::Moment;

use crate::audit::{Finding, Tally};
use crate::client;
use crate::dice::Dice;
use crate::plan::{ACTIVE, Event, How, Plan, ROUNDS, SETTLING, What};
use crate::process::Process;
use crate::schema::{Entry, KEYS, KINDS};
use crate::tier::Weather;
use crate::timeline::MS;
use crate::world::World;

/// What a run came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The promises that were broken; none, if all is well.
    pub findings: Vec<Finding>,
    /// In numbers.
    pub tally: Tally,
    /// Everything that happened, if it was asked for.
    pub trace: Vec<String>,
    /// The same for two runs that went the same way.
    pub digest: u64,
}

type Processes = Arc<parking_lot::Mutex<Vec<Option<Arc<Process>>>>>;

/// Runs a plan; `traced`: keeps the whole history, which takes much longer.
#[must_use]
pub fn run(plan: &Plan, traced: bool) -> Outcome {
    let world = World::new(plan.clone(), traced);
    let mut tasks = Dice::new(plan.chances, 4);
    let processes: Processes = Arc::default();
    for node in 0..plan.nodes {
        let process = Process::begin(&world, node);
        processes.lock().push(Some(process));
    }
    // In any order in the plan, since a part of it may have been left out.
    for event in &plan.events {
        let (world_then, processes, event) = (Arc::clone(&world), Arc::clone(&processes), event.clone());
        world.timeline.at(event.at, move || happen(&world_then, &processes, &event));
    }
    for round in 0..ROUNDS {
        let start = round * (ACTIVE + SETTLING);
        world.calm.store(false, Ordering::Relaxed);
        go_on(&world, &mut tasks, start + ACTIVE);
        put_in_order(&world, &processes);
        go_on(&world, &mut tasks, start + ACTIVE + SETTLING / 2);
        look_at_all(&world, &processes);
        go_on(&world, &mut tasks, start + ACTIVE + SETTLING);
        check_idle(&world, &processes);
        if world.audit.has_findings() {
            break;
        }
    }
    close(&world, &processes)
}

/// Lets everything go on until this moment.
fn go_on(world: &Arc<World>, tasks: &mut Dice, end: Moment) {
    loop {
        while world.executor.step(tasks) {}
        if !world.timeline.step(end) {
            return;
        }
    }
}

fn happen(world: &Arc<World>, processes: &Processes, event: &Event) {
    let alive = |node: usize| processes.lock()[node].clone();
    let start = |node: usize, work: crate::executor::Work| world.executor.spawn(node, work);
    let later = |lasts: Moment, work: Box<dyn FnOnce() + Send>| world.timeline.after(lasts, work);
    match event.what {
        What::Read { node, entry, times, how } => {
            if let Some(process) = alive(node) {
                start(node, Box::pin(client::read(process, entry, times, how)));
            }
        }
        What::Write { node, entry, target, patience } => {
            if let Some(process) = alive(node) {
                start(node, Box::pin(client::write(process, entry, target, patience)));
            }
        }
        What::Put { node, key, patience } => {
            if let Some(process) = alive(node) {
                start(node, Box::pin(client::put(process, key, patience)));
            }
        }
        What::Update { node, key } => {
            if let Some(process) = alive(node) {
                start(node, Box::pin(client::update(process, key)));
            }
        }
        What::Announce { node, key, all } => {
            if let Some(process) = alive(node) {
                start(node, Box::pin(client::announce(process, key, all)));
            }
        }
        What::Line { node, commands, messages, lasts } => {
            note(world, node, event);
            world.tier.set(node, commands, messages);
            let world = Arc::clone(world);
            later(lasts, Box::new(move || world.tier.heal(node)));
        }
        What::Stop { node, lasts } => {
            note(world, node, event);
            stand_still(world, node, true);
            let world = Arc::clone(world);
            later(lasts, Box::new(move || stand_still(&world, node, false)));
        }
        What::Crash { node, lasts } => {
            note(world, node, event);
            let process = processes.lock()[node].take();
            if let Some(process) = process {
                process.die();
                world.executor.kill(node);
                world.audit.stop(node, false, 0);
                world.audit.restart(node);
                drop(process);
                let (world, processes) = (Arc::clone(world), Arc::clone(processes));
                later(lasts, Box::new(move || revive(&world, &processes, node)));
            }
        }
        What::Evict { kinds, in_thousand } => {
            note(world, 0, event);
            world.tier.evict(kinds, in_thousand);
        }
        What::Flush => {
            note(world, 0, event);
            world.tier.flush();
        }
        What::Restart { lasts } => {
            note(world, 0, event);
            server_dies(world, lasts);
        }
        What::Failover { behind, lasts } => {
            note(world, 0, event);
            world.tier.leave_replica_behind();
            let world = Arc::clone(world);
            later(behind, Box::new(move || server_dies(&Arc::clone(&world), lasts)));
        }
    }
}

fn note(world: &World, node: usize, event: &Event) {
    world.audit.note(node, || format!("{:?}", event.what));
}

fn server_dies(world: &Arc<World>, lasts: Moment) {
    if world.tier.is_down() {
        return;
    }
    world.tier.crash();
    let world_then = Arc::clone(world);
    world.timeline.after(lasts, move || {
        if world_then.tier.is_down() {
            world_then.tier.recover();
        }
    });
}

fn stand_still(world: &Arc<World>, node: usize, still: bool) {
    if world.executor.is_stopped(node) != still {
        world.executor.stop(node, still);
        world.audit.stop(node, still, 60 * MS);
    }
}

fn revive(world: &Arc<World>, processes: &Processes, node: usize) {
    if processes.lock()[node].is_some() {
        return;
    }
    let process = Process::begin(world, node);
    world.audit.note(node, || "begins".to_owned());
    processes.lock()[node] = Some(process);
}

/// Ends all faults.
fn put_in_order(world: &Arc<World>, processes: &Processes) {
    world.calm.store(true, Ordering::Relaxed);
    if world.tier.is_down() {
        world.tier.recover();
    }
    for node in 0..world.plan.nodes {
        stand_still(world, node, false);
        revive(world, processes, node);
        world.tier.set(node, Weather::Fair, Weather::Hole);
        world.tier.heal(node);
    }
}

/// Everybody reads everything: by now all know everything.
fn look_at_all(world: &Arc<World>, processes: &Processes) {
    let alive: Vec<usize> = (0..world.plan.nodes).collect();
    world.audit.settle(&alive);
    let used: Vec<_> = KINDS.into_iter().filter(|kind| world.plan.uses(*kind)).collect();
    for process in processes.lock().iter().flatten() {
        for entry in used.iter().flat_map(|kind| (0..KEYS).map(|key| Entry::of(*kind, key))) {
            for how in [How::Peek, How::Load] {
                world.executor.spawn(process.node, Box::pin(client::read(Arc::clone(process), entry, 1, how)));
            }
        }
    }
}

/// P5, and that nobody waits for ever: a while after everything is in order no load runs.
fn check_idle(world: &Arc<World>, processes: &Processes) {
    for process in processes.lock().iter().flatten() {
        for region in process.cache().regions() {
            let stats = region.stats();
            world.audit.note(process.node, || format!("{} {stats:?}", region.name()));
        }
        process.test.check();
    }
    world.audit.check_idle();
}

fn close(world: &Arc<World>, processes: &Processes) -> Outcome {
    let (findings, tally, trace, digest) = world.audit.close();
    let gone = std::mem::take(&mut *processes.lock());
    gone.iter().flatten().for_each(|process| process.die());
    (0..world.plan.nodes).for_each(|node| world.executor.kill(node));
    world.timeline.clear();
    drop(gone);
    world.tier.hang_up();
    (0..world.plan.nodes).for_each(|node| world.executor.kill(node));
    world.timeline.clear();
    Outcome { findings, tally, trace, digest }
}
