//! What the backend and the backplane tell this process.

use std::sync::{Arc, Weak};

use super::Tier;
use super::link::Proof;
use super::message::{Message, Named};
use super::names::Written;
use crate::backend::{BackendError, BackendListener};
use crate::backplane::BackplaneListener;
use crate::event::Event;
use crate::fleet_name::NameRef;
use crate::mutant::{self, Mutant};
use crate::shared::Shared;

/// Listens for one cache, for as long as that exists.
pub(super) struct Ear(Weak<Shared>);

impl Ear {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self(Arc::downgrade(shared))
    }

    fn with(&self, work: impl FnOnce(&Arc<Shared>, &Tier)) {
        if let Some(shared) = self.0.upgrade()
            && let Some(tier) = shared.tier()
        {
            work(&shared, tier);
        }
    }
}

impl BackendListener for Ear {
    fn lost(&self, error: &BackendError) {
        self.with(|shared, tier| {
            if tier.breaker.open(shared.clock.now()) {
                shared.emit(&Event::BreakerOpened { error: error.clone() });
            }
        });
    }

    fn back(&self, forgetful: bool) {
        self.with(|shared, tier| {
            if forgetful {
                tier.must_remind(shared);
            }
            tier.breaker.retry_at(shared.clock.now());
            tier.keep(shared);
        });
    }
}

impl BackplaneListener for Ear {
    fn message(&self, message: &[u8]) {
        self.with(|shared, tier| match Message::parse(message) {
            Some(Message::Beat { origin, number }) if origin == tier.origin => tier.heard(shared, number),
            Some(Message::Beat { .. }) => {}
            Some(Message::Names { origin, put, names }) => {
                if put && origin == tier.origin {
                    // This process has the value that it put.
                    return;
                }
                for name in names {
                    match name {
                        Named::Name(name) => tier.touch(shared, name),
                        Named::Pattern(glob) => tier.touch_pattern(shared, glob),
                    }
                }
            }
            None => shared.emit(&Event::ForeignMessage { bytes: message.len() }),
        });
    }

    fn written(&self, name: Option<&str>) {
        self.with(|shared, tier| match name.map(|name| tier.names.parse(name)) {
            None | Some(Some(Written::Everything)) => tier.touch(shared, NameRef::Everything),
            Some(Some(Written::Region(region))) => tier.touch(shared, NameRef::Region(region)),
            Some(Some(Written::Tag(tag))) => tier.touch(shared, NameRef::Tag(tag)),
            Some(Some(Written::Key(key))) => tier.touch(shared, NameRef::Key(key)),
            Some(None) => {}
        });
    }

    fn connected(&self) {
        self.with(|shared, tier| {
            tier.link.connected();
            tier.keep(shared);
            tier.keeper.beat_soon();
        });
    }

    fn disconnected(&self) {
        self.with(|shared, tier| {
            if tier.link.disconnected() {
                tier.mirror.forget_before(shared.touches.advance());
                shared.emit(&Event::LinkLost);
            }
        });
    }
}

impl Tier {
    /// A beat of this process came back.
    fn heard(&self, shared: &Shared, number: u64) {
        self.take_proof(shared, self.link.heard(number, shared.clock.now()));
    }

    /// Takes note of what a beat has proven.
    pub(super) fn take_proof(&self, shared: &Shared, proof: Proof) {
        if let Proof::First(sent) = proof {
            // After the subscription is there, not before: what is published from here on is delivered, and what was
            // published before is covered by this.
            if !mutant::is(Mutant::GapNotTouched) {
                self.touch_gap(shared);
            }
            self.link.prove(sent);
            shared.emit(&Event::LinkProven { bound: self.staleness_bound() });
        }
    }
}
