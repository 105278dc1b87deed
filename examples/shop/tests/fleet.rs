//! Two shops, each a process of its own, on one database and one Redis.

// The servers of the harness are unix programs.
#![cfg(unix)]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cache_harness::{Server, until};
use common::{ORDER_LINES, PRODUCTS};
use serde_json::{Value, json};
use shop::stats::{Stats, TierStats};

/// Above what any wait should take; only a failing test takes so long.
const LONG: Duration = Duration::from_secs(20);

const PATH: &str = "/products/7";

/// A process that serves, and is gone with this value.
struct Process {
    address: SocketAddr,
    child: Child,
}

impl Process {
    fn start(db: &Path, redis: &Server) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_shop"))
            .args(["--no-demo", "--while-stdin", "--port", "0", "--db"])
            .arg(db)
            .args(["--products", &PRODUCTS.to_string(), "--order-lines", &ORDER_LINES.to_string()])
            .env("REDIS_URL", redis.url())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let address = lines.find_map(|line| {
            let line = line.expect("UTF-8");
            let (_, address) = line.split_once("serving on http://")?;
            address.split(',').next()?.parse().ok()
        });
        Self { address: address.expect("it says where it serves"), child }
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n"
        );
        stream.write_all((head + body).as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers in UTF-8");
        assert!(answer.starts_with("HTTP/1.1 200"), "{method} {path}: {answer}");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        serde_json::from_str(body).expect("JSON")
    }

    fn price(&self) -> u64 {
        self.request("GET", PATH, "")["price_cents"].as_u64().expect("a price")
    }

    fn set_price(&self, price: u64) {
        let updated = self.request("PUT", PATH, &json!({ "price_cents": price }).to_string());
        assert_eq!(updated["price_cents"], price);
        assert_eq!(self.price(), price, "it reads its own update");
    }

    fn stats(&self) -> Stats {
        serde_json::from_value(self.request("GET", "/stats", "")).expect("statistics")
    }

    fn tier(&self) -> TierStats {
        self.stats().tier.expect("it has a tier")
    }

    /// Asserts that it shows this price, now or soon.
    #[track_caller]
    fn comes_to_show(&self, price: u64) {
        let shown = until(LONG, || (self.price() == price).then_some(()));
        assert!(shown.is_some(), "{} is shown, not {price}: {:?}", self.price(), self.tier());
    }

    #[track_caller]
    fn comes_to_be(&self, what: &str, is: impl Fn(&TierStats) -> bool) {
        let came = until(LONG, || is(&self.tier()).then_some(()));
        assert!(came.is_some(), "it is not {what}: {:?}", self.tier());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its standard input ends, and so does it; a test that fails does not wait for that.
        drop(self.child.stdin.take());
        if std::thread::panicking() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

struct World {
    one: Process,
    other: Process,
    redis: Server,
    _directory: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let (redis, directory) = (Server::start(), tempfile::tempdir().expect("a temporary directory"));
        let db = directory.path().join("shop.sqlite");
        // One after the other: the first fills the database.
        let one = Process::start(&db, &redis);
        let other = Process::start(&db, &redis);
        let world = Self { one, other, redis, _directory: directory };
        world.are_linked();
        world
    }

    #[track_caller]
    fn are_linked(&self) {
        for process in [&self.one, &self.other] {
            process.comes_to_be("linked", |tier| tier.linked && tier.breaker == "closed");
        }
    }

    /// Updates through each, and reads from the other, which has the old price in its memory.
    #[track_caller]
    fn agree(&self, prices: std::ops::Range<u64>) {
        for price in prices {
            let (writer, reader) = if price % 2 == 0 { (&self.one, &self.other) } else { (&self.other, &self.one) };
            reader.price();
            writer.set_price(price);
            reader.comes_to_show(price);
        }
    }
}

#[test]
fn what_one_shop_has_loaded_the_other_finds() {
    let world = World::new();
    // A first load teaches the tags that are known only after it.
    world.one.request("GET", "/products/8", "");
    let price = world.one.price();
    assert_eq!(world.other.price(), price);
    assert_eq!(world.other.price(), price);
    let product = world.other.stats().of("product");
    assert_eq!((product.loads, product.shared_hits, product.hits), (0, 1, 1));
    let tier = world.other.tier();
    assert_eq!((tier.shared_hits, tier.queued, tier.staleness_bound_ms), (1, 0, 8000));
}

#[test]
fn what_one_shop_updates_the_other_drops() {
    let world = World::new();
    world.agree(1000..1020);
    // And what was built from it.
    let category = world.one.request("GET", PATH, "")["category"].clone();
    let list = format!("/products?category={}&min_price=5000000", category.as_str().unwrap());
    assert_eq!(world.other.request("GET", &list, "")["total"], 0);
    world.one.set_price(5_000_000);
    let found = until(LONG, || (world.other.request("GET", &list, "")["total"] == 1).then_some(()));
    assert!(found.is_some(), "a list of the other shop does not show the product");
}

#[test]
fn they_agree_again_after_redis_was_gone() {
    let world = World::new();
    world.agree(1000..1004);
    world.redis.kill();
    world.one.comes_to_be("cut off", |tier| !tier.linked);
    world.one.set_price(2000);
    assert!(world.one.tier().queued > 0, "what it has invalidated waits: {:?}", world.one.tier());
    // Empty, as after a crash.
    world.redis.restart();
    world.are_linked();
    world.other.comes_to_show(2000);
    assert_eq!(world.one.tier().queued, 0);
    world.agree(3000..3010);
}
