//! Sockets.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use redis::io::tcp::socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::net::TcpStream;

use super::failure::of_io;
use super::settings::{Address, Settings};
use super::tls::Encryption;
use crate::backend::BackendError;

/// When the kernel asks a silent peer whether it is there. Heart-beats are quicker; this is for what has none.
const KEEPALIVE: Duration = Duration::from_secs(5);
/// When the kernel gives up on what was sent and not acknowledged.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(5);

/// So much is taken from the kernel at once. The client asks for 8 KiB a time: many calls for the answer to many reads.
const READ_AT_ONCE: usize = 64 * 1024;

/// A connection, of whatever kind.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Duplex for T {}

/// What TLS ended with, once it has: who uses the stream may only see that it did.
#[derive(Clone, Default)]
pub(super) struct Ended(Arc<OnceLock<String>>);

impl Ended {
    pub(super) fn why(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    #[cfg(feature = "redis-tls")]
    pub(super) fn note(&self, why: String) {
        _ = self.0.set(why);
    }
}

/// Connects to `address`, by TLS if the settings ask for it.
pub(super) async fn connect(
    settings: &Settings,
    encryption: &Encryption,
    address: &Address,
) -> Result<(Box<dyn Duplex>, Ended), BackendError> {
    let ended = Ended::default();
    match address {
        Address::Tcp(host, port) => {
            let plain = async {
                let stream = TcpStream::connect((&**host, *port)).await?;
                tune(&stream)?;
                io::Result::Ok(stream)
            };
            let stream = plain.await.map_err(|error| of_io(&error.to_string(), address, false))?;
            if settings.tls.is_none() {
                return Ok((Box::new(BufReader::with_capacity(READ_AT_ONCE, stream)), ended));
            }
            Ok((encryption.wrap(stream, host, address, ended.clone()).await?, ended))
        }
        #[cfg(unix)]
        Address::Unix(path) => match tokio::net::UnixStream::connect(path).await {
            Ok(stream) => Ok((Box::new(BufReader::with_capacity(READ_AT_ONCE, stream)), ended)),
            Err(error) => Err(of_io(&error.to_string(), address, false)),
        },
        #[cfg(not(unix))]
        Address::Unix(_) => Err(super::failure::unsuitable("this system has no sockets in the file system")),
    }
}

/// Small commands go out at once, and a peer that is gone is noticed.
fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    Ok(())
}
