//! Ports that nobody else of this machine's tests uses.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::path::PathBuf;

use rustix::fs::{FlockOperation, flock};

/// Below what the system hands out for outgoing connections. With a server's bus port 10000 above its port, the two
/// kinds do not meet.
const PORTS: Range<u16> = 10_000..20_000;

/// How far a cluster's bus port is above the port.
const BUS: u16 = 10_000;

/// A port that is held while this value lives, also while nobody listens on it: a server that is killed finds its port
/// free when it is restarted. Other processes of this harness respect it; the lock ends with the process.
#[derive(Debug)]
pub(crate) struct Lease {
    port: u16,
    /// Locked for as long as it is open.
    _lock: File,
}

impl Lease {
    /// Takes a port that is free now, and whose bus port is.
    pub(crate) fn take() -> Self {
        let count = PORTS.end - PORTS.start;
        let first = RandomState::new().hash_one(0) % u64::from(count);
        let first = u16::try_from(first).expect("it is less than `count`");
        (0..count)
            .map(|offset| PORTS.start + (first + offset) % count)
            .find_map(Self::try_port)
            .unwrap_or_else(|| panic!("no port of {PORTS:?} is free, or {} cannot be written", folder().display()))
    }

    fn try_port(port: u16) -> Option<Self> {
        fs::create_dir_all(folder()).ok()?;
        let lock = File::options().create(true).append(true).open(folder().join(port.to_string())).ok()?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).ok()?;
        let free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
        (free(port) && free(port + BUS)).then_some(Self { port, _lock: lock })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

/// One folder per user: the locks of another may not be opened.
fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("cache-harness-ports-{}", rustix::process::getuid().as_raw()))
}

#[cfg(test)]
mod tests {
    use super::Lease;

    #[test]
    fn a_port_is_leased_once_at_a_time() {
        let first = Lease::take();
        assert!(Lease::try_port(first.port()).is_none());
        let port = first.port();
        drop(first);
        // Another process may have taken it since, so only what we hold is certain.
        if let Some(again) = Lease::try_port(port) {
            assert_eq!(again.port(), port);
        }
    }
}
