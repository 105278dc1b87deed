//! A region against a plain map, operation by operation.
//!
//! * `rules`: what a policy can say.
//! * `script`: what can be done; `draw`: random sequences of it.
//! * `model`: what a region promises, as a map and a log. It knows neither shards nor touches; `entry`: how an entry
//!   ages; `callers`: who loads and who waits; `batch`: many keys at once.
//! * `real`: does it to a region.
//! * `world`: does it to both and compares.
//!
//! A new policy is a field of `Rules` with a line where it is drawn and one in `Rules::policy`, and a rule of the model. A
//! new operation is a variant in `script` with a line where it is drawn, and an arm in `world`.
//!
//! Left out: `early`, which is chance, and timeouts, which need loads that hang; both have tests of their own
//! (`policies`).

mod batch;
mod callers;
mod draw;
mod entry;
mod model;
mod real;
mod rules;
mod script;
mod world;

use cache_tests::runs;
use proptest::prelude::*;

use script::{Room, Script};

proptest! {
    #![proptest_config(runs(1_200))]

    #[test]
    fn a_region_with_room_is_a_map(script in Script::any(Just(Room::Plenty), 200)) {
        world::play(&script)?;
    }

    #[test]
    fn what_is_in_a_small_region_is_right(script in Script::any(Just(Room::Tight), 200)) {
        world::play(&script)?;
    }
}

proptest! {
    #![proptest_config(runs(200))]

    #[test]
    fn a_region_without_room_keeps_nothing(script in Script::any(Just(Room::None), 50)) {
        world::play(&script)?;
    }
}
