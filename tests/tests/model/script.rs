//! What can be done to a region, and random sequences of it.

use std::fmt;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) type Key = u64;

/// Some with two digits, so that patterns can tell them apart.
pub(crate) const KEYS: std::ops::Range<Key> = 4..14;

/// No two are the same: an old one that comes back is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Value {
    pub(crate) serial: u32,
    /// Decides on one of the tags.
    pub(crate) class: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failed(pub(crate) u32);

/// What a loader returns. `Ok(None)`: there is none.
pub(crate) type Loaded = Result<Option<Value>, Failed>;

/// The tags of an entry: one from the key, one from the value.
pub(crate) fn tags_of(key: Key, value: Value) -> Vec<String> {
    vec![format!("third:{}", key % 3), format!("class:{}", value.class)]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    Plenty,
    /// Less than there are keys.
    Tight,
    None,
}

/// A region's policy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) room: Room,
    /// `None`: never ends.
    pub(crate) ttl: Option<Duration>,
    pub(crate) negative_ttl: Option<Duration>,
    /// Whether entries depend on what their loads read.
    pub(crate) track: bool,
}

impl Rules {
    fn any(room: impl Strategy<Value = Room>) -> impl Strategy<Value = Self> {
        let ttl = of(select(&[20, 1_000, 60_000][..]).prop_map(Duration::from_millis));
        let negative_ttl = of(select(&[10, 500, 90_000][..]).prop_map(Duration::from_millis));
        let rules = (room, ttl, negative_ttl, any::<bool>());
        rules.prop_map(|(room, ttl, negative_ttl, track)| Self { room, ttl, negative_ttl, track })
    }

    pub(crate) fn keeps(self) -> bool {
        self.room != Room::None
    }

    /// Whether a result is worth storing.
    pub(crate) fn wants(self, loaded: Loaded) -> bool {
        matches!(loaded, Ok(Some(_))) || self.negative_ttl.is_some()
    }

    /// How long a result that is stored is fresh; `None`: for ever.
    pub(crate) fn life(self, loaded: Loaded) -> Option<Duration> {
        if matches!(loaded, Ok(Some(_))) { self.ttl } else { self.negative_ttl }
    }
}

/// A pattern whose meaning is known without matching it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Glob {
    Everything,
    Region,
    Exactly(Key),
    StartingWith(Key),
    OneDigit,
    OtherRegion,
}

impl Glob {
    pub(crate) fn text(self) -> String {
        match self {
            Self::Everything => "*".to_owned(),
            Self::Region => "r:*".to_owned(),
            Self::Exactly(key) => format!("r:{key}"),
            Self::StartingWith(digit) => format!("r:{digit}*"),
            Self::OneDigit => "r:?".to_owned(),
            Self::OtherRegion => "rr:*".to_owned(),
        }
    }

    pub(crate) fn means(self, key: Key) -> bool {
        match self {
            Self::Everything | Self::Region => true,
            Self::Exactly(meant) => key == meant,
            Self::StartingWith(digit) => key == digit || key / 10 == digit,
            Self::OneDigit => key < 10,
            Self::OtherRegion => false,
        }
    }
}

/// What changes what is there; also while a load runs.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Advance(Duration),
    Put(Key, Value),
    Invalidate(Key),
    InvalidateMany(Vec<Key>),
    InvalidateTag(String),
    InvalidateTags(Vec<String>),
    InvalidatePattern(Glob),
    InvalidateRegion,
    InvalidateAll,
    SetEnabled(bool),
    Sweep,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum How {
    GetOrLoad,
    Unshared,
    Refresh,
    Optional,
}

/// What a loader does: reads, changes, and then it returns.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) reads: Vec<Key>,
    pub(crate) meanwhile: Vec<Change>,
    pub(crate) loaded: Loaded,
}

#[derive(Debug, Clone)]
pub(crate) enum Op {
    Get(Key),
    GetMany(Vec<Key>),
    Load(How, Key, Load),
    /// What is found: the keys that a batch brings values for.
    LoadMany(Vec<Key>, Load, Vec<Key>),
    /// A load that is dropped before it ends.
    Cancel(Key),
    Change(Change),
}

/// A region and what is done to it.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) rules: Rules,
    pub(crate) ops: Vec<Op>,
}

impl Script {
    pub(crate) fn any(room: impl Strategy<Value = Room>, most: usize) -> impl Strategy<Value = Self> {
        (Rules::any(room), vec(op(), 1..most)).prop_map(|(rules, mut ops)| {
            if rules.room == Room::Tight {
                ops.iter_mut().for_each(without_doubt);
            }
            Self { rules, ops: numbered(ops) }
        })
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line each, whoever asks.
        write!(f, "{:?}", self.rules)?;
        self.ops.iter().enumerate().try_for_each(|(step, op)| write!(f, "\n{step:>5}: {op:?}"))
    }
}

fn key() -> impl Strategy<Value = Key> {
    KEYS
}

fn value() -> impl Strategy<Value = Value> {
    (0..4_u8).prop_map(|class| Value { serial: 0, class })
}

fn tag() -> impl Strategy<Value = String> {
    select(&["third:0", "third:1", "third:2", "class:0", "class:1", "class:2", "class:3", "other"][..])
        .prop_map(str::to_owned)
}

fn glob() -> impl Strategy<Value = Glob> {
    prop_oneof![
        key().prop_map(Glob::Exactly),
        (1..9_u64).prop_map(Glob::StartingWith),
        Just(Glob::OneDigit),
        Just(Glob::OtherRegion),
        Just(Glob::Region),
        Just(Glob::Everything),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let step = select(&[1, 10, 20, 300, 500, 1_000, 30_000, 60_000][..]).prop_map(Duration::from_millis);
    prop_oneof![
        6 => step.prop_map(Change::Advance),
        6 => (key(), value()).prop_map(|(key, value)| Change::Put(key, value)),
        4 => key().prop_map(Change::Invalidate),
        1 => vec(key(), 0..4).prop_map(Change::InvalidateMany),
        4 => tag().prop_map(Change::InvalidateTag),
        1 => vec(tag(), 0..3).prop_map(Change::InvalidateTags),
        2 => glob().prop_map(Change::InvalidatePattern),
        1 => Just(Change::InvalidateRegion),
        1 => Just(Change::InvalidateAll),
        1 => any::<bool>().prop_map(Change::SetEnabled),
        1 => Just(Change::SetEnabled(true)),
        1 => Just(Change::Sweep),
    ]
}

/// `absences`: whether the loader can say that there is none.
fn load(absences: bool) -> impl Strategy<Value = Load> {
    let loaded = prop_oneof![
        5 => value().prop_map(|value| Ok(Some(value))),
        1 => Just(Err(Failed(0))),
        2 => value().prop_map(move |value| Ok(Some(value).filter(|_| !absences))),
    ];
    let meanwhile = prop_oneof![2 => Just(Vec::new()), 1 => vec(change(), 1..4)];
    let reads = prop_oneof![2 => Just(Vec::new()), 1 => vec(key(), 1..3)];
    (reads, meanwhile, loaded).prop_map(|(reads, meanwhile, loaded)| Load { reads, meanwhile, loaded })
}

fn op() -> impl Strategy<Value = Op> {
    let how = select(&[How::GetOrLoad, How::GetOrLoad, How::Unshared, How::Refresh][..]);
    prop_oneof![
        6 => key().prop_map(Op::Get),
        1 => vec(key(), 0..4).prop_map(Op::GetMany),
        8 => (how, key(), load(false)).prop_map(|(how, key, load)| Op::Load(how, key, load)),
        4 => (key(), load(true)).prop_map(|(key, load)| Op::Load(How::Optional, key, load)),
        3 => (vec(key(), 0..6), load(false), vec(key(), 0..6))
            .prop_map(|(keys, load, found)| Op::LoadMany(keys, load, found)),
        1 => key().prop_map(Op::Cancel),
        12 => change().prop_map(Op::Change),
    ]
}

/// What is put during a load is served if the load fails. In a small region it may be gone by then, and no model knows.
fn without_doubt(op: &mut Op) {
    if let Op::Load(_, _, load) | Op::LoadMany(_, load, _) = op
        && load.loaded.is_err()
    {
        load.meanwhile.retain(|change| !matches!(change, Change::Put(..)));
    }
}

/// Gives every value and every error a number of its own, with room for those of a batch.
fn numbered(mut ops: Vec<Op>) -> Vec<Op> {
    let mut next = 0;
    let mut number = || {
        next += 100;
        next
    };
    for op in &mut ops {
        match op {
            Op::Load(_, _, load) | Op::LoadMany(_, load, _) => {
                load.meanwhile.iter_mut().for_each(|change| number_change(change, &mut number));
                match &mut load.loaded {
                    Ok(Some(value)) => value.serial = number(),
                    Ok(None) => {}
                    Err(failed) => failed.0 = number(),
                }
            }
            Op::Change(change) => number_change(change, &mut number),
            Op::Get(_) | Op::GetMany(_) | Op::Cancel(_) => {}
        }
    }
    ops
}

fn number_change(change: &mut Change, number: &mut impl FnMut() -> u32) {
    if let Change::Put(_, value) = change {
        value.serial = number();
    }
}
