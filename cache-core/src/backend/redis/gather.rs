//! Reads of many callers in one command.
//!
//! What a read costs is mostly the command: to make it, to hand it to the connection and its answer back. Callers that
//! ask in the same moment are answered by one `MGET`, each with its own part. Nobody waits for others to come: a round
//! is closed as soon as the task that sends it gets its turn.

use std::sync::Arc;

use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, Pipeline, ServerError, Value};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot::{Receiver, Sender, channel};

use super::failure::{odd_answer, of_server, unavailable};
use super::{read, reply};
use crate::backend::{BackendError, Read, Reading};

/// No more reads than these in one round: the first has its answer with the last.
const MOST: usize = 16;
/// A read of more names goes by itself.
const MOST_NAMES: usize = 16;

/// What one connection gathers.
pub(super) struct Gather {
    connection: MultiplexedConnection,
    /// Where the connection itself lives: if that does not go on, nothing would be answered anyway.
    runtime: Handle,
    /// Whether others get no turn of their own before a new task does.
    yields: bool,
    round: Mutex<Option<Round>>,
}

/// Reads that go out together.
struct Round {
    get: Cmd,
    ends: Vec<Cmd>,
    callers: Vec<Caller>,
}

/// Somebody who waits, and for what.
struct Caller {
    value: bool,
    remaining: bool,
    versions: usize,
    answer: Sender<Answer>,
}

/// What a caller is told; in `Err` what the server says to all of them.
pub(super) type Answer = Result<Reading, Refusal>;

/// Why a round was not answered.
#[derive(Clone)]
pub(super) enum Refusal {
    /// The server said so.
    Server(ServerError),
    /// It did not come back, or as something else.
    Failed(BackendError),
}

impl From<Refusal> for BackendError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Server(error) => of_server(&error),
            Refusal::Failed(error) => error,
        }
    }
}

impl Gather {
    pub(super) fn new(connection: MultiplexedConnection, runtime: Handle) -> Self {
        let yields = runtime.runtime_flavor() != RuntimeFlavor::CurrentThread;
        Self { connection, runtime, yields, round: Mutex::new(None) }
    }

    /// Whether a read is one to gather.
    pub(super) fn takes(read: &Read<'_>) -> bool {
        (read.value.is_some() || !read.versions.is_empty()) && read.versions.len() < MOST_NAMES
    }

    /// Adds a read to the round that goes out next. Its answer is not there if the connection is gone.
    pub(super) fn join(self: &Arc<Self>, read: &Read<'_>) -> Receiver<Answer> {
        let (answer, receiver) = channel();
        let mut current = self.round.lock();
        let full = current.take_if(|round| round.callers.len() >= MOST);
        let begins = current.is_none();
        current.get_or_insert_with(Round::new).add(read, answer);
        drop(current);
        // Without the lock: a task that cannot run any more is dropped here and now.
        if let Some(round) = full {
            let connection = self.connection.clone();
            drop(self.runtime.spawn(round.go(connection)));
        }
        if begins {
            let turn = Turn(Some(Arc::clone(self)));
            drop(self.runtime.spawn(turn.take()));
        }
        receiver
    }
}

/// The duty to send what is gathered. Dropped without that, it lets go of those who wait.
struct Turn(Option<Arc<Gather>>);

impl Turn {
    async fn take(mut self) {
        if self.0.as_ref().is_some_and(|gather| gather.yields) {
            tokio::task::yield_now().await;
        }
        let Some(gather) = self.0.take() else { return };
        let round = gather.round.lock().take();
        let connection = gather.connection.clone();
        // The connection ends with the last who holds this, and so does the answer.
        drop(gather);
        if let Some(round) = round {
            round.go(connection).await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let round = self.0.take().and_then(|gather| gather.round.lock().take());
        drop(round);
    }
}

impl Round {
    fn new() -> Self {
        let mut get = Cmd::with_capacity(MOST, MOST * 32);
        get.arg("MGET");
        Self { get, ends: Vec::new(), callers: Vec::with_capacity(MOST) }
    }

    fn add(&mut self, read: &Read<'_>, answer: Sender<Answer>) {
        let remaining = read.remaining && read.value.is_some();
        if let Some(value) = read.value {
            self.get.arg(value);
            if remaining {
                let mut end = Cmd::new();
                end.arg("PTTL").arg(value);
                self.ends.push(end);
            }
        }
        read.versions.iter().for_each(|name| _ = self.get.arg(name));
        self.callers.push(Caller { value: read.value.is_some(), remaining, versions: read.versions.len(), answer });
    }

    /// Sends it, and tells each what it has asked for.
    async fn go(self, mut connection: MultiplexedConnection) {
        let answers = if self.ends.is_empty() {
            connection.send_packed_command(&self.get).await.map(|values| vec![values])
        } else {
            let mut pipeline = Pipeline::with_capacity(1 + self.ends.len());
            pipeline.add_command(self.get);
            let count = 1 + self.ends.len();
            self.ends.into_iter().for_each(|end| _ = pipeline.add_command(end));
            connection.send_packed_commands(&pipeline, 0, count).await
        };
        let lost = |_| Refusal::Failed(unavailable("the connection to Redis was lost"));
        match answers.map_err(lost).and_then(Parts::new) {
            Ok(mut parts) => {
                for caller in self.callers {
                    // Who has gone needs no answer.
                    let _ = caller.answer.send(parts.take(caller.value, caller.remaining, caller.versions));
                }
            }
            Err(refusal) => self.callers.into_iter().for_each(|caller| _ = caller.answer.send(Err(refusal.clone()))),
        }
    }
}

/// Answers, to be taken apart in the order of the callers.
struct Parts {
    values: std::vec::IntoIter<Value>,
    ends: std::vec::IntoIter<Value>,
}

impl Parts {
    fn new(answers: Vec<Value>) -> Result<Self, Refusal> {
        let mut ends = answers.into_iter();
        match ends.next() {
            Some(Value::ServerError(error)) => Err(Refusal::Server(error)),
            Some(Value::Array(values)) => Ok(Self { values: values.into_iter(), ends }),
            _ => Err(Refusal::Failed(odd_answer())),
        }
    }

    fn take(&mut self, value: bool, remaining: bool, versions: usize) -> Answer {
        let mut next = || reply::bytes(self.values.next().ok_or_else(odd_answer)?);
        let value = if value { next().map_err(Refusal::Failed)? } else { None };
        let versions = (0..versions).map(|_| next()).collect::<Result<_, _>>().map_err(Refusal::Failed)?;
        let remaining = if remaining {
            match self.ends.next() {
                Some(Value::ServerError(error)) => return Err(Refusal::Server(error)),
                Some(end) => read::remaining(&end).map_err(Refusal::Failed)?,
                None => return Err(Refusal::Failed(odd_answer())),
            }
        } else {
            None
        };
        Ok(Reading { value, remaining, versions })
    }
}
