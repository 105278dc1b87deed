//! Every load path, dropped at every await point: whoever comes next gets a value at once, and nothing is left behind.
//!
//! A path is a call that the test polls by hand. Between polls the world moves on in small steps (a gate opens, time
//! passes, background work runs); the call is dropped after 0, 1, 2, … of them. Afterwards another call for the same key
//! must end without help, and one more must be a hit.

use std::time::Duration;

use cache_core::test_util::{TaskQueue, TestCache};
use cache_core::{LoadTimeout, Region, Spawn, Task};
use cache_tests::{Gate, Step};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq)]
struct Down;

impl From<LoadTimeout> for Down {
    fn from(_: LoadTimeout) -> Self {
        Down
    }
}

/// A region, and what moves the world around it.
struct World {
    test: TestCache,
    tasks: TaskQueue,
    rows: Region<u64, u64>,
    outer: Region<u64, u64>,
    gate: Gate,
}

#[derive(Debug)]
struct NoRuntime;

impl Spawn for NoRuntime {
    fn spawn(&self, task: Task) -> Result<(), Task> {
        Err(task)
    }
}

impl World {
    fn new(runtime: bool) -> Self {
        let tasks = TaskQueue::new();
        let test = TestCache::with(|builder| match runtime {
            true => builder.spawn(tasks.clone()),
            false => builder.spawn(NoRuntime),
        });
        let region = |name: &str| {
            let region = test.cache().region(name).ttl(SECOND * 60);
            region.stale_while_revalidate(SECOND * 30).stale_if_error(SECOND * 600).build().unwrap()
        };
        let (rows, outer) = (region("row"), region("outer"));
        Self { test, tasks, rows, outer, gate: Gate::closed() }
    }

    /// A load that stops twice: at the gate, and once more behind it.
    fn load(&self, result: Result<u64, Down>) -> impl Future<Output = Result<u64, Down>> + Send + 'static + use<> {
        let gate = self.gate.clone();
        async move {
            gate.pass().await;
            gate.pass().await;
            result
        }
    }

    fn aged(&self, seconds: u32) {
        self.rows.put(&1_u64, 7).detach();
        self.rows.put(&2_u64, 7).detach();
        self.test.clock().advance(SECOND * seconds);
    }

    /// One small step of the world.
    fn step(&self, number: usize) {
        match number % 3 {
            0 => self.gate.let_through(1),
            1 => _ = self.tasks.run(),
            _ => self.test.clock().advance(SECOND),
        }
    }
}

type Path = for<'w> fn(&'w World) -> Step<'w, Option<u64>>;

/// The load paths, by name; with the seconds since the rows were stored (0: they were not), and whether there is a
/// runtime.
const PATHS: &[(&str, u32, bool, Path)] = &[
    ("leads", 0, true, |world| Step::new(async { world.rows.get_or_load(&1_u64, || world.load(Ok(1))).await.ok() })),
    ("leads and fails", 0, true, |world| {
        Step::new(async { world.rows.get_or_load(&1_u64, || world.load(Err(Down))).await.ok() })
    }),
    ("leads to an absence", 0, true, |world| {
        let load = || async { world.load(Ok(1)).await.map(|_| None) };
        Step::new(async move { world.rows.get_or_load_optional(&1_u64, load).await.ok().flatten() })
    }),
    ("leads with a timeout", 0, true, |world| {
        Step::new(async { world.rows.call(&1_u64).timeout(SECOND).load(|| world.load(Ok(1))).await.ok() })
    }),
    ("forces", 10, true, |world| Step::new(async { world.rows.refresh(&1_u64, || world.load(Ok(1))).await.ok() })),
    ("renews in its own time", 60, true, |world| {
        Step::new(async { world.rows.get_or_load(&1_u64, || world.load(Ok(1))).await.ok() })
    }),
    ("renews in the background", 60, true, |world| {
        let load = world.load(Ok(1));
        Step::new(async move { world.rows.call(&1_u64).load_detached(|| load).await.ok() })
    }),
    ("renews without a runtime", 60, false, |world| {
        let load = world.load(Ok(1));
        Step::new(async move { world.rows.call(&1_u64).load_detached(|| load).await.ok() })
    }),
    ("detached", 0, true, |world| {
        let load = world.load(Ok(1));
        Step::new(async move { world.rows.call(&1_u64).load_detached(|| load).await.ok() })
    }),
    ("detached without a runtime", 0, false, |world| {
        let load = world.load(Ok(1));
        Step::new(async move { world.rows.call(&1_u64).load_detached(|| load).await.ok() })
    }),
    ("detached with a soft timeout", 120, true, |world| {
        let load = world.load(Ok(1));
        Step::new(async move { world.rows.call(&1_u64).soft_timeout(SECOND).load_detached(|| load).await.ok() })
    }),
    ("detached with both timeouts", 120, true, |world| {
        let load = world.load(Err(Down));
        let call = world.rows.call(&1_u64).timeout(SECOND * 2).soft_timeout(SECOND);
        Step::new(async move { call.load_detached(|| load).await.ok() })
    }),
    ("many", 0, true, |world| {
        let load = move |keys: Vec<u64>| async move {
            let value = world.load(Ok(1)).await?;
            Ok::<_, Down>(keys.into_iter().map(|key| (key, value)).collect())
        };
        Step::new(async move { world.rows.get_or_load_many(&[1_u64, 2], load).await.ok().and_then(|rows| rows[0]) })
    }),
    ("nested", 0, true, |world| {
        let inner = || world.rows.get_or_load(&1_u64, || world.load(Ok(1)));
        Step::new(async move { world.outer.get_or_load(&1_u64, inner).await.ok() })
    }),
    ("nested and detached", 0, true, |world| {
        let inner = || {
            let load = world.load(Ok(1));
            world.rows.call(&1_u64).load_detached(|| load)
        };
        Step::new(async move { world.outer.get_or_load(&1_u64, inner).await.ok() })
    }),
    ("needs itself", 0, true, |world| {
        let load = || async {
            world.gate.pass().await;
            world.rows.get_or_load(&1_u64, || world.load(Ok(1))).await
        };
        Step::new(async move { world.rows.get_or_load(&1_u64, load).await.ok() })
    }),
];

/// More steps than any path takes.
const STEPS: usize = 12;

fn next_is_served(world: &World, name: &str, steps: usize) {
    // Those who are in the background still have their turn; nobody has to wait for it.
    world.gate.let_through(1_000);
    world.tasks.run();
    let mut next = Step::new(world.rows.get_or_load(&1_u64, || async { Ok::<_, Down>(9) }));
    let next = next.poll();
    assert!(matches!(next, Some(Ok(_))), "{name}, dropped after {steps} steps: the next call got {next:?}");
    let mut third = Step::new(world.rows.get_or_load(&1_u64, || async { Err(Down) }));
    assert!(matches!(third.poll(), Some(Ok(_))), "{name}, dropped after {steps} steps: nothing is stored");
    assert_eq!(world.tasks.run(), 0, "{name}, dropped after {steps} steps: background work is left");
}

#[test]
fn a_call_on_any_path_can_be_dropped_at_any_await_point() {
    for (name, age, runtime, path) in PATHS {
        for steps in 0..STEPS {
            let world = World::new(*runtime);
            if *age > 0 {
                world.aged(*age);
            }
            let mut call = path(&world);
            for step in 0..steps {
                if call.poll().is_some() {
                    break;
                }
                world.step(step);
            }
            drop(call);
            next_is_served(&world, name, steps);
        }
    }
}

/// The same for a caller who waits for another's load: it is the waiter that is dropped, then the leader.
#[test]
fn a_waiter_on_any_path_can_be_dropped_at_any_await_point() {
    for (name, age, runtime, path) in PATHS {
        for steps in 0..STEPS {
            for leader_first in [false, true] {
                let world = World::new(*runtime);
                if *age > 0 {
                    world.aged(*age);
                }
                let (mut leader, mut waiter) = (path(&world), path(&world));
                let (mut ended, mut told) = (leader.poll().is_some(), waiter.poll().is_some());
                for step in 0..steps {
                    world.step(step);
                    ended = ended || leader.poll().is_some();
                    told = told || waiter.poll().is_some();
                }
                if leader_first {
                    drop(leader);
                    // Takes over, if there is anything to take over; goes as far as it can, and is dropped there.
                    if !told {
                        waiter.poll();
                    }
                    drop(waiter);
                } else {
                    drop(waiter);
                    drop(leader);
                }
                next_is_served(&world, name, steps);
            }
        }
    }
}
