//! The other processes of a fleet: this program once more, with a part to play. They are told what to do by lines, and
//! say what they have done by lines.

use std::convert::Infallible;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use cache_core::{Region, SharedTier};
use cache_harness::Server;
use rustix::time::{ClockId, clock_gettime};

use super::world::{Bytes, backend, cache, threads, value};

/// Names the part, in the environment.
const ROLE: &str = "CACHE_BENCH_ROLE";
/// Names the server.
const URL: &str = "CACHE_BENCH_URL";
/// So many tasks of each process want the key.
const TASKS: usize = 250;

/// A process with a part, killed when it is dropped.
pub(crate) struct Player {
    child: Child,
    orders: ChildStdin,
    lines: BufReader<ChildStdout>,
}

impl Player {
    /// Starts it, and waits until it is ready.
    pub(crate) fn start(role: &str, server: &Server) -> Self {
        let program = std::env::current_exe().expect("this program runs");
        let mut command = Command::new(program);
        command.env(ROLE, role).env(URL, server.url()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("this program can be started");
        let orders = child.stdin.take().expect("it was asked for");
        let lines = BufReader::new(child.stdout.take().expect("it was asked for"));
        let mut player = Self { child, orders, lines };
        assert_eq!(player.hear(), "ready");
        player
    }

    /// Tells it what to do.
    pub(crate) fn order(&mut self, what: &str) {
        writeln!(self.orders, "{what}").expect("it listens");
    }

    /// What it says next.
    pub(crate) fn hear(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("it speaks");
        line.trim().to_owned()
    }

    /// Ends it with SIGKILL.
    pub(crate) fn kill(&mut self) {
        // It fails only for a process that was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Nanoseconds of the clock that all processes of the machine share.
pub(crate) fn moment() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

/// A region that keeps what it loads.
pub(crate) async fn keeping_region(url: &str) -> Region<u64, Bytes> {
    let cache = cache(SharedTier::new(backend(url).await));
    let region = cache.region("fleet").ttl(Duration::from_secs(600)).build().expect("a good region");
    // Until a beat has come back: from then on messages are known to come.
    let load = || async { Ok::<_, Infallible>(value(0)) };
    drop(region.get_or_load(&0_u64, load).await);
    tokio::time::sleep(Duration::from_millis(1200)).await;
    region
}

/// Plays the part that this process was started for, if it was.
pub(crate) fn play() -> bool {
    let (Ok(role), Ok(url)) = (std::env::var(ROLE), std::env::var(URL)) else { return false };
    let runtime = threads();
    let region = runtime.block_on(keeping_region(&url));
    say("ready");
    for order in std::io::stdin().lock().lines().map_while(Result::ok) {
        let key: u64 = order.parse().unwrap_or_else(|_| panic!("not a number: {order}"));
        match role.as_str() {
            "crowd" => runtime.block_on(crowd(&region, key, &url)),
            "holder" => runtime.block_on(hold(&region, key)),
            "listener" => runtime.block_on(listen(&region, key)),
            _ => panic!("no such part: {role}"),
        }
    }
    true
}

fn say(what: &str) {
    println!("{what}");
    std::io::stdout().flush().expect("somebody listens");
}

/// Wants one key in many tasks. A load counts itself on the server.
async fn crowd(region: &Region<u64, Bytes>, key: u64, url: &str) {
    let client = redis::Client::open(url).expect("the harness writes good addresses");
    let connection = client.get_multiplexed_async_connection().await.expect("the server is there");
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (region, mut connection) = (region.clone(), connection.clone());
            tokio::spawn(async move {
                let load = || async move {
                    let _: u64 = redis::cmd("INCR").arg("loads").query_async(&mut connection).await.expect("there");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    Ok::<_, Infallible>(value(key as usize))
                };
                let got = region.get_or_load(&key, load).await;
                assert!(got.is_ok_and(|bytes| bytes.0 == value(key as usize).0));
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no task panics");
    }
    say("done");
}

/// Takes the lease of a key and never gives it back.
async fn hold(region: &Region<u64, Bytes>, key: u64) {
    let load = || async {
        say("loading");
        std::future::pending::<Result<Bytes, Infallible>>().await
    };
    drop(region.get_or_load(&key, load).await);
}

/// Gets a key, and says when it has lost it.
async fn listen(region: &Region<u64, Bytes>, key: u64) {
    drop(region.get_or_load(&key, || async move { Ok::<_, Infallible>(value(key as usize)) }).await);
    assert!(region.contains(&key), "it is kept");
    say("kept");
    while region.contains(&key) {
        // Not at full speed: that takes the core from those who bring the message, until the scheduler takes it back.
        std::thread::sleep(Duration::from_micros(10));
    }
    say(&moment().to_string());
}
