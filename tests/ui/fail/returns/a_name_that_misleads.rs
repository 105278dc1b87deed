#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct SearchResult;

#[cache_core::cached(ttl = "5m")]
async fn load(id: u64) -> SearchResult {
    drop(id);
    SearchResult
}

fn main() {}
