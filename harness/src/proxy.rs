//! A bad network in front of a server.

mod acceptor;
mod link;
mod mode;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::lease::Lease;
use acceptor::Acceptor;
use link::Links;
use mode::Mode;

/// A TCP proxy on a port of 127.0.0.1 that passes everything on until it is told otherwise. It does not look at what it
/// passes, so it works for TLS as well.
///
/// A connection that lost bytes stays silent for ever, also after [`pass`](Self::pass), because a stream with a gap means
/// nothing: whoever holds it has to notice. Connections that lost nothing go on.
#[derive(Debug)]
pub struct Proxy {
    upstream: SocketAddr,
    links: Arc<Links>,
    /// Gone while connections are refused.
    acceptor: Mutex<Option<Acceptor>>,
    lease: Lease,
}

impl Proxy {
    /// A proxy in front of this address, on a port of its own.
    ///
    /// # Panics
    ///
    /// If no port is free.
    #[must_use]
    pub fn start(upstream: impl Into<SocketAddr>) -> Self {
        let upstream = upstream.into();
        let proxy = Self { upstream, links: Arc::default(), acceptor: Mutex::default(), lease: Lease::take() };
        proxy.pass();
        proxy
    }

    /// Where clients connect to; [`Server::url_through`](crate::Server::url_through) makes a URL of it.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port()).into()
    }

    /// The port of that address.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.lease.port()
    }

    /// Passes everything on.
    pub fn pass(&self) {
        self.set(Mode::PASS);
    }

    /// Swallows everything in both directions: connections stay open and silent, also when the server ends, and new ones
    /// are accepted.
    pub fn black_hole(&self) {
        self.set(Mode { swallows_requests: true, swallows_replies: true, ..Mode::PASS });
    }

    /// Swallows what the server says: it gets the requests and acts on them, and clients never know.
    pub fn black_hole_replies(&self) {
        self.set(Mode { swallows_replies: true, ..Mode::PASS });
    }

    /// Passes requests on at once, and what the server says after this time.
    pub fn delay(&self, replies: Duration) {
        self.set(Mode { delay: replies, ..Mode::PASS });
    }

    /// Closes all connections, and refuses new ones until the proxy is told something else.
    pub fn cut(&self) {
        *self.acceptor() = None;
        self.links.close();
    }

    /// Ends the stream of replies of all connections there are: clients read an end, and can still send. New connections
    /// are as before.
    pub fn half_close(&self) {
        self.links.half_close();
    }

    /// How many connections clients have made so far; those that were refused are none.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.links.made()
    }

    /// How many of them are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.links.open()
    }

    fn set(&self, mode: Mode) {
        self.links.set(mode);
        let mut acceptor = self.acceptor();
        if acceptor.is_none() {
            let begun = Acceptor::begin(self.address(), self.upstream, &self.links);
            *acceptor =
                Some(begun.unwrap_or_else(|error| panic!("the proxy cannot listen on {}: {error}", self.port())));
        }
    }

    fn acceptor(&self) -> MutexGuard<'_, Option<Acceptor>> {
        self.acceptor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.links.join();
    }
}
