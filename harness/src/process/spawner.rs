//! The thread that starts all children.
//!
//! What Linux calls the death of the parent is the death of the *thread* that forked: a server shared by several tests
//! would die with the first of them. So one thread that never ends starts them all.

use std::io;
use std::process::{Child, Command};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

type Order = (Command, Sender<io::Result<Child>>);

pub(super) fn spawn(command: Command) -> io::Result<Child> {
    static ORDERS: OnceLock<Mutex<Sender<Order>>> = OnceLock::new();
    let orders = ORDERS.get_or_init(|| Mutex::new(begin()));
    let (sender, child) = channel();
    let order = (command, sender);
    orders.lock().unwrap_or_else(PoisonError::into_inner).send(order).expect("the thread never ends");
    child.recv().expect("the thread answers every order")
}

fn begin() -> Sender<Order> {
    let (sender, orders) = channel::<Order>();
    let work = move || {
        for (mut command, child) in orders {
            // Who ordered it waits for it.
            let _ = child.send(command.spawn());
        }
    };
    thread::Builder::new().name("cache-harness spawner".to_owned()).spawn(work).expect("a thread can be started");
    sender
}
