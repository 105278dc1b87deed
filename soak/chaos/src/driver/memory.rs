//! Servers that are short of memory.

use std::time::Duration;

use cache_harness::{Reply, Server};

/// Values that are about to expire, a kilobyte each, under names of one slot.
const FILLER: &str = "for i = 1, 8000 do redis.call('SET', KEYS[1] .. i, string.rep('x', 1000), 'EX', 30) end return 1";

/// Puts other keys there, then leaves so little memory that some have to go, for this long.
pub(crate) fn evict(server: &Server, name: &str, policy: &str, time: Duration) {
    let filled = server.command(&["EVAL", FILLER, "1", &format!("{{{name}}}:filler:")]);
    assert_eq!(filled, Reply::Int(1), "the filler is written");
    let used: u64 = server.info("used_memory").and_then(|used| used.parse().ok()).unwrap_or_default();
    set(server, "maxmemory-policy", policy);
    set(server, "maxmemory", &used.saturating_sub(6 << 20).max(2 << 20).to_string());
    std::thread::sleep(time);
}

/// Leaves no memory, and has nothing evicted.
pub(crate) fn fill(server: &Server) {
    set(server, "maxmemory-policy", "noeviction");
    set(server, "maxmemory", "1");
}

/// As much memory as is needed.
pub(crate) fn relieve(server: &Server) {
    set(server, "maxmemory", "0");
}

fn set(server: &Server, name: &str, value: &str) {
    let reply = server.command(&["CONFIG", "SET", name, value]);
    assert!(reply.is_ok(), "CONFIG SET {name} {value}: {reply}");
}
