//! Requests of many callers in one go.
//!
//! What a request costs is mostly to hand it to the connection, and its answer back. Callers that ask in the same moment
//! go out together, in one *round*: reads as one `MGET`, of which each gets its own part, other commands as they are.
//! Nobody waits for others to come: a round is closed as soon as the task that sends it gets its turn.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, Pipeline, ServerError, Value};
use smallvec::SmallVec;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot::{Receiver, Sender, channel};

use super::command::Command;
use super::failure::{odd_answer, of_server, timeout, unavailable};
use super::{read, reply};
use crate::backend::{BackendError, Read, Reading};
use crate::clock::{Clock, Sleep, SystemClock};

/// No more callers than these read in one round: the first has its answer with the last.
const MOST_READS: usize = 64;
/// And no more than these ask for something else: the server is to be at work on the first when the last are made.
const MOST_ASKS: usize = 6;
/// A read of more names, or a request of more commands, goes by itself.
const MOST_NAMES: usize = 16;

/// What one connection gathers.
pub(super) struct Gather {
    connection: MultiplexedConnection,
    /// Where the connection itself lives: if that does not go on, nothing would be answered anyway.
    runtime: Handle,
    /// Whether others get no turn of their own before a new task does.
    yields: bool,
    /// How long a round may take.
    limit: Duration,
    reads: Mutex<Option<Round>>,
    asks: Mutex<Option<Round>>,
    /// How many callers the last round of reads had: as much room is made for the next.
    usual: AtomicUsize,
}

/// Which requests go out together.
#[derive(Clone, Copy)]
enum Kind {
    Reads,
    Asks,
}

/// Requests that go out together.
struct Round {
    /// What is read, if anything is.
    get: Cmd,
    /// How many names `get` has.
    asked: usize,
    /// What goes out after that.
    commands: Vec<Cmd>,
    versions: Versions,
    callers: Arc<Callers>,
    /// Ends the round for who waits, when it takes too long. On a timer that does not need the runtime.
    limit: Sleep,
}

/// The versions that a round asks for, each once: callers of one moment ask for the same few.
#[derive(Default)]
struct Versions {
    /// All names, one after the other.
    text: String,
    asked: HashTable<Asked>,
}

/// A name that is asked for.
struct Asked {
    name: Range<usize>,
    hash: u64,
    /// Where its answer will be.
    at: usize,
}

/// Those who wait for a round; `None` when it is over.
struct Callers(Mutex<Option<Vec<Caller>>>);

/// Somebody who waits, and where in the answers is what.
enum Caller {
    Reads { value: Option<usize>, end: Option<usize>, versions: SmallVec<[usize; 6]>, answer: Sender<Answer> },
    Asks { commands: Range<usize>, answer: Sender<Result<Vec<Value>, BackendError>> },
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
    pub(super) fn new(connection: MultiplexedConnection, runtime: Handle, limit: Duration) -> Self {
        let yields = runtime.runtime_flavor() != RuntimeFlavor::CurrentThread;
        Self {
            connection,
            runtime,
            yields,
            limit,
            reads: Mutex::new(None),
            asks: Mutex::new(None),
            usual: AtomicUsize::new(1),
        }
    }

    /// Whether a read is one to gather.
    pub(super) fn takes(read: &Read<'_>) -> bool {
        (read.value.is_some() || !read.versions.is_empty()) && read.versions.len() < MOST_NAMES
    }

    /// Adds a read to the round that goes out next. Its answer is not there if the connection is gone.
    pub(super) fn read(self: &Arc<Self>, read: &Read<'_>) -> Receiver<Answer> {
        let (answer, receiver) = channel();
        self.join(Kind::Reads, |round| round.read(read, answer));
        receiver
    }

    /// Whether commands are few enough to go out with those of others.
    pub(super) fn takes_commands(count: usize) -> bool {
        (1..=MOST_NAMES).contains(&count)
    }

    /// Adds commands to the round that goes out next. Their answer is not there if the connection is gone.
    pub(super) fn ask(self: &Arc<Self>, commands: &[Command<'_>]) -> Receiver<Result<Vec<Value>, BackendError>> {
        let (answer, receiver) = channel();
        // Without the lock: values are copied.
        let commands: SmallVec<[Cmd; 4]> = commands.iter().map(|command| command.build(false)).collect();
        self.join(Kind::Asks, |round| round.ask(commands, answer));
        receiver
    }

    fn round(&self, kind: Kind) -> &Mutex<Option<Round>> {
        match kind {
            Kind::Reads => &self.reads,
            Kind::Asks => &self.asks,
        }
    }

    fn join(self: &Arc<Self>, kind: Kind, add: impl FnOnce(&mut Round)) {
        let most = match kind {
            Kind::Reads => MOST_READS,
            Kind::Asks => MOST_ASKS,
        };
        let mut current = self.round(kind).lock();
        // Over before it went out: the runtime stands still, and nobody would end it for who joins it now.
        let count = current.as_ref().map(|round| round.callers.count());
        let over = current.take_if(|_| count == Some(None));
        let full = current.take_if(|_| count.flatten() >= Some(most));
        let begins = current.is_none();
        add(current.get_or_insert_with(|| Round::new(kind, self.usual.load(Ordering::Relaxed), self.limit)));
        drop(current);
        // Without the lock: a task that cannot run any more is dropped here and now.
        drop(over);
        if let Some(round) = full {
            let connection = self.connection.clone();
            drop(self.runtime.spawn(round.go(connection)));
        }
        if begins {
            let turn = Turn { gather: Some(Arc::clone(self)), kind };
            drop(self.runtime.spawn(turn.take()));
        }
    }
}

/// The duty to send what is gathered. Dropped without that, it lets go of those who wait.
struct Turn {
    gather: Option<Arc<Gather>>,
    kind: Kind,
}

impl Turn {
    async fn take(mut self) {
        if self.gather.as_ref().is_some_and(|gather| gather.yields) {
            tokio::task::yield_now().await;
        }
        let Some(gather) = self.gather.take() else { return };
        let round = gather.round(self.kind).lock().take();
        let connection = gather.connection.clone();
        if let Some(round) = round {
            if let Kind::Reads = self.kind {
                gather.usual.store(round.asked, Ordering::Relaxed);
            }
            // The connection ends with the last who holds this, and so does the answer.
            drop(gather);
            round.go(connection).await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let round = self.gather.take().and_then(|gather| gather.round(self.kind).lock().take());
        drop(round);
    }
}

impl Round {
    fn new(kind: Kind, usual: usize, limit: Duration) -> Self {
        let (get, callers) = match kind {
            Kind::Reads => {
                let mut get = Cmd::with_capacity(1 + usual, 4 + usual * 48);
                get.arg("MGET");
                (get, Vec::with_capacity(usual))
            }
            Kind::Asks => (Cmd::new(), Vec::with_capacity(MOST_ASKS)),
        };
        let callers = Arc::new(Callers(Mutex::new(Some(callers))));
        let commands = if let Kind::Asks = kind { Vec::with_capacity(2 * MOST_ASKS) } else { Vec::new() };
        let mut limit = SystemClock.sleep(limit);
        let waker = Waker::from(Arc::clone(&callers));
        if limit.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            waker.wake();
        }
        Self { get, asked: 0, commands, versions: Versions::default(), callers, limit }
    }

    fn read(&mut self, read: &Read<'_>, answer: Sender<Answer>) {
        let value = read.value.map(|name| self.name(name));
        let end = read.value.filter(|_| read.remaining).map(|name| {
            let mut end = Cmd::with_capacity(2, 4 + name.len());
            end.arg("PTTL").arg(name);
            self.commands.push(end);
            self.commands.len() - 1
        });
        let versions = read.versions.iter().map(|name| self.version(name)).collect();
        self.callers.add(Caller::Reads { value, end, versions, answer });
    }

    fn ask(&mut self, commands: SmallVec<[Cmd; 4]>, answer: Sender<Result<Vec<Value>, BackendError>>) {
        let first = self.commands.len();
        self.commands.extend(commands);
        self.callers.add(Caller::Asks { commands: first..self.commands.len(), answer });
    }

    /// Asks for a name; says where its answer will be.
    fn name(&mut self, name: &str) -> usize {
        self.get.arg(name);
        self.asked += 1;
        self.asked - 1
    }

    /// [`name`](Self::name), if nobody has asked for it yet.
    fn version(&mut self, name: &str) -> usize {
        let hash = FixedState::default().hash_one(name);
        let Versions { text, asked } = &self.versions;
        if let Some(known) = asked.find(hash, |known| text[known.name.clone()] == *name) {
            return known.at;
        }
        let at = self.name(name);
        let Versions { text, asked } = &mut self.versions;
        text.push_str(name);
        asked.insert_unique(hash, Asked { name: text.len() - name.len()..text.len(), hash, at }, |known| known.hash);
        at
    }

    /// Sends it, and tells each what it has asked for.
    async fn go(self, mut connection: MultiplexedConnection) {
        // Until it is answered, or dropped.
        let Self { get, asked, commands, callers, limit: _limit, .. } = self;
        if callers.are_gone() {
            return;
        }
        let get = (asked > 0).then_some(get);
        let count = commands.len() + usize::from(get.is_some());
        let answers = match &get {
            Some(get) if commands.is_empty() => connection.send_packed_command(get).await.map(|values| vec![values]),
            _ => {
                let mut pipeline = Pipeline::with_capacity(count);
                get.into_iter().chain(commands).for_each(|command| _ = pipeline.add_command(command));
                connection.send_packed_commands(&pipeline, 0, count).await
            }
        };
        let parts = match answers {
            Ok(answers) if answers.len() == count => Ok(Parts::new(answers, asked)),
            Ok(_) => Err(unavailable("Redis gave fewer answers than it was asked for")),
            Err(_) => Err(lost()),
        };
        callers.tell(parts);
    }
}

impl Callers {
    fn add(&self, caller: Caller) {
        let mut callers = self.0.lock();
        match &mut *callers {
            Some(callers) => callers.push(caller),
            None => {
                drop(callers);
                caller.fail(&timeout());
            }
        }
    }

    /// How many there are, as long as the round is not over.
    fn count(&self) -> Option<usize> {
        self.0.lock().as_ref().map(Vec::len)
    }

    /// Whether nobody waits any more, so that there is nothing to be done.
    fn are_gone(&self) -> bool {
        self.0.lock().as_ref().is_none_or(|callers| callers.iter().all(Caller::is_gone))
    }

    fn tell(&self, answers: Result<Parts, BackendError>) {
        // Without the lock: who is told may run at once.
        let callers = self.0.lock().take().unwrap_or_default();
        match answers {
            Ok(mut parts) => callers.into_iter().for_each(|caller| caller.take(&mut parts)),
            Err(error) => callers.into_iter().for_each(|caller| caller.fail(&error)),
        }
    }
}

/// By the timer.
impl Wake for Callers {
    fn wake(self: Arc<Self>) {
        self.tell(Err(timeout()));
    }
}

impl Caller {
    fn is_gone(&self) -> bool {
        match self {
            Self::Reads { answer, .. } => answer.is_closed(),
            Self::Asks { answer, .. } => answer.is_closed(),
        }
    }

    // Who has gone needs no answer.

    fn take(self, parts: &mut Parts) {
        match self {
            Self::Reads { value, end, versions, answer } => _ = answer.send(parts.reading(value, end, &versions)),
            Self::Asks { commands, answer } => {
                let answers = parts.answers[commands].iter_mut();
                _ = answer.send(Ok(answers.map(|answer| std::mem::replace(answer, Value::Nil)).collect()));
            }
        }
    }

    fn fail(self, error: &BackendError) {
        match self {
            Self::Reads { answer, .. } => _ = answer.send(Err(Refusal::Failed(error.clone()))),
            Self::Asks { answer, .. } => _ = answer.send(Err(error.clone())),
        }
    }
}

/// What is told to who waits for a connection that is gone.
pub(super) fn lost() -> BackendError {
    unavailable("the connection to Redis was lost")
}

/// Answers, to be taken apart.
struct Parts {
    values: Result<Vec<Value>, Refusal>,
    answers: Vec<Value>,
}

impl Parts {
    fn new(mut answers: Vec<Value>, asked: usize) -> Self {
        if asked == 0 {
            return Self { values: Ok(Vec::new()), answers };
        }
        let values = match answers.remove(0) {
            Value::ServerError(error) => Err(Refusal::Server(error)),
            Value::Array(values) if values.len() == asked => Ok(values),
            _ => Err(Refusal::Failed(odd_answer())),
        };
        Self { values, answers }
    }

    fn reading(&mut self, value: Option<usize>, end: Option<usize>, versions: &[usize]) -> Answer {
        let failed = Refusal::Failed;
        let values = self.values.as_mut().map_err(|refusal| refusal.clone())?;
        let own = |at: usize| reply::bytes(std::mem::replace(&mut values[at], Value::Nil));
        let value = value.map(own).transpose().map_err(failed)?.flatten();
        let shared = |at: &usize| reply::version(&values[*at]);
        let versions = versions.iter().map(shared).collect::<Result<_, _>>().map_err(failed)?;
        let remaining = match end.map(|at| &self.answers[at]) {
            None => None,
            Some(Value::ServerError(error)) => return Err(Refusal::Server(error.clone())),
            Some(end) => read::remaining(end).map_err(failed)?,
        };
        Ok(Reading { value, remaining, versions })
    }
}
