//! One server: what it can be, and what can be done to it.

#![cfg(unix)]

use std::panic::catch_unwind;
use std::time::Duration;

use cache_harness::{Connection, Reply, Server, until};

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(10);

fn gone(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    rustix::process::test_kill_process(pid.expect("a pid is positive")).is_err()
}

#[test]
fn serves_over_its_port_and_its_socket() {
    let server = Server::start();
    assert!(server.command(&["SET", "a", "b"]).is_ok());
    let mut tcp = Connection::tcp(server.address(), LONG).unwrap();
    assert_eq!(tcp.command(&["GET", "a"]).unwrap(), Reply::bulk("b"));
    assert_eq!(server.command(&["GET", "none"]), Reply::Nil);
    assert!(server.command(&["INCRBY", "a", "1"]).is_error("ERR"));
    assert_eq!(server.url(), format!("redis://127.0.0.1:{}/0", server.port()));
    assert_eq!(server.info("role").as_deref(), Some("master"));
    assert!(server.log().contains("Ready to accept connections"), "{}", server.log());
}

#[test]
fn takes_bytes_that_are_no_text() {
    let server = Server::start();
    let value: Vec<u8> = (0..=255).collect();
    assert!(server.command(&[b"SET".as_slice(), b"\r\n\0", &value]).is_ok());
    assert_eq!(server.command(&[b"GET".as_slice(), b"\r\n\0"]), Reply::Bulk(value));
}

#[test]
fn takes_settings() {
    let server = Server::builder().config("maxmemory 3mb").config("maxmemory-policy allkeys-lru").database(20).start();
    assert_eq!(server.info("maxmemory").as_deref(), Some("3145728"));
    assert!(server.url().ends_with("/20"));
    assert!(server.command(&["SET", "a", "b"]).is_ok());
    assert_eq!(server.info("db20").as_deref(), Some("keys=1,expires=0,avg_ttl=0"));
}

#[test]
fn listens_on_a_socket_only() {
    let server = Server::builder().unix_socket().password("p&q").database(2).start();
    assert_eq!(server.url(), format!("redis+unix://{}?db=2&pass=p%26q", server.socket().display()));
    assert_eq!(server.command(&["CONFIG", "GET", "port"]).array()[1].text(), "0");
    assert!(catch_unwind(|| server.port()).is_err());
}

#[test]
fn asks_for_passwords_and_knows_users() {
    let server = Server::builder().password("p \"@/").acl("user app on >secret ~app:* +@all").start();
    assert_eq!(server.url(), format!("redis://:p%20%22%40%2F@127.0.0.1:{}/0", server.port()));
    assert_eq!(server.url_as("app", "secret"), format!("redis://app:secret@127.0.0.1:{}/0", server.port()));
    assert!(server.command(&["SET", "a", "b"]).is_ok(), "the harness itself has all rights");
    let mut client = Connection::tcp(server.address(), LONG).unwrap();
    assert!(client.command(&["GET", "a"]).unwrap().is_error("NOAUTH"));
    assert!(client.command(&["AUTH", "wrong"]).unwrap().is_error("WRONGPASS"));
    assert!(client.command(&["AUTH", "p \"@/"]).unwrap().is_ok());
    assert_eq!(client.command(&["GET", "a"]).unwrap(), Reply::bulk("b"));
    assert!(client.command(&["AUTH", "app", "secret"]).unwrap().is_ok());
    assert!(client.command(&["GET", "a"]).unwrap().is_error("NOPERM"));
}

#[test]
fn a_user_alone_needs_no_password_of_the_server() {
    let server = Server::builder().acl("user default off").acl("user app on >secret ~* +@all").start();
    let mut client = Connection::tcp(server.address(), LONG).unwrap();
    assert!(client.command(&["GET", "a"]).unwrap().is_error("NOAUTH"));
    assert!(client.command(&["AUTH", "app", "secret"]).unwrap().is_ok());
}

#[test]
fn is_killed_and_restarted_where_it_was() {
    let server = Server::start();
    let (url, pid) = (server.url(), server.pid());
    assert!(server.command(&["SET", "a", "b"]).is_ok());
    server.kill();
    assert!(gone(pid) && !server.is_running());
    assert!(server.try_command(&["PING"]).is_err());
    assert!(Connection::tcp(server.address(), SHORT).is_err());
    server.kill();
    server.restart();
    assert!(server.is_running() && server.url() == url && server.pid() != pid);
    assert_eq!(server.command(&["GET", "a"]), Reply::Nil, "it keeps nothing on disk");
    server.restart();
    assert!(server.command(&["SET", "a", "b"]).is_ok(), "a server that runs is restarted as well");
}

#[test]
fn keeps_what_it_wrote_down() {
    let server = Server::builder().aof().start();
    assert!(server.command(&["SET", "a", "b"]).is_ok());
    server.kill();
    server.restart();
    assert_eq!(server.command(&["GET", "a"]), Reply::bulk("b"));
}

#[test]
fn is_silent_while_it_is_stopped() {
    let server = Server::start();
    let mut client = Connection::tcp(server.address(), SHORT).unwrap();
    server.stop();
    assert!(!server.is_running());
    assert!(client.command(&["PING"]).is_err());
    assert!(server.connect(SHORT).and_then(|mut late| late.command(&["PING"])).is_err(), "new ones are accepted");
    server.resume();
    assert_eq!(server.command(&["PING"]), Reply::Status("PONG".to_owned()));
    assert_eq!(until(LONG, || client.receive().ok()), Some(Reply::Status("PONG".to_owned())), "nothing was lost");
    server.stop();
    server.restart();
    assert!(server.is_running());
}

#[test]
fn the_dead_are_not_stopped() {
    let server = Server::start();
    server.kill();
    let message = message(|| server.stop());
    assert!(message.contains("the process is dead"), "{message}");
}

#[test]
fn two_at_once_share_no_port() {
    let servers: Vec<Server> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(Server::start)).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    // One that is dead keeps its port.
    servers[0].kill();
    let late = Server::start();
    let mut ports: Vec<u16> = servers.iter().chain([&late]).map(Server::port).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 9);
}

#[test]
fn leaves_nothing_behind() {
    let server = Server::start();
    let (pid, socket) = (server.pid(), server.socket());
    drop(server);
    assert!(gone(pid));
    assert!(!socket.parent().unwrap().exists());
    let stopped = Server::start();
    stopped.stop();
    let pid = stopped.pid();
    drop(stopped);
    assert!(gone(pid));
}

/// A server lives as long as its value, not as long as the thread that started it.
#[test]
fn outlives_the_thread_that_started_it() {
    let server = std::thread::spawn(Server::start).join().unwrap();
    assert!(until(SHORT, || (!server.is_running()).then_some(())).is_none(), "{}", server.log());
    assert_eq!(server.command(&["PING"]), Reply::Status("PONG".to_owned()));
}

/// Not a test of its own: `dies_with_its_process` runs it in a process that it kills.
#[test]
fn victim() {
    if std::env::var_os("CACHE_HARNESS_VICTIM").is_some() {
        let server = Server::start();
        println!("\npid {}", server.pid());
        // Nothing is dropped.
        std::process::exit(1);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn dies_with_its_process() {
    let mut victim = std::process::Command::new(std::env::current_exe().unwrap());
    // What it leaves there, nobody else puts away.
    let folder = tempfile::tempdir().unwrap();
    victim.args(["--exact", "victim", "--nocapture"]).env("CACHE_HARNESS_VICTIM", "1").env("TMPDIR", folder.path());
    let output = victim.output().unwrap();
    assert!(!output.status.success());
    let output = String::from_utf8_lossy(&output.stdout);
    let pid = output.lines().find_map(|line| line.strip_prefix("pid ")).expect("it says whom it started");
    let pid = pid.parse().unwrap();
    assert!(until(LONG, || gone(pid).then_some(())).is_some());
}

#[test]
fn says_how_to_install_what_is_missing() {
    for name in ["/nowhere/redis-server", "no-such-redis-server"] {
        let message = message(|| drop(Server::builder().program(name).start()));
        assert!(message.contains(name) && message.contains("apt-get install redis-server"), "{message}");
        assert!(message.contains("cargo x setup") && message.contains("CACHE_REDIS_SERVER"), "{message}");
    }
}

#[test]
fn shows_its_log_when_it_does_not_start() {
    let message = message(|| drop(Server::builder().config("no-such-setting 1").start()));
    assert!(message.contains("it ended") && message.contains("no-such-setting"), "{message}");
}

/// What a server says whose port was taken is known, because it is then started on another one.
#[test]
fn knows_a_port_that_is_taken() {
    let server = Server::start();
    let taken = server.port();
    let message = message(|| drop(Server::builder().config(format!("port {taken}")).start()));
    assert!(message.contains("Address already in use"), "{message}");
}

fn message(work: impl FnOnce()) -> String {
    let panic = catch_unwind(std::panic::AssertUnwindSafe(work)).expect_err("it panics");
    *panic.downcast::<String>().expect("the message is a text")
}
