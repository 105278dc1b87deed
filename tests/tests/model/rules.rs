//! What a region's policy says, drawn at random.

use std::time::Duration;

use cache_core::{Policy, Ttl};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::script::{Loaded, Room, Settings, Value};

/// What the cache says where a call asks for it.
const DEFAULT_TTL: Duration = Duration::from_secs(300);

/// A region's policy, and what its values say of themselves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) room: Room,
    /// `None`: never ends.
    pub(crate) ttl: Option<Duration>,
    pub(crate) negative_ttl: Option<Duration>,
    /// Whether entries depend on what their loads read.
    pub(crate) track: bool,
    pub(crate) stale_while_revalidate: Option<Duration>,
    pub(crate) stale_if_error: Option<Duration>,
    pub(crate) refresh_ahead: Option<f64>,
    pub(crate) tti: Option<Duration>,
    /// Whether values have [ttls of their own](Self::ttl_of).
    pub(crate) ttl_by: bool,
    /// Whether some values are [kept out](Self::keeps_out).
    pub(crate) cache_if: bool,
}

impl Rules {
    pub(crate) fn any(room: impl Strategy<Value = Room>) -> impl Strategy<Value = Self> {
        let time = |choices: &'static [u64]| of(select(choices).prop_map(Duration::from_millis));
        let ends = (time(&[20, 1_000, 60_000]), time(&[10, 500, 90_000]), time(&[16, 320, 16_000]));
        let windows = (time(&[20, 1_500, 40_000]), time(&[300, 30_000, 120_000]));
        let refresh_ahead = of(select(&[0.25, 0.5, 0.75][..]));
        let values = (any::<bool>(), any::<bool>(), any::<bool>());
        (room, ends, windows, refresh_ahead, values).prop_map(|(room, ends, windows, refresh_ahead, values)| {
            let ((ttl, negative_ttl, tti), (track, ttl_by, cache_if)) = (ends, values);
            // What `Policy::check` refuses: dates that count from an end that never comes, and a tti beyond the ttl.
            // What a small region has dropped nobody can tell from what is stale.
            let (ending, roomy) = (ttl.is_some(), room != Room::Tight);
            Self {
                room,
                ttl,
                negative_ttl,
                track,
                stale_while_revalidate: windows.0.filter(|_| ending && roomy),
                stale_if_error: windows.1.filter(|_| ending && roomy),
                refresh_ahead: refresh_ahead.filter(|_| ending),
                tti: tti.filter(|tti| ttl.is_none_or(|ttl| *tti < ttl)),
                ttl_by,
                cache_if,
            }
        })
    }

    pub(crate) fn policy(self) -> Policy {
        let mut policy = Policy::new().track(self.track).ttl(self.ttl.map_or(Ttl::Never, Ttl::After));
        policy.capacity = match self.room {
            Room::Plenty => 1_000,
            Room::Tight => 4,
            Room::None => 0,
        };
        policy.negative_ttl = self.negative_ttl;
        policy.stale_while_revalidate = self.stale_while_revalidate;
        policy.stale_if_error = self.stale_if_error;
        policy.refresh_ahead = self.refresh_ahead;
        policy.tti = self.tti;
        policy
    }

    pub(crate) fn keeps(self) -> bool {
        self.room != Room::None
    }

    /// The ttl that a value says it has, with `ttl_by`.
    pub(crate) fn ttl_of(value: Value) -> Duration {
        Duration::from_millis([30, 5_000, 120_000, 0][usize::from(value.class)])
    }

    /// Whether a value is not to be stored, with `cache_if`.
    pub(crate) fn keeps_out(value: Value) -> bool {
        value.class == 2
    }

    /// For how long a result is fresh that a call with these settings loads; `None` if it is not worth storing,
    /// `Some(None)` for ever.
    pub(crate) fn life(self, loaded: Loaded, settings: Settings) -> Option<Option<Duration>> {
        let Ok(Some(value)) = loaded else { return self.negative_ttl.map(Some) };
        if self.cache_if && Self::keeps_out(value) {
            return None;
        }
        let life = match settings.ttl {
            Some(Ttl::After(ttl)) => Some(ttl),
            Some(Ttl::Never) => None,
            Some(_) => Some(DEFAULT_TTL),
            None if self.ttl_by => Some(Self::ttl_of(value)),
            None => self.ttl,
        };
        if life == Some(Duration::ZERO) { None } else { Some(life) }
    }
}
