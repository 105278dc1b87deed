//! A Redis for the time of the demo, on a socket in a folder of its own.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// How long it may take to start, and to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// The shell outlives this process by a moment, however that ends: when its standard input does, it stops the server
/// and takes the folder away.
const KEEPER: &str = r#"
trap '' HUP INT TERM
"$1" --port 0 --unixsocket "$2/socket" --unixsocketperm 700 --dir "$2" --daemonize no --save '' --appendonly no \
    --maxmemory 64mb --maxmemory-policy volatile-ttl >/dev/null 2>&1 &
cat >/dev/null
kill $!
wait
rm -rf -- "$2"
"#;

/// A server that nobody else uses.
pub(super) struct Redis {
    pub(super) url: String,
    /// `Redis 7.0.15, started for this demo`.
    pub(super) name: String,
    keeper: Child,
}

impl Redis {
    /// Starts the `redis-server` of the path; else says why not.
    pub(super) async fn start() -> Result<Self, String> {
        let program = program().ok_or("none found")?;
        let version = version(&program).await.ok_or("of unknown version")?;
        let major = version.split('.').next().and_then(|major| major.parse().ok());
        if major.is_none_or(|major: u32| major < 7) {
            return Err(format!("found {version}"));
        }
        let folder = folder().map_err(|error| format!("no folder for its socket: {error}"))?;
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .args([&program, &folder])
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|error| format!("it cannot be started: {error}"))?;
        let socket = folder.join("socket");
        let redis = Self {
            url: format!("redis+unix://{}", socket.display()),
            name: format!("Redis {version}, started for this demo"),
            keeper,
        };
        let answers = async {
            while UnixStream::connect(&socket).await.is_err() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        match timeout(PATIENCE, answers).await {
            Ok(()) => Ok(redis),
            Err(_) => {
                redis.stop().await;
                Err("it does not answer".to_owned())
            }
        }
    }

    pub(super) async fn stop(mut self) {
        drop(self.keeper.stdin.take());
        let _ = timeout(PATIENCE, self.keeper.wait()).await;
    }
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("redis-server")).find(|file| file.is_file())
}

/// `Redis server v=7.0.15 sha=…`.
async fn version(program: &PathBuf) -> Option<String> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().find_map(|word| word.strip_prefix("v=")).map(str::to_owned)
}

/// A folder that nobody else can look into.
fn folder() -> std::io::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let folder = std::env::temp_dir().join(format!("cache-shop-redis-{}", std::process::id()));
    std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
}
