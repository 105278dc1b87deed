//! Listens to the sentinels: they say at once when they have made another server the primary.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use parking_lot::Mutex;

use super::failure::unavailable;
use super::link::{BEAT, Link};
use super::settings::Address;
use super::within::{pause, within};
use crate::backend::BackendError;
use crate::clock::{Clock, SystemClock, Time};

/// For so long after an announcement sentinels may still name the old primary.
const HEARSAY: Duration = Duration::from_secs(10);

/// What was announced last: sentinels learn of it one after the other, and until then name the old one.
#[derive(Default)]
pub(super) struct Announced(Mutex<Option<(Time, Address, Address)>>);

impl Announced {
    fn note(&self, old: &Address, new: Address) {
        *self.0.lock() = Some((SystemClock.now(), old.clone(), new));
    }

    /// The primary, given the one that the sentinels name.
    pub(super) fn correct(&self, named: Address) -> Address {
        match &*self.0.lock() {
            Some((at, old, new)) if *old == named && SystemClock.now().saturating_since(*at) < HEARSAY => new.clone(),
            _ => named,
        }
    }
}

/// Listens to one sentinel until the backend is closed.
pub(super) async fn watch(link: Arc<Link>, address: Address, service: String) {
    while !link.is_closed() {
        // It comes back by itself or not at all: the other sentinels are listened to as well.
        _ = listen(&link, &address, &service).await;
        pause(link.jitter(BEAT)).await;
    }
}

async fn listen(link: &Arc<Link>, address: &Address, service: &str) -> Result<(), BackendError> {
    let limit = link.settings().response_timeout;
    let lost = || unavailable("the connection to a sentinel was lost");
    let mut subscriber = link.dial.open_sentinel_subscriber(address).await?;
    within(limit, subscriber.subscribe("+switch-master")).await.ok_or_else(lost)?.map_err(|_| lost())?;
    // It may have happened before.
    link.alarm.doubt();
    let (mut sink, mut stream) = subscriber.split();
    while !link.is_closed() {
        match within(link.jitter(BEAT), stream.next()).await {
            Some(Some(message)) => {
                // `<service> <old host> <old port> <new host> <new port>`
                let text = String::from_utf8_lossy(message.get_payload_bytes()).into_owned();
                let mut words = text.split(' ');
                if words.next() != Some(service) {
                    continue;
                }
                let mut address = || {
                    let (host, port) = (words.next()?, words.next()?.parse().ok()?);
                    Some(Address::Tcp(host.to_owned(), port))
                };
                let (Some(old), Some(new)) = (address(), address()) else { continue };
                link.announced.note(&old, new);
                if let Some(fleet) = link.known_fleet() {
                    // The old one may still take writes, which will be lost.
                    let error = unavailable("the sentinels have made another server the primary");
                    fleet.nodes.iter().filter(|node| node.address == old).for_each(|node| node.fail(&error));
                }
                link.alarm.doubt();
            }
            Some(None) => return Err(lost()),
            None => {
                within(limit, sink.ping::<redis::Value>()).await.ok_or_else(lost)?.map_err(|_| lost())?;
            }
        }
    }
    Ok(())
}
