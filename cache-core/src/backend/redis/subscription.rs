//! The backplane: subscriptions, each on connections of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt;
use redis::{PushInfo, PushKind, Value};
use tokio::sync::{mpsc, watch};

use super::command::Command;
use super::failure::unavailable;
use super::fleet::Fleet;
use super::link::{BEAT, Link};
use super::reply;
use super::settings::Address;
use super::wire::Wire;
use super::within::{pause, within};
use crate::backend::BackendError;
use crate::backplane::BackplaneListener;

/// Somebody who listens on a channel.
pub(super) struct Subscription {
    channel: String,
    listener: Arc<dyn BackplaneListener>,
    running: AtomicBool,
}

impl Subscription {
    pub(super) fn new(channel: &str, listener: Arc<dyn BackplaneListener>) -> Self {
        Self { channel: channel.to_owned(), listener, running: AtomicBool::new(false) }
    }
}

/// Tells that the servers are others now.
pub(super) struct Moved(watch::Sender<u64>);

impl Moved {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    pub(super) fn tell(&self) {
        self.0.send_modify(|number| *number = number.wrapping_add(1));
    }
}

/// Starts the subscriptions that nobody serves: new ones, and those whose runtime is gone.
pub(super) fn start_all(link: &Arc<Link>) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    for subscription in &*link.subscriptions.lock() {
        if !subscription.running.swap(true, Ordering::AcqRel) {
            let service = Service { link: Arc::clone(link), subscription: Arc::clone(subscription), connected: false };
            drop(runtime.spawn(service.run()));
        }
    }
}

/// Serves one subscription. However it ends, the listener knows that messages are missed.
struct Service {
    link: Arc<Link>,
    subscription: Arc<Subscription>,
    connected: bool,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.disconnected();
        self.subscription.running.store(false, Ordering::Release);
    }
}

impl Service {
    fn disconnected(&mut self) {
        if std::mem::take(&mut self.connected) {
            self.subscription.listener.disconnected();
        }
    }

    async fn run(mut self) {
        let link = Arc::clone(&self.link);
        let mut moved = link.moved.0.subscribe();
        while !link.is_closed() {
            moved.mark_unchanged();
            let usable = link.known_fleet().filter(|fleet| fleet.nodes.iter().any(|node| !node.is_broken()));
            match usable {
                Some(fleet) => {
                    // What went wrong shows in commands too, and is told there.
                    _ = self.serve(&fleet, &mut moved).await;
                    self.disconnected();
                    if !link.is_closed() {
                        pause(link.jitter(BEAT / 20)).await;
                    }
                }
                None => _ = within(BEAT, moved.changed()).await,
            }
        }
    }

    /// Subscribes at a server and delivers, until that ends.
    async fn serve(&mut self, fleet: &Fleet, moved: &mut watch::Receiver<u64>) -> Result<(), BackendError> {
        let limit = self.link.settings().response_timeout;
        let lost = || unavailable("the subscription was lost");
        // Not all processes at the same server.
        let start = self.link.pick(fleet.nodes.len());
        let (before, after) = fleet.nodes.split_at(start);
        let node = after.iter().chain(before).find(|node| !node.is_broken()).ok_or_else(lost)?;
        let mut subscriber = self.link.dial.open_subscriber(&node.address).await?;
        within(limit, subscriber.subscribe(&self.subscription.channel)).await.ok_or_else(lost)?.map_err(|_| lost())?;
        let (changes, mut changed) = mpsc::unbounded_channel();
        let tracking = self.track(fleet, &changes).await?;
        self.connected = true;
        self.subscription.listener.connected();
        let (mut sink, mut stream) = subscriber.split();
        loop {
            tokio::select! {
                message = stream.next() => match message {
                    Some(message) => self.subscription.listener.message(message.get_payload_bytes()),
                    None => return Err(lost()),
                },
                Some(change) = changed.recv() => match change {
                    Change::Names(names) => names.iter().for_each(|name| self.subscription.listener.written(Some(name))),
                    Change::All => self.subscription.listener.written(None),
                    Change::Lost => return Err(lost()),
                },
                _ = moved.changed() => {
                    let now = self.link.known_fleet();
                    let stays = |known: &Arc<super::node::Node>| {
                        now.as_ref().is_some_and(|now| now.nodes.iter().any(|other| Arc::ptr_eq(other, known)))
                    };
                    let others = !tracking.is_empty()
                        && now.as_ref().is_none_or(|now| now.nodes.len() != fleet.nodes.len());
                    if self.link.is_closed() || others || !stays(node) || (!tracking.is_empty() && !fleet.nodes.iter().all(stays)) {
                        return Err(lost());
                    }
                }
                () = pause(self.link.jitter(BEAT)) => {
                    within(limit, sink.ping::<Value>()).await.ok_or_else(lost)?.map_err(|_| lost())?;
                    for wire in &tracking {
                        wire.send(&[Command::new("PING")]).await?;
                    }
                    // An old primary that nobody writes to any more answers as well.
                    if node.is_broken() {
                        return Err(lost());
                    }
                }
            }
        }
    }

    /// Has every server tell of changes, if that is wanted.
    async fn track(&self, fleet: &Fleet, changes: &mpsc::UnboundedSender<Change>) -> Result<Vec<Wire>, BackendError> {
        let settings = self.link.settings();
        let mut wires = Vec::new();
        if !settings.tracking {
            return Ok(wires);
        }
        for node in &fleet.nodes {
            let changes = changes.clone();
            let told = move |info| {
                if let Some(change) = change(info) {
                    // Nobody listens only when it is over anyway.
                    _ = changes.send(change);
                }
            };
            wires.push(tracked(&self.link, &node.address, told).await?);
        }
        Ok(wires)
    }
}

/// A connection over which a server tells of changes.
async fn tracked(
    link: &Link,
    address: &Address,
    told: impl Fn(PushInfo) + Send + Sync + 'static,
) -> Result<Wire, BackendError> {
    let namespace = &link.settings().namespace;
    let wire = link.dial.open_told(address, told).await?;
    let (values, tags) = (format!("{namespace}:v:"), format!("{namespace}:t:"));
    let track = Command::new("CLIENT").text("TRACKING").text("ON").text("BCAST");
    let track = track.text("PREFIX").text(&values).text("PREFIX").text(&tags);
    wire.send(&[track]).await?.iter().try_for_each(reply::done)?;
    Ok(wire)
}

/// Looks whether the servers can tell of changes, if that is wanted.
pub(super) async fn probe(link: &Arc<Link>) -> Result<(), BackendError> {
    if link.settings().tracking {
        for node in &link.fleet()?.nodes {
            tracked(link, &node.address, |_| {}).await?;
        }
    }
    Ok(())
}

/// What a server tells of its names.
enum Change {
    Names(Vec<String>),
    All,
    Lost,
}

fn change(info: PushInfo) -> Option<Change> {
    match info.kind {
        PushKind::Invalidate => match info.data.into_iter().next() {
            Some(Value::Array(names)) => {
                let text = |name: Value| match name {
                    Value::BulkString(bytes) => String::from_utf8(bytes).ok(),
                    _ => None,
                };
                // A name that is no text is none of ours.
                Some(Change::Names(names.into_iter().filter_map(text).collect()))
            }
            _ => Some(Change::All),
        },
        PushKind::Disconnection => Some(Change::Lost),
        _ => None,
    }
}
