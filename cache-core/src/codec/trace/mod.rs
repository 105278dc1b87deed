//! The shape of a type, as its `Deserialize` asks for it: names of structs, variants and fields, and kinds of numbers.
//!
//! bincode and postcard write no names. Bytes of a type whose fields were reordered are read without an error, and
//! wrongly; so the shape is part of the fingerprint. It is found by reading the type from invented values
//! ([`Tracer`](tracer::Tracer)), several times until every variant of every enum was seen. What is recursive is walked
//! once. A type that refuses all inventions, or wants to be shown what there is (`deserialize_any`, which those codecs
//! do not carry anyway), is traced as far as it goes; its name is part of the fingerprint in any case.

mod tracer;

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::{self, DeserializeOwned};

/// The most times one type is read.
const MOST_RUNS: usize = 4096;

/// The most questions a type may ask, in all runs.
const MOST_STEPS: usize = 100_000;

/// The most levels of a type.
const DEEPEST: usize = 64;

/// The shape of `V`, the same in every build of the same source.
pub(super) fn shape<V: DeserializeOwned>() -> String {
    let mut trace = Trace::default();
    // A type may panic at values that its own `Serialize` would never write. Nobody called it on purpose: what was seen
    // until then will do.
    let walk = catch_unwind(AssertUnwindSafe(|| trace.walk::<V>()));
    let mut shape = if matches!(walk, Ok(true)) { String::new() } else { "in part\n".to_owned() };
    for (path, what) in &trace.seen {
        let _ = writeln!(shape, "{path} {what}");
    }
    shape
}

/// What is known of a type so far.
#[derive(Debug, Default)]
struct Trace {
    /// What was asked for, by where.
    seen: BTreeMap<String, String>,
    /// Which variant or which invented value is next, by where.
    choices: HashMap<String, usize>,
    /// A variant that comes to an end, by enum.
    known: HashMap<String, usize>,
    /// Which variant is tried next, by enum within itself.
    tried: HashMap<String, usize>,
    steps: usize,
    /// Something could not be traced.
    gave_up: bool,
    /// Where this run stands.
    run: Run,
}

/// The state of one run.
#[derive(Debug, Default)]
struct Run {
    path: String,
    depth: usize,
    /// The structs and enums around this place.
    around: Vec<String>,
    /// How many of them are there twice: as long as there is one, the shortest way out is taken.
    repeated: usize,
    /// There is a variant that another run has to see.
    incomplete: bool,
    /// The latest invented value, and how many others there are in its place.
    leaf: Option<(String, usize)>,
    /// Something was done about the error that ends this run.
    handled: bool,
}

/// The type cannot be read from what was invented.
#[derive(Debug)]
struct Refused;

impl Trace {
    /// Whether all of the type was seen.
    fn walk<V: DeserializeOwned>(&mut self) -> bool {
        for _ in 0..MOST_RUNS {
            self.run = Run::default();
            let result = V::deserialize(tracer::Tracer { trace: self });
            if result.is_ok() && !self.run.incomplete {
                return !self.gave_up;
            }
            if self.steps > MOST_STEPS || (result.is_err() && !self.run.handled && !self.invent_another()) {
                return false;
            }
        }
        false
    }

    /// Notes what is asked for here.
    fn note(&mut self, what: impl fmt::Display) -> Result<(), Refused> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(Refused);
        }
        if !self.seen.contains_key(&self.run.path) {
            self.seen.insert(self.run.path.clone(), what.to_string());
        }
        Ok(())
    }

    /// Which of so many invented values to show here.
    fn leaf(&mut self, kind: &str, count: usize) -> Result<usize, Refused> {
        self.note(kind)?;
        self.run.leaf = Some((self.run.path.clone(), count));
        Ok(self.choices.get(&self.run.path).copied().unwrap_or_default())
    }

    /// The latest value was refused, or led to something that was: another one next time, if there is one.
    fn invent_another(&mut self) -> bool {
        let Some((path, count)) = self.run.leaf.take() else { return false };
        let choice = self.choices.entry(path).or_default();
        *choice += 1;
        if *choice < count {
            return true;
        }
        *choice = 0;
        false
    }

    /// Goes one level down and comes back.
    fn down<T>(
        &mut self,
        step: impl fmt::Display,
        visit: impl FnOnce(&mut Self) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        if self.run.depth == DEEPEST {
            return Err(Refused);
        }
        let length = self.run.path.len();
        let _ = write!(self.run.path, "{step}");
        self.run.depth += 1;
        let result = visit(self);
        self.run.depth -= 1;
        self.run.path.truncate(length);
        result
    }

    /// Is inside of `name` meanwhile.
    fn within<T>(&mut self, name: String, visit: impl FnOnce(&mut Self) -> Result<T, Refused>) -> Result<T, Refused> {
        let again = usize::from(self.run.around.contains(&name));
        self.run.around.push(name);
        self.run.repeated += again;
        let result = visit(self);
        self.run.repeated -= again;
        self.run.around.pop();
        result
    }

    /// Shows one variant of an enum: the next that was not seen, or, within itself, one that comes to an end.
    fn variant<T>(
        &mut self,
        name: String,
        total: usize,
        visit: impl FnOnce(&mut Self, u32) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        if total == 0 {
            return Err(Refused);
        }
        let place = self.run.path.clone();
        let again = self.run.around.contains(&name);
        let index = if again {
            let tried = self.tried.entry(name.clone()).or_default();
            *tried += 1;
            self.known.get(&name).copied().unwrap_or((*tried - 1) % total)
        } else {
            let next = self.choices.get(&place).copied().unwrap_or_default();
            // All were seen: any that can be read will do.
            if next < total { next } else { self.known.get(&name).copied().unwrap_or(total - 1) }
        };
        let incomplete = std::mem::take(&mut self.run.incomplete);
        let result = self.within(name.clone(), |trace| {
            trace.down(format_args!("<{index}>"), |trace| visit(trace, u32::try_from(index).unwrap_or(u32::MAX)))
        });
        if result.is_ok() {
            self.known.entry(name.clone()).or_insert(index);
        }
        if !again {
            let mut seen = result.is_ok() && !self.run.incomplete;
            if result.is_err() && !self.run.handled {
                self.run.handled = true;
                if !self.invent_another() {
                    self.gave_up = true;
                    seen = true;
                }
            }
            let next = self.choices.entry(place).or_default();
            *next = (*next).max(index + usize::from(seen)).min(total);
            self.run.incomplete = *next < total;
            if result.is_err() && *next == total && !self.known.contains_key(&name) {
                // No variant can be read: those around have to do without.
                self.run.handled = false;
            }
        }
        self.run.incomplete |= incomplete;
        result
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot be traced")
    }
}

impl std::error::Error for Refused {}

impl de::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}
