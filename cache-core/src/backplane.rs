//! What tells the processes of a fleet what to drop.

use std::fmt;
use std::sync::Arc;

use crate::backend::Answer;

/// Carries short messages from each process of a fleet to all of them, itself included.
///
/// # Contract
///
/// * While it is connected every message MUST be delivered, at least once, in any order.
/// * A message that may have been missed MUST be told by [`disconnected`](BackplaneListener::disconnected), and
///   [`connected`](BackplaneListener::connected) MUST come only when everything that is published after it is delivered.
/// * The listener is called from anywhere, by one thread at a time or by many.
pub trait Backplane: Send + Sync + fmt::Debug + 'static {
    /// Delivers to `listener` from here on what is published on `channel`. Called once.
    fn subscribe(&self, channel: &str, listener: Arc<dyn BackplaneListener>);

    /// Publishes a message, if this backplane is another system than the backend; `None` if what the backend
    /// [publishes](crate::backend::Publish) arrives here.
    fn publish<'a>(&'a self, _channel: &'a str, _message: &'a [u8]) -> Option<Answer<'a, ()>> {
        None
    }
}

/// Gets what a [`Backplane`] delivers. The methods are quick and take any bytes.
pub trait BackplaneListener: Send + Sync + 'static {
    /// A message has come.
    fn message(&self, message: &[u8]);

    /// The backend itself has noticed that a name was written or removed, by whomever; `None`: all of them. Only from
    /// backplanes that can.
    fn written(&self, name: Option<&str>);

    /// Messages published from here on are delivered.
    fn connected(&self);

    /// Messages may be missed from here on, or have been for a while.
    fn disconnected(&self);
}
