//! Does the same to a region and to its model, and compares.

use std::fmt::{Debug, Display};

use cache_tests::Step;
use proptest::test_runner::TestCaseError;

use crate::model::{Counts, Model, Names, Target, Turn};
use crate::real::{Real, of_batch};
use crate::script::{Change, Failed, How, KEYS, Key, Load, Loaded, Op, Room, Rules, Script, Value};

/// How often the cache checks its own books, in operations. It costs as much as a dozen of them.
const CHECKED: usize = 16;

/// Plays a script, until the first difference.
pub(crate) fn play(script: &Script) -> Result<(), TestCaseError> {
    let mut world = World { real: Real::new(script.rules), model: Model::new(script.rules), rules: script.rules };
    for (step, op) in script.ops.iter().enumerate() {
        if step.is_multiple_of(CHECKED) {
            world.real.test.check();
        }
        world.make_room();
        let same = world.apply(op).and_then(|()| {
            world.make_room();
            world.compare()
        });
        same.map_err(|difference| TestCaseError::fail(format!("step {step}, {op:?}: {difference}")))?;
    }
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
    rules: Rules,
}

impl World {
    /// What a small region has dropped the model drops too. Anything else it must know.
    fn make_room(&mut self) {
        if self.rules.room == Room::Tight {
            KEYS.filter(|key| self.real.region.remaining_ttl(key).is_none()).for_each(|key| self.model.evict(key));
        }
    }

    fn apply(&mut self, op: &Op) -> Same {
        let (real, model) = (&self.real, &mut self.model);
        match op {
            Op::Get(key) => same("the value", real.region.get(key), value(model.look(*key))),
            Op::GetMany(keys) => {
                let expected = keys.iter().map(|key| value(model.look(*key))).collect();
                same("the values", real.region.get_many(keys), expected)
            }
            Op::Load(how, key, load) => {
                let (result, ran) = real.load(*how, *key, load);
                let (absences, force) = (matches!(how, How::Optional), matches!(how, How::Refresh));
                if !force {
                    model.look(*key);
                }
                let turn = model.take_part(*key, absences, force);
                same("whether the loader runs", ran, !matches!(turn, Turn::Answered(_)))?;
                let built_from = if ran { run(model, load) } else { Vec::new() };
                let expected = match turn {
                    Turn::Answered(found) => found,
                    Turn::Passes => load.loaded,
                    Turn::Loads(begun) => {
                        let begun = if matches!(how, How::Unshared) { begun.unshared() } else { begun };
                        model.land(begun, *key, load.loaded, &built_from)
                    }
                };
                same("the result", result, expected)
            }
            Op::LoadMany(keys, load, found) => {
                let (result, batch) = real.load_many(keys, load, found);
                let (expected, expected_batch) = load_many(model, keys, load, found);
                same("the keys of the batch", batch, expected_batch)?;
                same("the results", result, expected)
            }
            Op::Cancel(key) => {
                let turn = model.take_part(*key, false, true);
                let cancelled = real.region.stats().loads_cancelled;
                drop(Step::held(real.region.refresh(key, std::future::pending::<Result<Value, Failed>>)));
                let counted = real.region.stats().loads_cancelled > cancelled;
                same("whether it counts as cancelled", counted, matches!(turn, Turn::Loads(_)))
            }
            Op::Change(Change::Sweep) => {
                let before = real.region.len();
                let removed = real.test.cache().sweep();
                same("what a sweep says", removed, before - real.region.len())?;
                same("what a sweep leaves", real.region.len(), model.len())
            }
            Op::Change(each) => {
                real.change(each);
                change(model, each);
                Ok(())
            }
        }
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
            misses: stats.misses,
            loads: stats.loads,
            load_errors: stats.load_errors,
            not_stored: stats.not_stored,
        };
        same("then the counts", counts, model.counts)
    }
}

/// What a loader does before it returns; says what it has read.
fn run(model: &mut Model, load: &Load) -> Vec<Names> {
    let mut built_from = Vec::new();
    load.reads.iter().for_each(|key| model.read(*key, &mut built_from));
    load.meanwhile.iter().for_each(|each| change(model, each));
    built_from
}

fn change(model: &mut Model, change: &Change) {
    match change {
        Change::Advance(by) => model.advance(*by),
        Change::Put(key, value) => model.put(*key, *value),
        Change::Invalidate(key) => model.invalidate(Target::Key(*key)),
        Change::InvalidateMany(keys) => keys.iter().for_each(|key| model.invalidate(Target::Key(*key))),
        Change::InvalidateTag(tag) => model.invalidate(Target::Tag(tag.clone())),
        Change::InvalidateTags(tags) => tags.iter().for_each(|tag| model.invalidate(Target::Tag(tag.clone()))),
        Change::InvalidatePattern(glob) => model.invalidate(Target::Pattern(*glob)),
        Change::InvalidateRegion | Change::InvalidateAll => model.invalidate(Target::Everything),
        Change::SetEnabled(enabled) => model.set_enabled(*enabled),
        Change::Sweep => {}
    }
}

/// The results and the keys of the batch, as the model expects them.
fn load_many(
    model: &mut Model,
    keys: &[Key],
    load: &Load,
    found: &[Key],
) -> (Result<Vec<Option<Value>>, Failed>, Vec<Key>) {
    let mut distinct: Vec<Key> = Vec::new();
    for key in keys {
        if !distinct.contains(key) {
            distinct.push(*key);
        }
    }
    let known: Vec<_> = distinct.iter().map(|key| model.look(*key)).collect();
    // An error that is known answers for all; nothing is loaded then.
    if let Some(failed) = known.iter().find_map(|known| known.and_then(Result::err)) {
        return (Err(failed), Vec::new());
    }
    let missing: Vec<Key> =
        distinct.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(key, _)| *key).collect();
    let turns: Vec<Turn> = missing.iter().map(|key| model.take_part(*key, true, false)).collect();
    let built_from = if missing.is_empty() { Vec::new() } else { run(model, load) };
    let mut results = known;
    for (key, turn) in missing.iter().zip(turns) {
        let loaded = load.loaded.map(|value| found.contains(key).then(|| of_batch(*key, value)));
        let result = match turn {
            Turn::Loads(begun) => model.land(begun, *key, loaded, &built_from),
            _ => loaded,
        };
        let index = distinct.iter().position(|each| each == key).expect("it is among them");
        results[index] = Some(result);
    }
    let of = |key: &Key| {
        let index = distinct.iter().position(|each| each == key).expect("it is among them");
        results[index].expect("what was missing was loaded")
    };
    (keys.iter().map(of).collect(), missing)
}

/// Of what is known, the value.
fn value(known: Option<Loaded>) -> Option<Value> {
    known.and_then(Result::ok).flatten()
}
