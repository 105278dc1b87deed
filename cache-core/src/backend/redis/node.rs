//! One server that holds names: its connections, and whether they are any good.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use redis::Value;

use super::alarm::Alarm;
use super::command::Command;
use super::failure::{ends_connection, of_server, unavailable, unsuitable};
use super::gather::Refusal;
use super::reply;
use super::script;
use super::settings::Address;
use super::wire::{Dial, Spares, Wire, is_lost};
use crate::backend::{BackendError, BackendErrorKind, Read, Reading};

/// So many commands in a row without an answer, and the connection is replaced.
const TIMEOUTS: u32 = 3;
/// So many connections for confirmed writes are kept.
const SPARES: usize = 4;

/// Which server it is, and which history of writes it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    run: String,
    history: String,
}

#[cfg(test)]
impl Identity {
    pub(super) fn of_test(run: &str) -> Self {
        Self { run: run.to_owned(), history: String::new() }
    }
}

/// A primary that we are connected to.
pub(super) struct Node {
    pub(super) address: Address,
    pub(super) identity: Identity,
    /// Where its copies are.
    pub(super) replicas: Mutex<Vec<Address>>,
    dial: Arc<Dial>,
    alarm: Arc<Alarm>,
    wire: Wire,
    /// For values that would keep small answers waiting.
    big: tokio::sync::Mutex<Option<Arc<Wire>>>,
    spares: Spares,
    copies: Mutex<HashMap<Address, Copy>>,
    turn: AtomicUsize,
    broken: AtomicBool,
    timeouts: AtomicU32,
}

/// A connection to a replica, which is made in the background and never waited for.
enum Copy {
    Dialling,
    Ready(Arc<Wire>),
}

impl Node {
    /// Connects to a server and looks whether it can be used.
    pub(super) async fn connect(dial: &Arc<Dial>, alarm: &Arc<Alarm>, address: Address) -> Result<Self, BackendError> {
        let wire = dial.open(&address).await?;
        let (identity, replicas) = introduce(&wire, &address).await?;
        Ok(Self {
            address,
            identity,
            replicas: Mutex::new(replicas),
            dial: Arc::clone(dial),
            alarm: Arc::clone(alarm),
            wire,
            big: tokio::sync::Mutex::default(),
            spares: Spares::default(),
            copies: Mutex::default(),
            turn: AtomicUsize::new(0),
            broken: AtomicBool::new(false),
            timeouts: AtomicU32::new(0),
        })
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Acquire)
    }

    /// Uses it no more, and has another connection made.
    pub(super) fn fail(&self, error: &BackendError) {
        if !self.broken.swap(true, Ordering::AcqRel) {
            self.alarm.lost(error);
            self.alarm.wake();
        }
    }

    /// Uses it no more: there is another.
    pub(super) fn retire(&self) {
        self.broken.store(true, Ordering::Release);
    }

    /// Sends commands over the connection that all share.
    pub(super) async fn send(&self, commands: &[Command<'_>]) -> Result<Vec<Value>, BackendError> {
        self.check()?;
        let sent = self.wire.send(commands).await;
        self.judge(sent)
    }

    /// Reads over the connection that all share, together with others.
    pub(super) async fn read(&self, read: &Read<'_>) -> Result<Reading, BackendError> {
        self.check()?;
        match self.wire.read(read).await {
            Ok(reading) => {
                self.timeouts.store(0, Ordering::Relaxed);
                Ok(reading)
            }
            Err(Refusal::Server(error)) => {
                drop(self.judge(Ok(vec![Value::ServerError(error.clone())])));
                Err(of_server(&error))
            }
            Err(Refusal::Failed(error)) => self.judge(Err(error)).map(|_| Reading::default()),
        }
    }

    /// Sends commands with big values.
    pub(super) async fn send_big(&self, commands: &[Command<'_>]) -> Result<Vec<Value>, BackendError> {
        self.check()?;
        let wire = {
            let mut slot = self.big.lock().await;
            match &*slot {
                Some(wire) => Arc::clone(wire),
                None => Arc::clone(slot.insert(Arc::new(self.another().await?))),
            }
        };
        let sent = wire.send(commands).await;
        if sent.is_err() {
            let mut slot = self.big.lock().await;
            // Somebody else may have replaced it already.
            if slot.as_ref().is_some_and(|known| Arc::ptr_eq(known, &wire)) {
                *slot = None;
            }
        }
        self.judge(sent)
    }

    /// Sends commands over a connection of their own, whose last answer may take `patience` longer.
    pub(super) async fn send_alone(
        &self,
        commands: &[Command<'_>],
        patience: Duration,
    ) -> Result<Vec<Value>, BackendError> {
        self.check()?;
        let spare = self.spares.lock().pop();
        let wire = match spare {
            Some(wire) => wire,
            None => Arc::new(self.another().await?),
        };
        let sent = wire.send_for(commands, true, self.dial.settings.response_timeout.saturating_add(patience)).await;
        if sent.is_ok() {
            let mut spares = self.spares.lock();
            if spares.len() < SPARES {
                spares.push(wire);
            }
        }
        self.judge(sent)
    }

    /// Sends commands to a replica, if there is a connection to one; else there is soon.
    pub(super) async fn send_to_copy(self: &Arc<Self>, commands: &[Command<'_>]) -> Result<Vec<Value>, BackendError> {
        let Some((address, wire)) = self.copy() else { return self.send(commands).await };
        let sent = wire.send(commands).await;
        let refused = |value: &Value| matches!(value, Value::ServerError(error) if !reply::is_foreign(value) && error.code() != "NOSCRIPT");
        match sent {
            Ok(values) if !values.iter().any(refused) => Ok(values),
            // It reads only: asking the primary instead repeats nothing.
            _ => {
                self.copies.lock().remove(&address);
                self.send(commands).await
            }
        }
    }

    fn copy(self: &Arc<Self>) -> Option<(Address, Arc<Wire>)> {
        let address = {
            let replicas = self.replicas.lock();
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            replicas.get(turn.checked_rem(replicas.len())?)?.clone()
        };
        let mut copies = self.copies.lock();
        match copies.get(&address) {
            Some(Copy::Ready(wire)) => return Some((address, Arc::clone(wire))),
            Some(Copy::Dialling) => return None,
            None => {}
        }
        let runtime = tokio::runtime::Handle::try_current().ok()?;
        copies.insert(address.clone(), Copy::Dialling);
        let node = Arc::downgrade(self);
        let dial = Arc::clone(&self.dial);
        drop(runtime.spawn(async move {
            let wire = async {
                let wire = dial.open(&address).await?;
                if dial.settings.is_cluster() {
                    wire.send(&[Command::new("READONLY")]).await?.iter().try_for_each(reply::done)?;
                }
                Ok::<_, BackendError>(wire)
            };
            let wire = wire.await;
            let Some(node) = node.upgrade() else { return };
            match wire {
                Ok(wire) => _ = node.copies.lock().insert(address, Copy::Ready(Arc::new(wire))),
                Err(_) => _ = node.copies.lock().remove(&address),
            }
        }));
        None
    }

    /// One more connection to the same server; the very same, or it is of no use.
    async fn another(&self) -> Result<Wire, BackendError> {
        let wire = self.dial.open(&self.address).await?;
        let error = match introduce(&wire, &self.address).await {
            Ok((identity, _)) if identity == self.identity => return Ok(wire),
            Err(error) if error.kind() != BackendErrorKind::Unsuitable => return Err(error),
            _ => unavailable("there is another Redis where it was"),
        };
        self.fail(&error);
        Err(error)
    }

    fn check(&self) -> Result<(), BackendError> {
        if self.is_broken() { Err(self.alarm.error()) } else { Ok(()) }
    }

    fn judge(&self, sent: Result<Vec<Value>, BackendError>) -> Result<Vec<Value>, BackendError> {
        match &sent {
            Ok(values) => {
                self.timeouts.store(0, Ordering::Relaxed);
                for value in values {
                    if let Value::ServerError(error) = value {
                        if ends_connection(error) {
                            self.fail(&of_server(error));
                        } else if error.code() == "CLUSTERDOWN" {
                            self.alarm.doubt();
                        }
                    }
                }
            }
            Err(error) if error.kind() == BackendErrorKind::Timeout => {
                if self.timeouts.fetch_add(1, Ordering::Relaxed) + 1 >= TIMEOUTS {
                    self.fail(error);
                }
            }
            Err(error) if is_lost(error) => self.fail(error),
            Err(_) => {}
        }
        sent
    }

    /// Asks whether it is there, so that a connection nobody uses is noticed when it dies.
    pub(super) async fn beat(&self) {
        for _ in 0..TIMEOUTS {
            if self.is_broken() || self.send(&[Command::new("PING")]).await.is_ok() {
                return;
            }
        }
    }
}

/// Looks who it is and whether it can be used, and loads the scripts.
async fn introduce(wire: &Wire, address: &Address) -> Result<(Identity, Vec<Address>), BackendError> {
    let mut commands = vec![Command::new("INFO").text("server"), Command::new("INFO").text("replication")];
    // A user may have no right to: then each is sent once when it is first needed.
    commands.extend(script::ALL.iter().map(|script| Command::new("SCRIPT").text("LOAD").text(script.text)));
    let mut replies = wire.send(&commands).await?.into_iter();
    let mut info = || {
        let text = replies.next().map_or(Ok(String::new()), reply::text);
        text.map_err(|error| unsuitable(format!("the server at {address} does not say what it is (INFO): {error}")))
    };
    let (server, replication) = (info()?, info()?);
    let version = field(&server, "redis_version").unwrap_or("unknown");
    let major = version.split('.').next().and_then(|number| number.parse::<u32>().ok());
    if major.is_none_or(|major| major < 7) {
        return Err(unsuitable(format!(
            "the server at {address} is of version {version}: 7.0 or newer is needed (SET with NX and GET)"
        )));
    }
    if field(&replication, "role") != Some("master") {
        return Err(unsuitable(format!(
            "the server at {address} is a read-only replica: give the primary's address, or those of the sentinels"
        )));
    }
    let identity = Identity {
        run: field(&server, "run_id").unwrap_or_default().to_owned(),
        history: field(&replication, "master_replid").unwrap_or_default().to_owned(),
    };
    Ok((identity, replicas(&replication)))
}

/// One line of what `INFO` says.
fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

fn replicas(info: &str) -> Vec<Address> {
    let online =
        (0..64).map_while(|number| field(info, &format!("slave{number}"))).filter(|line| line.contains("state=online"));
    online
        .filter_map(|line| {
            let part = |name: &str| line.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
            Some(Address::Tcp(part("ip")?.to_owned(), part("port")?.parse().ok()?))
        })
        .collect()
}
