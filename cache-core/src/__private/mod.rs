//! Everything that generated code may touch. No promises: it changes without notice.
//!
//! A generated function is data plus one call from here; what can be decided at run time is decided here.

mod always;
mod background;
mod call;
mod function;
mod invalidate;
mod kind;
mod miss;
mod probe;
mod put;
mod require;
mod source;
mod tags;

pub use std::borrow::Borrow;
pub use std::boxed::Box;
pub use std::option::Option;
pub use std::result::Result;
pub use std::string::String;
pub use std::time::Duration;

pub use always::Always;
pub use background::{
    EarlyArg, RefreshAheadArg, SoftTimeoutArg, StaleArg, own_early, own_refresh_ahead, own_soft_timeout, own_stale,
};
pub use call::{Call, Look, Settings};
pub use function::{Function, Instance, InstanceId, Slot, Sole, instance, place};
pub use invalidate::{fire, fire_blocking, succeeded, with_success};
pub use inventory;
pub use kind::{Kind, OptionKind, OptionLike, PlainKind, ResultKind, ResultLike, ResultOptionKind, Returned};
pub use miss::{Boxed, Miss, boxed, warm};
pub use probe::{KindPlain, KindResult, Probe, ShareFallback, ShareProbe, clone_argument, share_by};
pub use put::{Ended, Filled, PutTarget, Puts, Since, ended, fill};
pub use require::{
    key_part, require_named, require_negative, require_result, require_shared, require_timeout, require_value,
};
pub use source::{Ambient, Explicit, OwnedSource, Source, explicit, within};
pub use tags::{FromValue, TagPart, TagText, nothing_late, part};

pub use crate::invalidated::{Invalidated, Invalidating};
pub use crate::key::CacheKey;
pub use crate::region::{AnyRegion, CacheValue, SharedValue};
pub use crate::registry::{Info, Mutator, Registered, RegisteredMutator};
pub use crate::target::Target;
