//! The client that the cache's own is made of, used directly.

use cache_harness::Server;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client};

/// A connection like the cache's own. `bounded`: with the client's own limit on answers, which is what one has who asks
/// for nothing special; the cache's own does without, since the cache has limits itself.
pub(crate) async fn connect(server: &Server, bounded: bool) -> MultiplexedConnection {
    let info = Client::open(server.url()).expect("the harness writes good addresses").get_connection_info().clone();
    let tcp = info.tcp_settings().clone().set_nodelay(true);
    let client = Client::open(info.set_tcp_settings(tcp)).expect("it was good before");
    let config = AsyncConnectionConfig::new();
    let config = if bounded { config } else { config.set_response_timeout(None).set_pipeline_buffer_size(1024) };
    client.get_multiplexed_async_connection_with_config(&config).await.expect("the server is there")
}

/// Names on the server that match a glob, in order.
pub(crate) fn names(server: &Server, glob: &str) -> Vec<String> {
    let mut names: Vec<String> =
        server.command(&["KEYS", glob]).array().iter().map(cache_harness::Reply::text).collect();
    names.sort_unstable();
    names
}

/// How many look-ups of names the server has counted.
pub(crate) fn lookups(server: &Server) -> u64 {
    let count = |field| server.info(field).and_then(|number| number.parse::<u64>().ok()).unwrap_or_default();
    count("keyspace_hits") + count("keyspace_misses")
}
