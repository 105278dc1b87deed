//! From the options to a running service.

use std::future::IntoFuture;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use cache_core::Cache;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::app::app;
use crate::args::Args;
use crate::error::Failure;
use crate::{db, demo, say};

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
    // Before the fill, which takes a while: a port in use should be said at once.
    let listener = bind(args).await?;
    let address = listener.local_addr().map_err(|error| Failure::new(format!("no address to serve on: {error}")))?;
    let db = db::open(&path, args.size).await?;
    let cache = install()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, app(db.clone(), cache.clone())).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    let server = tokio::spawn(server.into_future());

    let demo = demo::run(address).await;
    if demo.is_ok() && !args.demo_only {
        invite(address);
        interrupted().await;
        say!("\nstopping");
    }

    let _ = stop.send(());
    // Clients that keep idle connections open are not waited for longer than this.
    let _ = tokio::time::timeout(PATIENCE, server).await;
    let _ = cache.shutdown(PATIENCE).await;
    let _ = tokio::time::timeout(PATIENCE, db.close()).await;
    demo
}

/// The cache that every `#[cached]` function of the process uses. Without this they would use one with default settings.
fn install() -> Result<Cache, Failure> {
    // A customer's page is made of up to 35 products, each with its category.
    let builder = Cache::builder().max_dependencies(128);
    builder.install().map_err(|error| Failure::new(error.to_string()))
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

/// Returns on Ctrl-C, and where there is such a thing on SIGTERM, which service managers send.
async fn interrupted() {
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
