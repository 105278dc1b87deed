//! One connection to one server, and what runs it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, ProtocolVersion, PushInfo, RedisConnectionInfo, RedisError, Value};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::command::{Command, pipeline};
use super::failure::{of_greeting, of_io, timeout, unavailable};
use super::gather::{Gather, Refusal, lost};
use super::settings::{Address, Login, Settings};
use super::stream::{self, Ended};
use super::tls::Encryption;
use super::within::within;
use crate::backend::{BackendError, BackendErrorKind, Read, Reading};

/// How connections are made: the settings, and TLS made from them once.
pub(super) struct Dial {
    pub(super) settings: Settings,
    encryption: Encryption,
}

/// A connection that carries commands. Everybody who has it shares it; it is closed with the last.
pub(super) struct Wire {
    connection: MultiplexedConnection,
    driver: AbortHandle,
    gather: Arc<Gather>,
    response_timeout: Duration,
}

impl Dial {
    pub(super) fn new(settings: Settings) -> Result<Self, BackendError> {
        let encryption = Encryption::new(settings.tls.as_ref())?;
        Ok(Self { settings, encryption })
    }

    /// A connection for commands, on the runtime of the caller.
    pub(super) async fn open(&self, address: &Address) -> Result<Wire, BackendError> {
        self.commands(address, &self.settings.login, self.settings.database, None).await
    }

    /// The same, to a sentinel.
    pub(super) async fn open_sentinel(&self, address: &Address) -> Result<Wire, BackendError> {
        self.commands(address, &self.settings.sentinel_login, 0, None).await
    }

    /// The same with RESP3, and with somebody who is given what the server says unasked.
    pub(super) async fn open_told(
        &self,
        address: &Address,
        told: impl Fn(PushInfo) + Send + Sync + 'static,
    ) -> Result<Wire, BackendError> {
        let config = AsyncConnectionConfig::new().set_push_sender(move |info| {
            told(info);
            Ok::<(), redis::aio::SendError>(())
        });
        self.commands(address, &self.settings.login, self.settings.database, Some(config)).await
    }

    /// A connection for subscriptions.
    pub(super) async fn open_subscriber(&self, address: &Address) -> Result<PubSub, BackendError> {
        self.subscriber(address, &self.settings.login).await
    }

    /// The same, to a sentinel.
    pub(super) async fn open_sentinel_subscriber(&self, address: &Address) -> Result<PubSub, BackendError> {
        self.subscriber(address, &self.settings.sentinel_login).await
    }

    async fn commands(
        &self,
        address: &Address,
        login: &Login,
        database: i64,
        pushed: Option<AsyncConnectionConfig>,
    ) -> Result<Wire, BackendError> {
        let runtime = runtime()?;
        let resp3 = pushed.is_some();
        // Timeouts are ours: theirs need tokio's timer, and end in what looks like any other failure.
        let config = pushed
            .unwrap_or_default()
            .set_response_timeout(None)
            .set_connection_timeout(None)
            .set_pipeline_buffer_size(1024);
        let greeting = greeting(login, database, resp3);
        let dialling = async {
            let (stream, ended) = stream::connect(&self.settings, &self.encryption, address).await?;
            let refused = |error: RedisError| self.refused(&error, address, &ended);
            let (connection, driver) =
                MultiplexedConnection::new_with_config(&greeting, stream, config).await.map_err(refused)?;
            // Without a password nothing has been said so far.
            let mut greeter = connection.clone();
            let ping = redis::cmd("PING");
            // The driver runs in here until it is greeted. On another thread it may end just while the command is put
            // into its channel: the command then stays there, and is never answered.
            let asking = pin!(greeter.send_packed_command(&ping));
            let (answer, driver) = match select(asking, Box::pin(driver)).await {
                Either::Left((answer, driver)) => (answer, Some(driver)),
                // It is dropped, and with it what it has not answered.
                Either::Right(((), answer)) => (answer.await, None),
            };
            match (answer.map_err(refused)?, driver) {
                (Value::ServerError(error), _) => Err(refused(error.into())),
                (_, Some(driver)) => {
                    let driver = runtime.spawn(driver).abort_handle();
                    let gather = Arc::new(Gather::new(connection.clone(), runtime, self.settings.response_timeout));
                    Ok(Wire { connection, driver, gather, response_timeout: self.settings.response_timeout })
                }
                (_, None) => Err(lost()),
            }
        };
        within(self.settings.connect_timeout, dialling).await.ok_or_else(|| self.silent(address))?
    }

    async fn subscriber(&self, address: &Address, login: &Login) -> Result<PubSub, BackendError> {
        runtime()?;
        let dialling = async {
            let (stream, ended) = stream::connect(&self.settings, &self.encryption, address).await?;
            PubSub::new(&greeting(login, 0, false), stream).await.map_err(|error| self.refused(&error, address, &ended))
        };
        within(self.settings.connect_timeout, dialling).await.ok_or_else(|| self.silent(address))?
    }

    fn refused(&self, error: &RedisError, address: &Address, ended: &Ended) -> BackendError {
        match ended.why() {
            // The error is only what came of it.
            Some(why) if error.is_io_error() => of_io(why, address, true),
            _ => of_greeting(error, address, self.settings.tls.is_some()),
        }
    }

    fn silent(&self, address: &Address) -> BackendError {
        let perhaps = if self.settings.tls.is_some() { " (does it speak TLS?)" } else { "" };
        unavailable(format!(
            "the server at {address} cannot be reached, or does not answer a greeting, in time{perhaps}"
        ))
    }
}

/// Connections live on a runtime: that of whoever has them made.
fn runtime() -> Result<Handle, BackendError> {
    Handle::try_current().map_err(|_| unavailable("connecting to Redis needs a tokio runtime"))
}

fn greeting(login: &Login, database: i64, resp3: bool) -> RedisConnectionInfo {
    let protocol = if resp3 { ProtocolVersion::RESP3 } else { ProtocolVersion::RESP2 };
    // A user with few rights may not be allowed to say what library it uses.
    let mut info = RedisConnectionInfo::default().set_db(database).set_protocol(protocol).set_skip_set_lib_name();
    if let Some(username) = &login.username {
        info = info.set_username(username);
    }
    if let Some(password) = &login.password {
        info = info.set_password(password.expose());
    }
    info
}

impl Wire {
    /// Sends commands in one go. Errors of single commands are among the answers.
    pub(super) async fn send(&self, commands: &[Command<'_>]) -> Result<Vec<Value>, BackendError> {
        let values = if Gather::takes_commands(commands.len()) {
            self.gather.ask(commands).await.map_err(|_| lost())??
        } else {
            // By itself, so that what nearly all requests are is not as large as this.
            Box::pin(self.send_for(commands, false, self.response_timeout)).await?
        };
        // A script that the server does not know, and all that was to come after it.
        let unknown = values.iter().zip(commands).position(|(value, command)| command.is_script() && is_unknown(value));
        let Some(first) = unknown else { return Ok(values) };
        let rest = Box::pin(self.send_for(&commands[first..], true, self.response_timeout)).await?;
        Ok(values.into_iter().take(first).chain(rest).collect())
    }

    /// Reads, together with others who do so now: see [`Gather`].
    pub(super) async fn read(&self, read: &Read<'_>) -> Result<Reading, Refusal> {
        self.gather.read(read).await.map_err(|_| Refusal::Failed(lost()))?
    }

    /// The same with scripts spelled out if asked, and a limit of its own.
    pub(super) async fn send_for(
        &self,
        commands: &[Command<'_>],
        spelled_out: bool,
        limit: Duration,
    ) -> Result<Vec<Value>, BackendError> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let pipeline = pipeline(commands, spelled_out);
        let mut connection = self.connection.clone();
        let sent = within(limit, connection.send_packed_commands(&pipeline, 0, commands.len())).await;
        match sent {
            None => Err(timeout()),
            Some(Ok(values)) if values.len() == commands.len() => Ok(values),
            Some(Ok(_)) => Err(unavailable("Redis gave fewer answers than it was asked for")),
            Some(Err(_)) => Err(lost()),
        }
    }
}

fn is_unknown(value: &Value) -> bool {
    matches!(value, Value::ServerError(error) if error.code() == "NOSCRIPT")
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Whether a connection is of no more use after this.
pub(super) fn is_lost(error: &BackendError) -> bool {
    error.kind() == BackendErrorKind::Unavailable
}

/// Connections that one request has for itself: `WAIT` keeps all that comes after it waiting.
pub(super) type Spares = parking_lot::Mutex<Vec<Arc<Wire>>>;
