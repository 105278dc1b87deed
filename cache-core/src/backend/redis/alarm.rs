//! Who has to know when connections come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::failure::unavailable;
use crate::backend::{BackendError, BackendListener};

/// Tells the listeners, and wakes what repairs.
pub(super) struct Alarm {
    /// Held while listeners are told, so that all of them hear the same in the same order.
    state: Mutex<State>,
    /// Whether another server may be the right one by now.
    doubt: AtomicBool,
    wake: Notify,
}

struct State {
    up: bool,
    error: BackendError,
    listeners: Vec<Arc<dyn BackendListener>>,
}

impl Alarm {
    pub(super) fn new() -> Self {
        let error = unavailable("there is no connection to Redis yet");
        let state = Mutex::new(State { up: false, error, listeners: Vec::new() });
        Self { state, doubt: AtomicBool::new(false), wake: Notify::new() }
    }

    pub(super) fn listen(&self, listener: Arc<dyn BackendListener>) {
        let mut state = self.state.lock();
        if state.up {
            listener.back(false);
        }
        state.listeners.push(listener);
    }

    /// Commands fail from here on.
    pub(super) fn lost(&self, error: &BackendError) {
        let mut state = self.state.lock();
        state.error = unavailable(error.to_string());
        if std::mem::take(&mut state.up) {
            state.listeners.iter().for_each(|listener| listener.lost(error));
        }
    }

    /// Why there is no connection, if there was none.
    pub(super) fn failed(&self, error: &BackendError) {
        self.state.lock().error = unavailable(error.to_string());
    }

    /// There is a connection that nobody has used.
    pub(super) fn back(&self, forgetful: bool) {
        let mut state = self.state.lock();
        state.up = true;
        state.listeners.iter().for_each(|listener| listener.back(forgetful));
    }

    /// Why commands fail.
    pub(super) fn error(&self) -> BackendError {
        self.state.lock().error.clone()
    }

    /// Another server may be the right one.
    pub(super) fn doubt(&self) {
        self.doubt.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    pub(super) fn take_doubt(&self) -> bool {
        self.doubt.swap(false, Ordering::AcqRel)
    }

    /// Wakes what repairs.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }
}
