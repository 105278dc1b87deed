//! Does the same to a region and to its model, and compares.

use std::fmt::{Debug, Display};

use cache_tests::Step;
use proptest::test_runner::TestCaseError;

use crate::model::{Counts, Model};
use crate::real::{Call, Real};
use crate::script::{Change, Failed, How, KEYS, Loaded, Op, Room, Script, Value};

/// How often the cache checks its own books, in operations. It costs as much as a dozen of them.
const CHECKED: usize = 16;

/// Plays a script, until the first difference.
pub(crate) fn play(script: &Script) -> Result<(), TestCaseError> {
    let (real, model) = (Real::new(script.rules), Model::new(script.rules));
    let mut world = World { real, model, waiting: Vec::new() };
    for (step, op) in script.ops.iter().enumerate() {
        if step.is_multiple_of(CHECKED) {
            world.real.test.check();
        }
        world.make_room();
        let same = world.apply(op).and_then(|()| world.settle()).and_then(|()| {
            world.make_room();
            world.compare()
        });
        same.map_err(|difference| TestCaseError::fail(format!("step {step}, {op:?}: {difference}")))?;
    }
    world.finish().map_err(|difference| TestCaseError::fail(format!("at the end: {difference}")))?;
    world.real.test.assert_idle();
    Ok(())
}

/// What is different, and how.
type Same = Result<(), String>;

#[expect(clippy::needless_pass_by_value, reason = "what is compared is made to be compared")]
fn same<T: PartialEq + Debug>(what: impl Display, real: T, expected: T) -> Same {
    if real == expected { Ok(()) } else { Err(format!("{what}: {real:?}, and not {expected:?}")) }
}

struct World {
    real: Real,
    model: Model,
    /// The callers who wait, as the model knows them.
    waiting: Vec<Call>,
}

impl World {
    /// What a small region has dropped the model drops too. Anything else it must know.
    fn make_room(&mut self) {
        if self.model.rules.room == Room::Tight {
            KEYS.filter(|key| self.real.region.remaining_ttl(key).is_none()).for_each(|key| self.model.evict(key));
        }
    }

    fn apply(&mut self, op: &Op) -> Same {
        // How a batch goes on that waits for others has tests of its own.
        if let Op::LoadMany(keys, ..) = op
            && keys.iter().any(|key| self.model.places.contains_key(key))
        {
            self.finish()?;
        }
        let (real, model) = (&self.real, &mut self.model);
        match op {
            Op::Get(key) => same("the value", real.region.get(key), value(model.get(*key))),
            Op::GetMany(keys) => {
                let expected = keys.iter().map(|key| value(model.get(*key))).collect();
                same("the values", real.region.get_many(keys), expected)
            }
            Op::Load(how, key, load) => {
                // What becomes of those who wait when an error is not for them has tests of its own.
                let is_loading = model.places.contains_key(key);
                let how = if matches!(how, How::Unshared) && is_loading { How::GetOrLoad } else { *how };
                let mut call = real.call(how, *key, load);
                let loads = model.counts.loads;
                let (answer, expected) = (call.poll(), model.call(how, *key, load));
                let is_plain = model.enabled && expected.is_some();
                if is_plain && load.meanwhile.is_empty() {
                    same("whether the loader runs", call.has_loaded(), model.counts.loads > loads)?;
                }
                same("the answer", answer, expected)?;
                if expected.is_none() {
                    self.waiting.push(call);
                }
                Ok(())
            }
            Op::LoadMany(keys, load, found) => {
                let (result, batch) = real.load_many(keys, load, found);
                let (expected, expected_batch) = model.load_many(keys, load, found);
                same("the keys of the batch", batch, expected_batch)?;
                same("the results", result, expected)
            }
            Op::Cancel(key) => {
                let cancelled = real.region.stats().loads_cancelled;
                drop(Step::held(real.region.refresh(key, std::future::pending::<Result<Value, Failed>>)));
                let counted = real.region.stats().loads_cancelled > cancelled;
                same("whether it counts as cancelled", counted, model.cancel(*key))
            }
            Op::Leave(nth) => {
                if !self.waiting.is_empty() {
                    let index = nth % self.waiting.len();
                    drop(self.waiting.remove(index));
                    model.leave(index);
                }
                Ok(())
            }
            Op::Begin => {
                real.begin_tasks();
                model.begin_tasks();
                Ok(())
            }
            Op::Run => {
                real.run_tasks();
                model.run_tasks();
                Ok(())
            }
            Op::Change(Change::Sweep) => {
                let before = real.region.len();
                let removed = real.test.cache().sweep();
                same("what a sweep says", removed, before - real.region.len())?;
                same("what a sweep leaves", real.region.len(), model.len())
            }
            Op::Change(each) => {
                real.change(each);
                model.change(each);
                Ok(())
            }
        }
    }

    /// Lets everybody go on who waits, until nobody can.
    fn settle(&mut self) -> Same {
        let mut index = 0;
        while index < self.waiting.len() {
            let (answer, expected) = (self.waiting[index].poll(), self.model.poll(index));
            same(format_args!("the answer to caller {index}"), answer, expected)?;
            if expected.is_some() {
                drop(self.waiting.remove(index));
                // Whoever came before may be the next to go on.
                index = 0;
            } else {
                index += 1;
            }
        }
        Ok(())
    }

    /// Lets everything end that was begun.
    fn finish(&mut self) -> Same {
        while !self.model.tasks.is_empty() || !self.waiting.is_empty() {
            self.real.run_tasks();
            self.model.run_tasks();
            self.settle()?;
        }
        Ok(())
    }

    /// What can be seen without leaving a trace.
    fn compare(&self) -> Same {
        let (region, model) = (&self.real.region, &self.model);
        for key in KEYS {
            let expected = value(model.peek(key));
            same(format_args!("then the value of {key}"), region.peek(&key), expected)?;
            same(format_args!("then whether {key} is contained"), region.contains(&key), expected.is_some())?;
            same(format_args!("then the time left of {key}"), region.remaining_ttl(&key), model.remaining(key))?;
        }
        same("then whether all are there", region.len() >= model.len(), true)?;
        same("then the weight", region.weight(), region.len() as u64)?;
        let stats = region.stats();
        let counts = Counts {
            hits: stats.hits,
            stale_hits: stats.stale_hits,
            misses: stats.misses,
            loads: stats.loads,
            loads_deduped: stats.loads_deduped,
            refreshes: stats.refreshes,
            load_errors: stats.load_errors,
            not_stored: stats.not_stored,
        };
        same("then the counts", counts, model.counts)
    }
}

/// Of what is known, the value.
fn value(known: Option<Loaded>) -> Option<Value> {
    known.and_then(Result::ok).flatten()
}
