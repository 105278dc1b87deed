//! Which servers there are to connect to.

use std::sync::Arc;

use futures_util::future::join_all;
use redis::Value;

use super::command::Command;
use super::failure::{unavailable, unsuitable};
use super::node::Node;
use super::reply;
use super::sentinel::Announced;
use super::settings::{Address, Topology};
use super::slot;
use super::wire::{Dial, Wire};
use crate::backend::BackendError;

/// A server that holds names, as others describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Primary {
    pub(super) address: Address,
    /// First and last slot of each stretch.
    pub(super) slots: Vec<(u16, u16)>,
    /// Its copies, where this is known.
    pub(super) replicas: Option<Vec<Address>>,
}

/// Asks those who know, and `known` servers before others.
pub(super) async fn primaries(
    dial: &Dial,
    announced: &Announced,
    known: &[Arc<Node>],
) -> Result<Vec<Primary>, BackendError> {
    let alone = |address: Address| vec![Primary { address, slots: vec![(0, slot::COUNT - 1)], replicas: None }];
    match &dial.settings.topology {
        Topology::Standalone(address) => Ok(alone(address.clone())),
        Topology::Sentinel { sentinels, service } => {
            Ok(alone(announced.correct(sentinel(dial, sentinels, service).await?)))
        }
        Topology::Cluster(seeds) => cluster(dial, seeds, known).await,
    }
}

/// The primary, as the sentinel with the newest knowledge tells.
async fn sentinel(dial: &Dial, sentinels: &[Address], service: &str) -> Result<Address, BackendError> {
    let told = join_all(sentinels.iter().map(|address| async move {
        let wire = dial.open_sentinel(address).await?;
        let values = wire.send(&[Command::new("SENTINEL").text("MASTER").text(service)]).await?;
        let fields = reply::list(values.into_iter().next().unwrap_or_default()).map_err(|error| {
            unsuitable(format!("the sentinel at {address} does not know the service `{service}`, or is none ({error})"))
        })?;
        let fields = fields.into_iter().map(reply::text).collect::<Result<Vec<_>, _>>()?;
        let field = |name: &str| fields.chunks_exact(2).find(|pair| pair[0] == name).map(|pair| &*pair[1]);
        let epoch: u64 = field("config-epoch").and_then(|text| text.parse().ok()).unwrap_or(0);
        let port = field("port").and_then(|text| text.parse().ok());
        let (Some(host), Some(port)) = (field("ip"), port) else {
            return Err(unsuitable(format!("the server at {address} is no sentinel")));
        };
        Ok((epoch, Address::Tcp(host.to_owned(), port)))
    }))
    .await;
    let mut failed = unavailable("no sentinel is given");
    let mut newest: Option<(u64, Address)> = None;
    for told in told {
        match told {
            Ok((epoch, address)) if newest.as_ref().is_none_or(|(known, _)| epoch > *known) => {
                newest = Some((epoch, address));
            }
            Ok(_) => {}
            Err(error) => failed = error,
        }
    }
    newest.map(|(_, address)| address).ok_or(failed)
}

/// What a server says of its cluster: how new that is, and who holds what.
type Told = (bool, u64, Vec<Primary>);

/// The cluster, as the server with the newest knowledge describes it.
async fn cluster(dial: &Dial, seeds: &[Address], known: &[Arc<Node>]) -> Result<Vec<Primary>, BackendError> {
    let healthy: Vec<&Arc<Node>> = known.iter().filter(|node| !node.is_broken()).collect();
    let told =
        join_all(healthy.iter().map(|node| async move { read(&node.send(&questions()).await?, &node.address) })).await;
    let mut told: Vec<Result<Told, BackendError>> = told;
    if !told.iter().any(|told| matches!(told, Ok((true, ..)))) {
        // Replicas know as well, and the servers that were given at the start.
        let mut others: Vec<Address> = seeds.to_vec();
        for node in known {
            others.extend(node.replicas.lock().iter().cloned());
            others.push(node.address.clone());
        }
        others.retain(|address| !healthy.iter().any(|node| node.address == *address));
        let mut asked: Vec<Address> = Vec::new();
        for address in others {
            if !asked.contains(&address) {
                asked.push(address);
            }
        }
        told.extend(join_all(asked.iter().map(|address| ask(dial, address))).await);
    }
    let mut failed = unavailable("no server of a cluster is given");
    let mut newest: Option<Told> = None;
    for told in told {
        match told {
            Ok(told) if newest.as_ref().is_none_or(|known| (told.0, told.1) > (known.0, known.1)) => {
                newest = Some(told)
            }
            Ok(_) => {}
            Err(error) => failed = error,
        }
    }
    let (_, _, primaries) = newest.ok_or(failed)?;
    if primaries.is_empty() { Err(unavailable("the cluster has given its slots to nobody yet")) } else { Ok(primaries) }
}

async fn ask(dial: &Dial, address: &Address) -> Result<Told, BackendError> {
    let wire: Wire = dial.open(address).await?;
    read(&wire.send(&questions()).await?, address)
}

fn questions() -> [Command<'static>; 2] {
    [Command::new("CLUSTER").text("INFO"), Command::new("CLUSTER").text("SLOTS")]
}

fn read(answers: &[Value], asked: &Address) -> Result<Told, BackendError> {
    let [info, slots] = answers else { return Err(unavailable("the cluster does not describe itself")) };
    let not_one = |error: BackendError| {
        unsuitable(format!(
            "the server at {asked} does not describe a cluster (is it one? `redis://` is for a single server): {error}"
        ))
    };
    let info = reply::text(info.clone()).map_err(not_one)?;
    let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let epoch = field("cluster_current_epoch").and_then(|text| text.parse().ok()).unwrap_or(0);
    let stretches = reply::list(slots.clone()).map_err(not_one)?;
    Ok((field("cluster_state") == Some("ok"), epoch, gather(&stretches, asked)))
}

/// Stretches of slots, gathered by who holds them. What cannot be read is left out: its slots are nobody's then.
fn gather(stretches: &[Value], asked: &Address) -> Vec<Primary> {
    let mut primaries: Vec<Primary> = Vec::new();
    for stretch in stretches {
        let Value::Array(parts) = stretch else { continue };
        let [Value::Int(first), Value::Int(last), holder, copies @ ..] = &**parts else { continue };
        let (Ok(first), Ok(last), Some(address)) = (u16::try_from(*first), u16::try_from(*last), member(holder, asked))
        else {
            continue;
        };
        let copies = copies.iter().filter_map(|copy| member(copy, asked)).collect();
        match primaries.iter_mut().find(|primary| primary.address == address) {
            Some(primary) => primary.slots.push((first, last)),
            None => primaries.push(Primary { address, slots: vec![(first, last)], replicas: Some(copies) }),
        }
    }
    primaries
}

/// A server of a cluster; one that does not know its own name is where we asked.
fn member(value: &Value, asked: &Address) -> Option<Address> {
    let Value::Array(parts) = value else { return None };
    let [host, Value::Int(port), ..] = &**parts else { return None };
    let host = match host {
        Value::BulkString(bytes) => String::from_utf8(bytes.clone()).ok()?,
        Value::SimpleString(text) => text.clone(),
        _ => String::new(),
    };
    let host = match (host.is_empty() || host == "?", asked) {
        (false, _) => host,
        (true, Address::Tcp(asked, _)) => asked.clone(),
        (true, Address::Unix(_)) => return None,
    };
    Some(Address::Tcp(host, u16::try_from(*port).ok()?))
}
