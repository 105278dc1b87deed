//! Tasks of all processes, of which one at a time goes on: which one, the dice say.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use parking_lot::Mutex;

use crate::dice::Dice;

/// What a load that panics panics with; any other panic is a bug.
pub struct Staged;

/// Work of a process.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs the tasks.
#[derive(Default)]
pub struct Executor {
    ready: Arc<Mutex<Vec<usize>>>,
    tasks: Mutex<Tasks>,
}

#[derive(Default)]
struct Tasks {
    next: usize,
    all: BTreeMap<usize, Task>,
    /// Processes that stand still, and those of their tasks that were woken meanwhile.
    stopped: BTreeMap<usize, Vec<usize>>,
}

struct Task {
    node: usize,
    waker: Arc<Alarm>,
    /// `None` while it is polled.
    work: Option<Work>,
}

/// Wakes one task.
struct Alarm {
    id: usize,
    rung: AtomicBool,
    ready: Arc<Mutex<Vec<usize>>>,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::Relaxed) {
            self.ready.lock().push(self.id);
        }
    }
}

impl Executor {
    /// Starts work of a process.
    pub fn spawn(&self, node: usize, work: Work) {
        let mut tasks = self.tasks.lock();
        tasks.next += 1;
        let id = tasks.next;
        let waker = Arc::new(Alarm { id, rung: AtomicBool::new(true), ready: Arc::clone(&self.ready) });
        tasks.all.insert(id, Task { node, waker, work: Some(work) });
        self.ready.lock().push(id);
    }

    /// Lets one task that can go on do so; `false` if none can.
    pub fn step(&self, dice: &mut Dice) -> bool {
        let id = {
            let mut ready = self.ready.lock();
            match ready.len() {
                0 => return false,
                1 => ready.remove(0),
                many => ready.swap_remove(dice.index(many)),
            }
        };
        let (mut work, alarm) = {
            let mut tasks = self.tasks.lock();
            let Tasks { all, stopped, .. } = &mut *tasks;
            let Some(task) = all.get_mut(&id) else { return true };
            if let Some(woken) = stopped.get_mut(&task.node) {
                woken.push(id);
                return true;
            }
            let Some(work) = task.work.take() else { return true };
            (work, Arc::clone(&task.waker))
        };
        alarm.rung.store(false, Ordering::Relaxed);
        let waker = Waker::from(alarm);
        let mut context = Context::from_waker(&waker);
        let turn = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(&mut context)));
        let ended = match turn {
            Ok(Poll::Pending) => false,
            Ok(Poll::Ready(())) => true,
            // A task that panics is gone, as on any runtime.
            Err(payload) if payload.is::<Staged>() => true,
            Err(payload) => resume_unwind(payload),
        };
        let mut tasks = self.tasks.lock();
        if ended {
            tasks.all.remove(&id);
        } else if let Some(task) = tasks.all.get_mut(&id) {
            task.work = Some(work);
            return true;
        }
        drop(tasks);
        drop(work);
        true
    }

    /// The process stands still from here on, or goes on.
    pub fn stop(&self, node: usize, stand_still: bool) {
        let mut tasks = self.tasks.lock();
        if stand_still {
            tasks.stopped.entry(node).or_default();
        } else if let Some(woken) = tasks.stopped.remove(&node) {
            self.ready.lock().extend(woken);
        }
    }

    /// Whether the process stands still.
    #[must_use]
    pub fn is_stopped(&self, node: usize) -> bool {
        self.tasks.lock().stopped.contains_key(&node)
    }

    /// The process is gone, in the middle of whatever it did.
    pub fn kill(&self, node: usize) {
        loop {
            let gone: Vec<Task> = {
                let mut tasks = self.tasks.lock();
                tasks.stopped.remove(&node);
                let ids: Vec<usize> =
                    tasks.all.iter().filter(|(_, task)| task.node == node).map(|(id, _)| *id).collect();
                ids.into_iter().filter_map(|id| tasks.all.remove(&id)).collect()
            };
            // Not under the lock: what is dropped may start something.
            if gone.is_empty() {
                return;
            }
        }
    }

    /// How many tasks a process has.
    #[must_use]
    pub fn tasks(&self, node: usize) -> usize {
        self.tasks.lock().all.values().filter(|task| task.node == node).count()
    }
}
