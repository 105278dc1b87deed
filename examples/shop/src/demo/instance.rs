//! Another shop on the same database: this program once more, as a process of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use crate::error::Failure;

/// How long it may take to start, and to stop. It takes a tenth of a second on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A shop that ends with this value, and with this process however that ends: it stops when its standard input does.
pub(super) struct Instance {
    pub(super) address: SocketAddr,
    process: Child,
    stdin: Option<ChildStdin>,
}

impl Instance {
    pub(super) async fn start(db: &Path, redis_url: &str) -> Result<Self, Failure> {
        let failed = |error: &dyn std::error::Error| Failure::new(format!("cannot start another shop: {error}"));
        let program = std::env::current_exe().map_err(|error| failed(&error))?;
        let mut process = Command::new(program)
            .args(["--no-demo", "--while-stdin", "--port", "0", "--db"])
            .arg(db)
            .env("REDIS_URL", redis_url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(&error))?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let mut lines = BufReader::new(stdout.ok_or_else(|| Failure::new("another shop is mute"))?).lines();
        let address = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(address) = address(&line) {
                    return Some(address);
                }
            }
            None
        };
        match timeout(PATIENCE, address).await {
            Ok(Some(address)) => Ok(Self { address, process, stdin }),
            _ => Err(Failure::new("another shop was started, and does not serve")),
        }
    }

    pub(super) async fn stop(mut self) {
        drop(self.stdin.take());
        let _ = timeout(PATIENCE, self.process.wait()).await;
    }
}

/// `serving on http://127.0.0.1:3000, Ctrl-C to stop` says where it is.
fn address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("serving on http://")?;
    rest.split(',').next()?.parse().ok()
}
