//! Whether a failover has lost what was acknowledged: somebody writes numbers to the primary until it is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use cache_harness::{Reply, Server};

/// A frozen server does not answer.
const ANSWER: Duration = Duration::from_secs(1);

/// Writes 1, 2, 3 … under a name.
pub(crate) struct Sentry {
    name: String,
    ends: Arc<AtomicBool>,
    acknowledged: Arc<AtomicI64>,
    thread: JoinHandle<()>,
}

impl Sentry {
    pub(crate) fn begin(primary: &Server, name: &str) -> Self {
        let (ends, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI64::new(0)));
        let (ended, done, written) = (Arc::clone(&ends), Arc::clone(&acknowledged), name.to_owned());
        let mut connection = primary.connect(ANSWER).expect("the primary answers");
        let thread = std::thread::spawn(move || {
            for number in 1_i64.. {
                let reply = connection.command(&["SET", &written, &number.to_string()]);
                if ended.load(Ordering::SeqCst) || !reply.is_ok_and(|reply| reply.is_ok()) {
                    return;
                }
                done.store(number, Ordering::SeqCst);
                std::thread::sleep(Duration::from_micros(500));
            }
        });
        Self { name: name.to_owned(), ends, acknowledged, thread }
    }

    /// How many acknowledged writes the new primary does not have.
    pub(crate) fn lost(self, new: &Server) -> i64 {
        self.ends.store(true, Ordering::SeqCst);
        self.thread.join().expect("it does not panic");
        let found = match new.command(&["GET", &self.name]) {
            Reply::Bulk(number) => String::from_utf8_lossy(&number).parse().unwrap_or_default(),
            _ => 0,
        };
        self.acknowledged.load(Ordering::SeqCst) - found
    }
}
