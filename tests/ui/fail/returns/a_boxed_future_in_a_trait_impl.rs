type BoxFuture<'f, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'f>>;

trait Load {
    fn load(&self, id: u64) -> BoxFuture<'_, u64>;
}

struct Repo;

impl Load for Repo {
    #[cache_core::cached(ttl = "5m", skip(self))]
    fn load(&self, id: u64) -> BoxFuture<'_, u64> {
        Box::pin(async move { id })
    }
}

fn main() {}
