//! Connections, each with a thread that carries requests and two that carry replies.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use super::mode::Mode;

/// How many reads of replies may wait for their time.
const DELAYED: usize = 1024;

/// A piece of replies, and when it is due.
type Late = (Instant, Vec<u8>);

/// All connections of a proxy, and what happens to their bytes.
#[derive(Debug, Default)]
pub(super) struct Links {
    mode: Mutex<Mode>,
    made: AtomicUsize,
    links: Mutex<Vec<Weak<Link>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// A client's connection and the one to the server that belongs to it.
#[derive(Debug)]
struct Link {
    client: TcpStream,
    /// A connection that was made in a black hole leads nowhere.
    server: Option<TcpStream>,
    /// A direction that lost bytes stays silent.
    lost_requests: AtomicBool,
    lost_replies: AtomicBool,
    closed: Mutex<bool>,
    on_close: Condvar,
}

impl Links {
    pub(super) fn set(&self, mode: Mode) {
        *lock(&self.mode) = mode;
    }

    fn mode(&self) -> Mode {
        *lock(&self.mode)
    }

    pub(super) fn made(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }

    pub(super) fn open(&self) -> usize {
        self.live().len()
    }

    pub(super) fn close(&self) {
        self.live().iter().for_each(|link| link.close());
    }

    pub(super) fn half_close(&self) {
        for link in self.live() {
            link.lost_replies.store(true, Ordering::SeqCst);
            // It fails for a connection that is closed.
            let _ = link.client.shutdown(Shutdown::Write);
        }
    }

    /// Waits for the threads of connections that are closed.
    pub(super) fn join(&self) {
        let threads = std::mem::take(&mut *lock(&self.threads));
        for thread in threads {
            let _ = thread.join();
        }
    }

    fn live(&self) -> Vec<Arc<Link>> {
        lock(&self.links).iter().filter_map(Weak::upgrade).filter(|link| !*lock(&link.closed)).collect()
    }

    /// Takes a client's connection; drops it if the server cannot be reached.
    pub(super) fn add(self: &Arc<Self>, client: TcpStream, upstream: SocketAddr) -> io::Result<()> {
        self.made.fetch_add(1, Ordering::SeqCst);
        client.set_nodelay(true)?;
        let nowhere = self.mode().swallows_all();
        let server = if nowhere { None } else { Some(TcpStream::connect(upstream)?) };
        if let Some(server) = &server {
            server.set_nodelay(true)?;
        }
        let link = Arc::new(Link {
            client,
            server,
            lost_requests: AtomicBool::new(nowhere),
            lost_replies: AtomicBool::new(nowhere),
            closed: Mutex::new(false),
            on_close: Condvar::new(),
        });
        {
            let mut links = lock(&self.links);
            links.retain(|link| link.strong_count() > 0);
            links.push(Arc::downgrade(&link));
        }
        let (sender, late) = sync_channel(DELAYED);
        self.spawn(&link, "proxy requests", Link::carry_requests)?;
        if link.server.is_some() {
            self.spawn(&link, "proxy replies", move |link, links| link.read_replies(links, &sender))?;
            self.spawn(&link, "proxy delay", move |link, links| link.write_replies(links, &late))?;
        }
        Ok(())
    }

    fn spawn(
        self: &Arc<Self>,
        link: &Arc<Link>,
        name: &str,
        work: impl FnOnce(&Link, &Links) + Send + 'static,
    ) -> io::Result<()> {
        let (link, links) = (Arc::clone(link), Arc::clone(self));
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || work(&link, &links))?;
        let mut threads = lock(&self.threads);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        Ok(())
    }
}

impl Link {
    fn close(&self) {
        *lock(&self.closed) = true;
        self.on_close.notify_all();
        // They fail where the other side was faster.
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.as_ref().map(|server| server.shutdown(Shutdown::Both));
    }

    /// Carries what the client says until it has nothing more to say.
    fn carry_requests(&self, links: &Links) {
        let mut buffer = vec![0; 64 * 1024];
        while let Some(length @ 1..) = read(&self.client, &mut buffer) {
            let mode = links.mode();
            if mode.swallows_requests {
                self.lose_requests(mode);
            }
            if self.lost_requests.load(Ordering::SeqCst) {
                continue;
            }
            let Some(mut server) = self.server.as_ref() else { continue };
            if server.write_all(&buffer[..length]).is_err() {
                // The server is gone; whether the client may know, the replies decide.
                self.lost_requests.store(true, Ordering::SeqCst);
            }
        }
        match &self.server {
            Some(server) if !self.lost_requests.load(Ordering::SeqCst) => {
                let _ = server.shutdown(Shutdown::Write);
            }
            _ => self.close(),
        }
    }

    /// Reads what the server says, and notes when the client may have it.
    fn read_replies(&self, links: &Links, late: &SyncSender<Late>) {
        let Some(server) = &self.server else { return };
        let mut buffer = vec![0; 64 * 1024];
        while let Some(length @ 1..) = read(server, &mut buffer) {
            let mode = links.mode();
            if mode.swallows_replies {
                self.lose_replies(mode);
            }
            let piece = (Instant::now() + mode.delay, buffer[..length].to_vec());
            if !self.lost_replies.load(Ordering::SeqCst) && late.send(piece).is_err() {
                return;
            }
        }
    }

    /// Gives the client what is due, and closes the connection after the last of it.
    fn write_replies(&self, links: &Links, late: &Receiver<Late>) {
        for (due, piece) in late {
            if !self.is_open_at(due) {
                return;
            }
            // What is under way when the hole opens falls into it.
            let mode = links.mode();
            if mode.swallows_replies {
                self.lose_replies(mode);
            }
            if !self.lost_replies.load(Ordering::SeqCst) && (&self.client).write_all(&piece).is_err() {
                self.lost_replies.store(true, Ordering::SeqCst);
            }
        }
        // Not even the end of the server comes out of a hole.
        let mode = links.mode();
        if mode.swallows_replies {
            self.lose_replies(mode);
        } else {
            self.close();
        }
    }

    fn lose_requests(&self, mode: Mode) {
        self.lost_requests.store(true, Ordering::SeqCst);
        self.lost_replies.fetch_or(mode.swallows_all(), Ordering::SeqCst);
    }

    fn lose_replies(&self, mode: Mode) {
        self.lost_replies.store(true, Ordering::SeqCst);
        self.lost_requests.fetch_or(mode.swallows_all(), Ordering::SeqCst);
    }

    /// Waits until then, or until the connection is closed, and says whether it is still open.
    fn is_open_at(&self, due: Instant) -> bool {
        let rest = due.saturating_duration_since(Instant::now());
        let waited = self.on_close.wait_timeout_while(lock(&self.closed), rest, |closed| !*closed);
        let (closed, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !*closed
    }
}

/// How much was read; nothing when the connection broke.
fn read(mut from: &TcpStream, buffer: &mut [u8]) -> Option<usize> {
    loop {
        match from.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read.ok(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
