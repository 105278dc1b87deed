//! From the options to a running service.

use std::future::IntoFuture;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::middleware::{Next, from_fn};
use cache_core::Cache;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::app;
use crate::args::Args;
use crate::db::Db;
use crate::error::Failure;
use crate::{db, demo, say, tier};

/// Port to serve on when the user names none.
const PORT: u16 = 3000;

/// How long requests may take to finish after Ctrl-C.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens the database, measures, and serves until Ctrl-C (or not, with `--demo-only`).
///
/// # Errors
///
/// A [`Failure`] if something needed is missing, or if the demo saw a promise broken.
pub async fn run(args: &Args) -> Result<(), Failure> {
    let path = args.db.clone().unwrap_or_else(|| db::default_path(args.size.size()));
    // Before the fill, which takes a while: what is wrong with the settings should be said at once.
    let url = tier::url()?;
    let redis = url.as_deref().map(tier::connect).transpose()?;
    let listener = bind(args).await?;
    let db = db::open(&path, args.size).await?;
    let cache = tier::install(redis, &path).await?;
    let served = Served::start(listener, app(db.clone(), cache.clone()))?;

    let demo = if args.no_demo { Ok(()) } else { measure(served.address, &db, &cache).await };
    let demo = match demo {
        Ok(()) if !args.no_demo => demo::fleet(served.address, &path, url.as_deref().zip(cache.tier_status())).await,
        demo => demo,
    };
    if demo.is_ok() && !args.demo_only {
        invite(served.address);
        interrupted(args.while_stdin).await;
        say!("\nstopping");
    }

    served.stop().await;
    tier::part();
    let _ = cache.shutdown(PATIENCE).await;
    let _ = tokio::time::timeout(PATIENCE, db.close()).await;
    demo
}

/// The demo's measurements. With a shared tier they are made in a shop of their own that has none: others' requests and
/// what was stored earlier would be in the figures.
async fn measure(address: SocketAddr, db: &Db, cache: &Cache) -> Result<(), Failure> {
    if cache.tier_status().is_none() {
        return demo::run(address).await;
    }
    let alone = tier::settings().build().map_err(|error| Failure::new(error.to_string()))?;
    let scope = alone.clone();
    let shop = app(db.clone(), alone).layer(from_fn(move |request, next: Next| {
        let scope = scope.clone();
        async move { scope.scope(next.run(request)).await }
    }));
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await;
    let served = Served::start(listener.map_err(|error| Failure::new(format!("cannot listen: {error}")))?, shop)?;
    say!("\nthe measurements, in this process's memory alone:");
    let demo = demo::run(served.address).await;
    served.stop().await;
    // It has changed products, and told nobody.
    cache.invalidate_all().await;
    demo
}

/// A service on a port.
struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Served {
    fn start(listener: TcpListener, service: Router) -> Result<Self, Failure> {
        let address =
            listener.local_addr().map_err(|error| Failure::new(format!("no address to serve on: {error}")))?;
        let (stop, stopped) = oneshot::channel::<()>();
        let server = axum::serve(listener, service).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        Ok(Self { address, stop, server: tokio::spawn(server.into_future()) })
    }

    async fn stop(self) {
        let _ = self.stop.send(());
        // Clients that keep idle connections open are not waited for longer than this.
        let _ = tokio::time::timeout(PATIENCE, self.server).await;
    }
}

async fn bind(args: &Args) -> Result<TcpListener, Failure> {
    let bind = async |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await;
    let bound = match args.port {
        Some(port) => bind(port).await,
        None if args.demo_only => bind(0).await,
        None => match bind(PORT).await {
            Ok(listener) => Ok(listener),
            Err(error) => {
                say!("port {PORT}: {error}; taking a free one");
                bind(0).await
            }
        },
    };
    bound.map_err(|error| Failure::new(format!("cannot listen on port {}: {error}", args.port.unwrap_or_default())))
}

fn invite(address: SocketAddr) {
    say!("serving on http://{address}, Ctrl-C to stop. Try:\n");
    say!("  curl -s 'http://{address}/products/1'");
    say!("  curl -s 'http://{address}/products?category=books&max_price=2000&page=2'");
    say!("  curl -s 'http://{address}/best-sellers?category=garden'");
    say!("  curl -s -X PUT 'http://{address}/products/1' \\");
    say!("       -H 'content-type: application/json' -d '{{\"price_cents\": 999}}'");
    say!("  curl -s 'http://{address}/stats'");
}

/// Returns on Ctrl-C, on SIGTERM where there is such a thing, and if asked to when the standard input ends.
async fn interrupted(while_stdin: bool) {
    if !while_stdin {
        return signalled().await;
    }
    let (ended, end) = oneshot::channel::<()>();
    // A thread of its own: the runtime would wait for one of its threads that reads.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        drop(ended);
    });
    tokio::select! {
        () = signalled() => {}
        _ = end => {}
    }
}

/// Returns on Ctrl-C, and where there is such a thing on SIGTERM, which service managers send.
async fn signalled() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
