//! One process of the fleet: it reads and writes until its standard input ends, and notes down what it did.

mod cached;
mod probe;
mod reads;
pub(crate) mod settings;
pub(crate) mod source;
mod writes;

use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use cache_core::backend::RedisBackend;
use cache_core::{Cache, Event, SharedTier};
use tokio::sync::mpsc;

use crate::history::{Record, Writer};
use crate::moment::now;
use settings::Settings;
use source::Source;

/// The argument that makes a client of the program.
pub(crate) const COMMAND: &str = "client";

/// How often the client says how many reads it has done.
const TELLS: Duration = Duration::from_millis(100);

/// How often it looks whether something is still to be sent.
const LOOKS: Duration = Duration::from_millis(20);

/// All that the tasks and the cached functions of this process share.
struct World {
    settings: Settings,
    source: Source,
    history: Writer,
    cache: Cache,
    reads: AtomicU64,
    /// Whether something was invalidated that may not have been sent yet.
    unsent: AtomicBool,
}

static WORLD: OnceLock<World> = OnceLock::new();

fn world() -> &'static World {
    WORLD.get().expect("it is made before the first task begins")
}

/// Runs a client.
pub(crate) fn run(words: impl Iterator<Item = String>) -> ExitCode {
    let settings = Settings::parse(words);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime can be made").block_on(live(settings));
    ExitCode::SUCCESS
}

async fn live(settings: Settings) {
    let source = Source::open(&settings.database).await;
    let history = Writer::create(&settings.history);
    let backend = RedisBackend::from_url(&settings.url).connect_lazily().expect("the driver writes good addresses");
    let tier = SharedTier::new(backend).namespace("chaos");
    let (name, tells) = (settings.name.clone(), settings.verbose);
    let listener = move |event: &Event| {
        if tells {
            eprintln!("    {} {name}: {event}", now() / 1_000_000);
        }
    };
    let cache = Cache::builder().shared_tier(tier).on_event(listener).install().expect("good settings");
    let bound = cache.tier_status().expect("it has a tier").staleness_bound;
    history.note(&Record::Start { at: now(), bound: bound.as_nanos() as u64 });
    let (reads, unsent) = (AtomicU64::new(0), AtomicBool::new(false));
    let made = WORLD.set(World { settings, source, history, cache, reads, unsent });
    assert!(made.is_ok(), "a process is one client");
    let mut orders = orders();
    let ends = reads::Ends::default();
    let mut tasks: Vec<_> = reads::tasks(&ends);
    tasks.extend(writes::tasks(&ends));
    let tells = tokio::spawn(tell());
    let drains = tokio::spawn(drain());
    say("ready");
    while let Some(order) = orders.recv().await {
        assert_eq!(order, "probe", "there is no other order");
        let (begun, ended) = probe::until_it_works().await;
        say(&format!("probed {begun} {ended}"));
    }
    ends.end();
    for task in tasks {
        task.await.expect("no task panics");
    }
    tells.abort();
    // What waits is sent; what cannot be sent is no loss now.
    drop(world().cache.shutdown(Duration::from_secs(2)).await);
    drains.abort();
    world().history.flush();
    say(&format!("reads {}", world().reads.load(Ordering::Relaxed)));
}

/// The lines of the standard input.
fn orders() -> mpsc::UnboundedReceiver<String> {
    let (send, orders) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    orders
}

fn say(what: &str) {
    let mut out = std::io::stdout().lock();
    // A driver that is gone hears nothing: the end of the input says so too.
    let _ = writeln!(out, "{what}").and_then(|()| out.flush());
}

async fn tell() {
    loop {
        tokio::time::sleep(TELLS).await;
        say(&format!("reads {}", world().reads.load(Ordering::Relaxed)));
    }
}

/// Notes down when all that was invalidated before has been sent.
async fn drain() {
    loop {
        tokio::time::sleep(LOOKS).await;
        if !world().unsent.swap(false, Ordering::SeqCst) {
            continue;
        }
        // What is invalidated from here on asks for another look.
        let asked = now();
        if world().cache.tier_status().is_some_and(|status| status.queued == 0) {
            world().history.note(&Record::Drained { asked, seen: now() });
        } else {
            world().unsent.store(true, Ordering::SeqCst);
        }
    }
}
