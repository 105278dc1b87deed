//! One core for the server and another for the client, so that neither takes the other's time.

use cache_harness::Server;

/// Puts the server on core 0 and this thread, with all that it starts, on core 1. Says whether that was possible.
#[cfg(target_os = "linux")]
pub(crate) fn apart(server: &Server) -> bool {
    use rustix::process::Pid;

    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let server = i32::try_from(server.pid()).ok().and_then(Pid::from_raw);
    cores >= 2 && server.is_some_and(|server| pin(Some(server), &[0])) && pin(None, &[1])
}

/// Lets this thread run anywhere again.
#[cfg(target_os = "linux")]
pub(crate) fn anywhere() {
    let all: Vec<usize> = (0..rustix::thread::CpuSet::MAX_CPU).collect();
    pin(None, &all);
}

#[cfg(target_os = "linux")]
fn pin(process: Option<rustix::process::Pid>, cores: &[usize]) -> bool {
    let mut set = rustix::thread::CpuSet::new();
    cores.iter().for_each(|core| set.set(*core));
    rustix::thread::sched_setaffinity(process, &set).is_ok()
}

/// Nothing that is known to work here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn apart(_: &Server) -> bool {
    false
}

/// Nothing was changed.
#[cfg(not(target_os = "linux"))]
pub(crate) fn anywhere() {}
