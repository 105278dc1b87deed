//! The thread that accepts connections.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use super::link::Links;

/// Listens while this value lives; afterwards connections are refused.
#[derive(Debug)]
pub(super) struct Acceptor {
    address: SocketAddr,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Acceptor {
    pub(super) fn begin(address: SocketAddr, upstream: SocketAddr, links: &Arc<Links>) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let ends = Arc::new(AtomicBool::new(false));
        let (links, end) = (Arc::clone(links), Arc::clone(&ends));
        let accept = move || {
            for client in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                // A client that is gone already, or for which there is no thread, is one that was closed.
                let _ = client.and_then(|client| links.add(client, upstream));
            }
        };
        let thread = thread::Builder::new().name("proxy acceptor".to_owned()).spawn(accept)?;
        Ok(Self { address, ends, thread: Some(thread) })
    }
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        // The thread waits for a client, so be one.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
