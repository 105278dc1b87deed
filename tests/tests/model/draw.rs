//! Random sequences of what can be done.

use std::time::Duration;

use cache_core::Ttl;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::rules::Rules;
use crate::script::{Change, Failed, Glob, How, KEYS, Key, Load, Op, Room, Script, Settings, TAG_OF_CALLS, Value};

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

/// Often one of two, so that much happens to a key.
fn key() -> impl Strategy<Value = Key> {
    prop_oneof![1 => select(&[5, 12][..]), 1 => KEYS]
}

fn value() -> impl Strategy<Value = Value> {
    (0..4_u8).prop_map(|class| Value { serial: 0, class })
}

fn tag() -> impl Strategy<Value = String> {
    select(&["third:0", "third:1", "third:2", "class:0", "class:1", "class:2", "class:3", TAG_OF_CALLS, "other"][..])
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
    let step = select(&[1, 10, 15, 20, 300, 500, 1_000, 15_000, 30_000, 60_000][..]).prop_map(Duration::from_millis);
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
        4 => value().prop_map(|value| Ok(Some(value))),
        2 => Just(Err(Failed(0))),
        2 => value().prop_map(move |value| Ok(Some(value).filter(|_| !absences))),
    ];
    let meanwhile = prop_oneof![2 => Just(Vec::new()), 1 => vec(change(), 1..4)];
    let reads = prop_oneof![2 => Just(Vec::new()), 1 => vec(key(), 1..3)];
    (reads, meanwhile, loaded).prop_map(|(reads, meanwhile, loaded)| Load { reads, meanwhile, loaded })
}

fn settings() -> impl Strategy<Value = Settings> {
    let ttl = prop_oneof![
        6 => Just(None),
        1 => Just(Some(Ttl::Never)),
        1 => Just(Some(Ttl::Default)),
        2 => select(&[0, 15, 2_000, 90_000][..]).prop_map(|ms| Some(Ttl::After(Duration::from_millis(ms)))),
    ];
    let forces = prop_oneof![5 => Just(false), 1 => Just(true)];
    (ttl, any::<bool>(), forces).prop_map(|(ttl, tagged, force)| Settings { ttl, tagged, force })
}

fn op() -> impl Strategy<Value = Op> {
    let how = prop_oneof![
        3 => select(&[How::GetOrLoad, How::GetOrLoad, How::Unshared, How::Refresh][..]),
        2 => settings().prop_map(How::Call),
        4 => settings().prop_map(How::Detached),
    ];
    prop_oneof![
        6 => key().prop_map(Op::Get),
        1 => vec(key(), 0..4).prop_map(Op::GetMany),
        12 => (how, key(), load(false)).prop_map(|(how, key, load)| Op::Load(how, key, load)),
        4 => (key(), load(true)).prop_map(|(key, load)| Op::Load(How::Optional, key, load)),
        3 => (vec(key(), 0..6), load(false), vec(key(), 0..6))
            .prop_map(|(keys, load, found)| Op::LoadMany(keys, load, found)),
        1 => key().prop_map(Op::Cancel),
        1 => any::<usize>().prop_map(Op::Leave),
        1 => Just(Op::Begin),
        4 => Just(Op::Run),
        12 => change().prop_map(Op::Change),
    ]
}

/// What is put during a load is served if the load fails. In a small region it may be gone by then, and no model knows.
/// Nor does it while several loads end in one step.
fn without_doubt(op: &mut Op) {
    if let Op::Load(how, ..) = op
        && let How::Detached(settings) = *how
    {
        *how = How::Call(settings);
    }
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
            Op::Get(_) | Op::GetMany(_) | Op::Cancel(_) | Op::Leave(_) | Op::Begin | Op::Run => {}
        }
    }
    ops
}

fn number_change(change: &mut Change, number: &mut impl FnMut() -> u32) {
    if let Change::Put(_, value) = change {
        value.serial = number();
    }
}
