//! The configuration file of a server.

use std::path::Path;

use super::Builder;
use super::builder::Clients;
use crate::Certificates;

/// The configuration file in the server's folder.
pub(super) const FILE: &str = "redis.conf";

/// The socket file in the server's folder.
pub(super) const SOCKET: &str = "socket";

/// What the server says, in its folder.
pub(super) const LOG: &str = "log";

/// Name and password of the user that the harness logs in as where there are passwords.
pub(super) const USER: &str = "cache-harness";

/// For servers that hold data: nothing on disk, and replicas that are served without waiting for further ones.
const DATA: &[&str] =
    &["save \"\"", "repl-diskless-sync-delay 0", "repl-ping-replica-period 1", "enable-debug-command local"];

/// For members of a group: replicas and sentinels, and the bus of a cluster. Without a cluster the last says nothing.
const AMONG_EACH_OTHER: [&str; 2] = ["tls-replication yes", "tls-cluster yes"];

pub(super) fn text(builder: &Builder, folder: &Path, port: Option<u16>, certificates: Option<&Certificates>) -> String {
    let mut lines = vec!["bind 127.0.0.1".to_owned(), "daemonize no".to_owned()];
    lines.push(format!("dir {}", quoted_path(folder)));
    lines.push(format!("unixsocket {}", quoted_path(&folder.join(SOCKET))));
    if !builder.sentinel {
        lines.extend(DATA.iter().map(|&line| line.to_owned()));
    }
    let port = port.unwrap_or(0);
    match (certificates, builder.tls) {
        (Some(certificates), Some(clients)) => {
            tls(&mut lines, port, certificates, clients);
            if builder.is_member_with_tls() {
                lines.extend(AMONG_EACH_OTHER.map(str::to_owned));
            }
        }
        _ => lines.push(format!("port {port}")),
    }
    if builder.aof {
        lines.push("appendonly yes".to_owned());
    }
    if let Some(password) = &builder.password {
        lines.push(format!("requirepass {}", quoted(password)));
    }
    lines.extend(builder.users.iter().cloned());
    if builder.has_users() {
        lines.push(format!("user {USER} on >{USER} ~* &* +@all"));
    }
    if builder.database > 15 {
        lines.push(format!("databases {}", builder.database + 1));
    }
    lines.extend(builder.lines.iter().cloned());
    lines.push(String::new());
    lines.join("\n")
}

fn tls(lines: &mut Vec<String>, port: u16, certificates: &Certificates, clients: Clients) {
    let auth = match clients {
        Clients::MayBeAnybody => "optional",
        Clients::HaveCertificates => "yes",
    };
    lines.extend([
        "port 0".to_owned(),
        format!("tls-port {port}"),
        format!("tls-auth-clients {auth}"),
        format!("tls-cert-file {}", quoted_path(&certificates.server().certificate_file)),
        format!("tls-key-file {}", quoted_path(&certificates.server().key_file)),
        // As whom it connects to others.
        format!("tls-client-cert-file {}", quoted_path(&certificates.client().certificate_file)),
        format!("tls-client-key-file {}", quoted_path(&certificates.client().key_file)),
        format!("tls-ca-cert-file {}", quoted_path(&certificates.ca().certificate_file)),
    ]);
}

fn quoted_path(path: &Path) -> String {
    quoted(path.to_str().expect("temporary folders have names in UTF-8"))
}

/// One argument, whatever it holds.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
