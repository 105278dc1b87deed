//! The clients of a run, as processes.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cache_harness::until;
use rustix::process::{Pid, Signal, kill_process};

use crate::client::settings::Settings;
use crate::moment::Moment;

/// How long a client may take to end, or to use the tier again, before it is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// All clients.
pub(crate) struct Fleet {
    settings: Settings,
    clients: Vec<Client>,
    /// The history of each process there was, with the client it played.
    histories: Vec<(usize, PathBuf)>,
    /// Reads of those that are gone.
    gone: u64,
}

/// One process. It is killed when the value is dropped.
struct Client {
    child: Child,
    orders: Option<ChildStdin>,
    said: Arc<Said>,
}

/// What a client has said so far.
#[derive(Debug, Default)]
struct Said {
    reads: AtomicU64,
    /// When the last probe that was asked for has worked; 0 while it has not.
    probed: AtomicU64,
}

impl Fleet {
    /// Starts the clients: copies of `settings`, with addresses of their own.
    pub(crate) fn start(settings: &Settings, url: &dyn Fn(usize) -> String) -> Self {
        let mut fleet = Self { settings: settings.clone(), clients: Vec::new(), histories: Vec::new(), gone: 0 };
        for index in 0..settings.clients {
            let client = fleet.spawn(index, url);
            fleet.clients.push(client);
        }
        fleet
    }

    fn spawn(&mut self, index: usize, url: &dyn Fn(usize) -> String) -> Client {
        let number = self.histories.len();
        let folder = self.settings.history.clone();
        let settings = Settings {
            name: format!("client {index}"),
            index,
            url: url(index),
            history: folder.join(format!("{number}.history")),
            seed: self.settings.seed ^ ((number as u64 + 1) << 48),
            ..self.settings.clone()
        };
        self.histories.push((index, settings.history.clone()));
        Client::start(&settings)
    }

    pub(crate) fn len(&self) -> usize {
        self.clients.len()
    }

    /// Reads of all clients so far.
    pub(crate) fn reads(&self) -> u64 {
        self.gone + self.clients.iter().map(|client| client.said.reads.load(Ordering::Relaxed)).sum::<u64>()
    }

    /// Kills a client, and starts another one in its place.
    pub(crate) fn replace(&mut self, index: usize, url: &dyn Fn(usize) -> String) {
        self.clients[index].kill();
        self.gone += self.clients[index].said.reads.load(Ordering::Relaxed);
        self.clients[index] = self.spawn(index, url);
    }

    /// Has a client stand still for some time.
    pub(crate) fn stall(&self, index: usize, time: Duration) {
        let pid = Pid::from_child(&self.clients[index].child);
        kill_process(pid, Signal::STOP).expect("it is alive");
        std::thread::sleep(time);
        kill_process(pid, Signal::CONT).expect("it is alive");
    }

    /// Asks all clients to use the tier; when the last of them had done so, or which one never did.
    pub(crate) fn probe(&mut self) -> Result<Moment, String> {
        self.clients.iter_mut().for_each(Client::order_probe);
        let mut last = 0;
        for (index, client) in self.clients.iter_mut().enumerate() {
            let probed = until(PATIENCE, || Some(client.said.probed.load(Ordering::SeqCst)).filter(|at| *at > 0));
            match probed {
                Some(at) => last = last.max(at),
                None => return Err(format!("client {index} does not use the tier {}", client.state())),
            }
        }
        Ok(last)
    }

    /// Lets all clients end; returns the histories of all there were, and who did not end as it should.
    pub(crate) fn end(mut self) -> (Vec<(usize, PathBuf)>, Vec<String>) {
        self.clients.iter_mut().for_each(|client| client.orders = None);
        let mut wrong = Vec::new();
        for (index, client) in self.clients.iter_mut().enumerate() {
            let ended = until(PATIENCE, || client.child.try_wait().ok().flatten());
            if !ended.is_some_and(|status| status.success()) {
                wrong.push(format!("client {index} did not end well: {ended:?}"));
            }
        }
        (std::mem::take(&mut self.histories), wrong)
    }
}

impl Client {
    fn start(settings: &Settings) -> Self {
        let program = std::env::current_exe().expect("this program runs");
        let mut command = Command::new(program);
        settings.hand_to(&mut command);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("this program can be started");
        let orders = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().expect("it was asked for")).lines();
        let said = Arc::new(Said::default());
        let hears = Arc::clone(&said);
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| hears.hear(&line)));
        Self { child, orders, said }
    }

    fn order_probe(&mut self) {
        self.said.probed.store(0, Ordering::SeqCst);
        if let Some(orders) = &mut self.orders {
            // One that is dead is found by its silence.
            let _ = writeln!(orders, "probe").and_then(|()| orders.flush());
        }
    }

    fn state(&mut self) -> &'static str {
        if matches!(self.child.try_wait(), Ok(None)) { "and is alive" } else { "since it is dead" }
    }

    fn kill(&mut self) {
        // It fails only for a process that was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Said {
    fn hear(&self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |word: &str| word.parse::<u64>().unwrap_or_default();
        match words.as_slice() {
            ["reads", reads] => self.reads.store(number(reads), Ordering::Relaxed),
            ["probed", _, ended] => self.probed.store(number(ended), Ordering::SeqCst),
            _ => {}
        }
    }
}
