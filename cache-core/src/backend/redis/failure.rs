//! What went wrong, told without a secret, a name or a value.

use std::borrow::Cow;
use std::error::Error;
use std::io;

use redis::{ErrorKind, RedisError, ServerError, ServerErrorKind};

use super::settings::Address;
use crate::backend::{BackendError, BackendErrorKind};

pub(super) fn unavailable(message: impl Into<Cow<'static, str>>) -> BackendError {
    BackendError::new(BackendErrorKind::Unavailable, message)
}

pub(super) fn unsuitable(message: impl Into<Cow<'static, str>>) -> BackendError {
    BackendError::new(BackendErrorKind::Unsuitable, message)
}

pub(super) fn timeout() -> BackendError {
    BackendError::new(BackendErrorKind::Timeout, "Redis did not answer in time")
}

/// An answer of another shape than the command's.
pub(super) fn odd_answer() -> BackendError {
    BackendError::new(BackendErrorKind::Refused, "Redis gave an answer that does not fit the command")
}

/// Of a command that the server refused.
pub(super) fn of_server(error: &ServerError) -> BackendError {
    let details = told(error.details().unwrap_or_default());
    let (kind, advice) = match error.kind() {
        Some(ServerErrorKind::NoPerm) => (
            BackendErrorKind::Refused,
            ": the user lacks a right (`ACL SETUSER <user> +<command> ~<names> &<channels>`)",
        ),
        Some(ServerErrorKind::ReadOnly) => (BackendErrorKind::Unavailable, ": the server is a replica now"),
        Some(ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown | ServerErrorKind::ClusterDown)
        | Some(ServerErrorKind::TryAgain | ServerErrorKind::Moved | ServerErrorKind::Ask) => {
            (BackendErrorKind::Unavailable, "")
        }
        _ => match error.code() {
            "NOAUTH" => (BackendErrorKind::Unsuitable, ": the server asks for a password, give it one (`password`)"),
            "WRONGPASS" => (BackendErrorKind::Unsuitable, ": the server knows no such user and password"),
            "OOM" => (BackendErrorKind::Refused, ": set `maxmemory-policy` to `volatile-ttl` or another that evicts"),
            _ => (BackendErrorKind::Refused, ""),
        },
    };
    BackendError::new(kind, format!("Redis refused a command: {} {details}{advice}", error.code()))
}

/// The part of a server's text that quotes nothing it was sent.
fn told(details: &str) -> &str {
    details.split(", with args").next().unwrap_or_default().trim_end_matches('.')
}

/// Whether the server will go on saying so to whatever it is asked over this connection.
pub(super) fn ends_connection(error: &ServerError) -> bool {
    match error.kind() {
        Some(kind) => {
            matches!(kind, ServerErrorKind::ReadOnly | ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown)
        }
        None => matches!(error.code(), "NOAUTH" | "UNKILLABLE"),
    }
}

/// Of an attempt to connect to `address`.
pub(super) fn of_greeting(error: &RedisError, address: &Address, tls: bool) -> BackendError {
    let at = format!("the server at {address}");
    match error.kind() {
        ErrorKind::AuthenticationFailed => unsuitable(format!(
            "{at} refuses the login: it knows no such user and password (a wrong password, a disabled user, or a server \
             that has no password)"
        )),
        ErrorKind::Parse => unsuitable(if tls {
            format!("{at} does not speak Redis' protocol")
        } else {
            format!("{at} does not speak Redis' protocol: another program listens there, or it wants TLS (`rediss://`)")
        }),
        ErrorKind::RESP3NotSupported => unsuitable(needs_resp3(&at)),
        ErrorKind::Server(ServerErrorKind::BusyLoading) => unavailable(format!("{at} is still loading its data")),
        _ if error.code() == Some("NOAUTH") => {
            unsuitable(format!("{at} asks for a password: give it one (`password`, or in the address)"))
        }
        _ if error.code() == Some("WRONGPASS") => {
            unsuitable(format!("{at} refuses the login: it knows no such user and password"))
        }
        _ if error.code() == Some("NOPERM") => unsuitable(format!(
            "{at} refuses the greeting ({}): the user lacks a right",
            told(error.detail().unwrap_or_default())
        )),
        _ if error.detail().is_some_and(|detail| detail.contains("HELLO")) => unsuitable(needs_resp3(&at)),
        _ if error.code().is_some() => {
            let details = told(error.detail().unwrap_or_default());
            unsuitable(format!("{at} refuses the greeting: {} {details}", error.code().unwrap_or_default()))
        }
        _ => of_io(&root(error), address, tls),
    }
}

fn needs_resp3(at: &str) -> String {
    format!("{at}, or a proxy before it, does not know RESP3 (`HELLO 3`), which `tracking` needs: leave that out")
}

/// Of a socket, and of TLS over it.
pub(super) fn of_io(text: &str, address: &Address, tls: bool) -> BackendError {
    let at = format!("the server at {address}");
    if !tls {
        return unavailable(format!("{at} cannot be reached: {text}"));
    }
    if text.contains("UnknownIssuer") || text.contains("BadSignature") {
        return unsuitable(format!(
            "{at} shows a certificate of an unknown authority: give its PEM to `tls_authorities`"
        ));
    }
    if text.contains("certificate") || text.contains("NotValidForName") {
        return unsuitable(format!("TLS to {at} failed: {text}"));
    }
    if text.contains("CertificateRequired") || text.contains("alert") {
        return unsuitable(format!("{at} ends TLS ({text}): does it want a certificate of ours (`tls_client`)?"));
    }
    if text.contains("InvalidMessage") || text.contains("corrupt message") {
        return unsuitable(format!("{at} does not speak TLS: write `redis://` instead of `rediss://`"));
    }
    // A certificate that is missing is refused after the greeting has begun, and who greets may only see the end of it.
    unavailable(format!("{at} cannot be reached by TLS: {text} (does it want a certificate of ours, `tls_client`?)"))
}

/// The text of the innermost cause.
pub(super) fn root(error: &(dyn Error + 'static)) -> String {
    let mut inner = error;
    loop {
        let next = match inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
            None => inner.source(),
        };
        match next {
            Some(next) => inner = next,
            None => return inner.to_string(),
        }
    }
}
