//! What can be done to a region.

use std::fmt;
use std::time::Duration;

use cache_core::Ttl;

use crate::rules::Rules;

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
    Call(Settings),
    /// In a task of its own, which the script runs.
    Detached(Settings),
}

/// What one call says of its load.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Settings {
    pub(crate) ttl: Option<Ttl>,
    /// Whether it adds the tag [`TAG_OF_CALLS`].
    pub(crate) tagged: bool,
    pub(crate) force: bool,
}

pub(crate) const TAG_OF_CALLS: &str = "call";

impl How {
    pub(crate) fn settings(self) -> Settings {
        match self {
            Self::Call(settings) | Self::Detached(settings) => settings,
            Self::Refresh => Settings { force: true, ..Settings::default() },
            Self::GetOrLoad | Self::Unshared | Self::Optional => Settings::default(),
        }
    }
}

/// What a loader does: reads, waits if it runs in the background, changes, and then it returns.
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
    /// One of the callers who wait does so no longer.
    Leave(usize),
    /// The loads in the background begin, and do not end.
    Begin,
    /// The loads in the background end.
    Run,
    Change(Change),
}

/// A region and what is done to it.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) rules: Rules,
    pub(crate) ops: Vec<Op>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line each, whoever asks.
        write!(f, "{:?}", self.rules)?;
        self.ops.iter().enumerate().try_for_each(|(step, op)| write!(f, "\n{step:>5}: {op:?}"))
    }
}
