//! What several processes make of one key.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use cache_benches::figures::Figure;
use cache_benches::rounds::quantile;
use cache_harness::Server;

use super::roles::{Player, keeping_region, moment};
use super::world::{threads, value};

/// So many processes want a key at once.
const CROWDS: usize = 4;
/// So many keys they want, one after the other.
const STAMPEDES: u64 = 5;
/// How long a holder holds before it is killed: at different distances from the extension of its lease.
const HELD: [u64; 4] = [100, 500, 900, 1300];
const INVALIDATIONS: u64 = 101;

/// The figures.
pub(crate) fn figures() -> Vec<Figure> {
    let server = Server::start();
    let mut found = vec![stampede(&server), killed_holder(&server)];
    found.extend(propagation(&server));
    found
}

fn stampede(server: &Server) -> Figure {
    let mut crowds: Vec<Player> = (0..CROWDS).map(|_| Player::start("crowd", server)).collect();
    let loads = (1..=STAMPEDES).map(|key| {
        server.command(&["SET", "loads", "0"]);
        crowds.iter_mut().for_each(|crowd| crowd.order(&key.to_string()));
        crowds.iter_mut().for_each(|crowd| assert_eq!(crowd.hear(), "done"));
        server.command(&["GET", "loads"]).text().parse::<f64>().expect("a number")
    });
    Figure::new("stampede_loads", loads.fold(0.0, f64::max), "loads of one cold key, 4 processes of 250 tasks; worst")
}

fn killed_holder(server: &Server) -> Figure {
    let runtime = threads();
    let region = runtime.block_on(keeping_region(&server.url()));
    let waits = HELD.iter().zip(1000_u64..).map(|(held, key)| {
        let mut holder = Player::start("holder", server);
        holder.order(&key.to_string());
        assert_eq!(holder.hear(), "loading");
        std::thread::sleep(Duration::from_millis(*held));
        holder.kill();
        let before = Instant::now();
        let load = || async move { Ok::<_, Infallible>(value(key as usize)) };
        drop(runtime.block_on(region.get_or_load(&key, load)));
        before.elapsed().as_secs_f64() * 1e3
    });
    Figure::new("killed_holder_ms", waits.fold(0.0, f64::max), "wait for a key whose loader was killed; worst of four")
}

fn propagation(server: &Server) -> [Figure; 2] {
    let runtime = threads();
    let region = runtime.block_on(keeping_region(&server.url()));
    let mut listener = Player::start("listener", server);
    let times: Vec<f64> = (2000..2000 + INVALIDATIONS)
        .map(|key| {
            listener.order(&key.to_string());
            assert_eq!(listener.hear(), "kept");
            let begun = moment();
            runtime.block_on(async { region.invalidate(&key).await });
            let dropped: u64 = listener.hear().parse().expect("a moment");
            dropped.saturating_sub(begun) as f64 / 1e3
        })
        .collect();
    [
        Figure::new(
            "propagation_median_us",
            quantile(&times, 0.5),
            "from an invalidation to the drop in another process",
        ),
        Figure::new("propagation_p99_us", quantile(&times, 0.99), "the same, of a hundred the worst but one"),
    ]
}
