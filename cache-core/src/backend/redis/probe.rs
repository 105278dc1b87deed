//! The self-test: every command we send, once, on names of our own.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use redis::Value;

use super::command::Command;
use super::failure::unsuitable;
use super::link::Link;
use super::node::Node;
use super::within::within;
use super::{reply, script};
use crate::backend::{BackendError, BackendErrorKind};
use crate::random::Random;

/// What the test leaves behind is gone after this.
const LEFTOVERS: Duration = Duration::from_secs(10);

pub(super) async fn probe(link: &Arc<Link>, random: &dyn Random) -> Result<(), BackendError> {
    let fleet = link.fleet()?;
    for node in fleet.all()? {
        let names = Names::new(link, fleet.spread.then(|| node.as_ref()), random, &fleet);
        commands(node, &names).await?;
        subscription(link, node, &names).await?;
    }
    Ok(())
}

/// Names that nobody else has, all in one slot of the server.
struct Names {
    string: String,
    other: String,
    set: String,
    hash: String,
    glob: String,
    channel: String,
}

impl Names {
    fn new(link: &Link, node: Option<&Node>, random: &dyn Random, fleet: &super::fleet::Fleet) -> Self {
        let namespace = &link.settings().namespace;
        let is_here = |tag: &str| {
            let Some(node) = node else { return true };
            let slot = super::slot::of(tag.as_bytes());
            let held = fleet.stretches.iter().find(|(first, last, _)| (*first..=*last).contains(&slot));
            held.is_some_and(|(.., holder)| {
                fleet.nodes.get(*holder).is_some_and(|known| std::ptr::eq(&raw const **known, node))
            })
        };
        let mut tag = format!("{:016x}", random.next_u64());
        // Every server has some share of the slots: a few dozen tries find one, a server without any is not asked.
        for _ in 0..100_000 {
            if is_here(&tag) {
                break;
            }
            tag = format!("{:016x}", random.next_u64());
        }
        let name = |kind: &str| format!("{namespace}:p:{{{tag}}}:{kind}");
        Self {
            string: name("string"),
            other: name("other"),
            set: name("set"),
            hash: name("hash"),
            glob: format!("{namespace}:p:{{{tag}}}*"),
            channel: format!("{namespace}:p:{tag}"),
        }
    }
}

async fn commands(node: &Arc<Node>, names: &Names) -> Result<(), BackendError> {
    let Names { string, other, set, hash, glob, channel } = names;
    let limit = Command::script(&script::LIMIT, [&**other]);
    let trials: Vec<(&'static str, Command<'_>)> = vec![
        ("PING", Command::new("PING")),
        ("SET", Command::new("SET").text(string).text("1").text("NX").text("GET").text("PX").ttl(LEFTOVERS)),
        ("GET", Command::new("GET").text(string)),
        ("MGET", Command::new("MGET").text(string).text(other)),
        ("PTTL", Command::new("PTTL").text(string)),
        ("EXISTS", Command::new("EXISTS").text(string)),
        ("PEXPIRE", Command::new("PEXPIRE").text(string).ttl(LEFTOVERS).text("GT")),
        ("RENAME", Command::new("RENAME").text(string).text(other)),
        ("INCRBY", Command::new("INCRBY").text(other).text("1")),
        ("SADD", Command::new("SADD").text(set).text("1")),
        ("SMEMBERS", Command::new("SMEMBERS").text(set)),
        ("HSET", Command::new("HSET").text(hash).text("n").text("1")),
        ("HMGET", Command::new("HMGET").text(hash).text("n")),
        ("TIME", Command::new("TIME")),
        ("UNLINK", Command::new("UNLINK").text(other).text(set).text(hash)),
        ("EVALSHA", limit.number(5).number(1_000_000).ttl(LEFTOVERS)),
        ("SCAN", Command::new("SCAN").text("0").text("MATCH").text(glob).text("COUNT").number(1)),
        ("PUBLISH", Command::new("PUBLISH").text(channel).text("1")),
        ("WAIT", Command::new("WAIT").number(0).number(1)),
        ("UNLINK", Command::new("UNLINK").text(other)),
    ];
    let (labels, sent): (Vec<_>, Vec<_>) = trials.into_iter().unzip();
    let by_name = node.send(&sent).await?;
    // A right to `EVALSHA` says nothing of the one to `EVAL`, which is needed when the server forgets.
    let by_text = node.send_alone(&[sent[15].clone(), sent[19].clone()], Duration::ZERO).await?;
    let by_text = ["EVAL", "UNLINK"].into_iter().zip(&by_text);
    for (label, answer) in labels.into_iter().zip(&by_name).chain(by_text) {
        verdict(node, label, answer)?;
    }
    Ok(())
}

fn verdict(node: &Node, command: &str, answer: &Value) -> Result<(), BackendError> {
    let Value::ServerError(error) = answer else { return Ok(()) };
    let at = &node.address;
    let details = error.details().unwrap_or_default();
    Err(unsuitable(match error.code() {
        "NOPERM" if details.contains("key") => {
            format!(
                "the user may not use the names of the cache ({command} at {at}): grant them with `ACL SETUSER <user> ~<namespace>:*`, and tell the namespace by `namespace`"
            )
        }
        "NOPERM" if details.contains("channel") => {
            format!(
                "the user may not use the channels of the cache ({command} at {at}): grant them with `ACL SETUSER <user> &<namespace>:*`, and tell the namespace by `namespace`"
            )
        }
        "NOPERM" => {
            let named = command.split(' ').next().unwrap_or(command).to_lowercase();
            format!("the user lacks the right to {command} at {at}: grant it with `ACL SETUSER <user> +{named}`")
        }
        "READONLY" => format!("the server at {at} is a read-only replica: give the primary's address"),
        "MISCONF" => format!("the server at {at} takes no writes since it cannot save them (MISCONF): look at its log"),
        "OOM" => format!("the server at {at} is full and does not evict: set `maxmemory-policy` to `volatile-ttl`"),
        code => {
            let error = reply::done(answer).err().map(|error| error.to_string()).unwrap_or_default();
            format!("the server at {at} does not do {command} ({code}): {error}")
        }
    }))
}

/// Says something to ourselves.
async fn subscription(link: &Arc<Link>, node: &Arc<Node>, names: &Names) -> Result<(), BackendError> {
    let limit = link.settings().connect_timeout;
    let at = &node.address;
    let mut subscriber = link.dial.open_subscriber(at).await?;
    let timeout =
        || BackendError::new(BackendErrorKind::Timeout, format!("the server at {at} does not confirm SUBSCRIBE"));
    match within(limit, subscriber.subscribe(&names.channel)).await.ok_or_else(timeout)? {
        Ok(()) => {}
        Err(error) if error.code() == Some("NOPERM") => {
            let channels = error.detail().unwrap_or_default().contains("channel");
            let right = if channels { "&<namespace>:*" } else { "+subscribe" };
            return Err(unsuitable(format!(
                "the user lacks the right to SUBSCRIBE at {at}: grant it with `ACL SETUSER <user> {right}`"
            )));
        }
        Err(_) => return Err(timeout()),
    }
    let publish = Command::new("PUBLISH").text(&names.channel).text("1");
    node.send(&[publish]).await?.iter().try_for_each(|answer| verdict(node, "PUBLISH", answer))?;
    let (_sink, mut stream) = subscriber.split();
    match within(limit, stream.next()).await {
        Some(Some(_)) => Ok(()),
        _ => Err(unsuitable(format!("the server at {at} does not deliver what is published to it"))),
    }
}
