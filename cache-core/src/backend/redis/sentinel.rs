//! Listens to the sentinels: they say at once when they have made another server the primary.

use std::sync::Arc;

use futures_util::StreamExt;

use super::failure::unavailable;
use super::link::{BEAT, Link};
use super::settings::Address;
use super::within::{pause, within};
use crate::backend::BackendError;

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
                let (host, port) = (words.next().unwrap_or_default(), words.next().and_then(|port| port.parse().ok()));
                let old = port.map(|port| Address::Tcp(host.to_owned(), port));
                if let Some(fleet) = link.known_fleet() {
                    // The old one may still take writes, which will be lost.
                    let error = unavailable("the sentinels have made another server the primary");
                    fleet
                        .nodes
                        .iter()
                        .filter(|node| Some(&node.address) == old.as_ref())
                        .for_each(|node| node.fail(&error));
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
