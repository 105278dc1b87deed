//! The messages to one process, as the test wants them to come.

use std::sync::Arc;

use cache_core::backplane::BackplaneListener;
use parking_lot::Mutex;

/// Between the backplane and one process.
pub(crate) struct Relay {
    to: Arc<dyn BackplaneListener>,
    held: Mutex<Option<Vec<Vec<u8>>>>,
}

impl Relay {
    pub(crate) fn new(to: Arc<dyn BackplaneListener>) -> Self {
        Self { to, held: Mutex::default() }
    }

    /// Keeps messages back from here on.
    pub(crate) fn hold(&self) {
        self.held.lock().get_or_insert_default();
    }

    /// Delivers what was kept back, and what comes from here on at once.
    pub(crate) fn deliver(&self) {
        self.take().iter().for_each(|message| self.to.message(message));
    }

    /// The same, the last one first.
    pub(crate) fn deliver_backwards(&self) {
        self.take().iter().rev().for_each(|message| self.to.message(message));
    }

    /// The same, each message twice.
    pub(crate) fn deliver_twice(&self) {
        let held = self.take();
        held.iter().chain(&held).for_each(|message| self.to.message(message));
    }

    /// What was kept back is lost, and nobody is told.
    pub(crate) fn lose(&self) {
        drop(self.take());
    }

    /// The subscription ends: what is published from here on is lost.
    pub(crate) fn disconnect(&self) {
        self.hold();
        self.to.disconnected();
    }

    /// The subscription is there again.
    pub(crate) fn reconnect(&self) {
        self.lose();
        self.to.connected();
    }

    /// Hands over what nobody has sent.
    pub(crate) fn forge(&self, message: &[u8]) {
        self.to.message(message);
    }

    /// Tells that a name was written, as a backplane that tracks names does.
    pub(crate) fn written(&self, name: Option<&str>) {
        self.to.written(name);
    }

    fn take(&self) -> Vec<Vec<u8>> {
        self.held.lock().take().unwrap_or_default()
    }
}

impl BackplaneListener for Relay {
    fn message(&self, message: &[u8]) {
        if let Some(held) = &mut *self.held.lock() {
            held.push(message.to_vec());
            return;
        }
        self.to.message(message);
    }

    fn written(&self, name: Option<&str>) {
        self.to.written(name);
    }

    fn connected(&self) {
        self.to.connected();
    }

    fn disconnected(&self) {
        self.to.disconnected();
    }
}
