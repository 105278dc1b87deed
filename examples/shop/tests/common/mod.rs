//! A small shop in a directory of its own.

#![allow(dead_code, reason = "not every test file uses everything")]

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use cache_core::Cache;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use shop::app::app;
use shop::db::{self, Db, Wanted};
use shop::stats::FunctionStats;
use tower::ServiceExt;

/// Products in a test shop.
pub(crate) const PRODUCTS: u32 = 300;

/// Order lines in a test shop.
pub(crate) const ORDER_LINES: u32 = 3_000;

/// A shop without a socket: requests go straight to the router.
pub(crate) struct Shop {
    app: Router,
    cache: Cache,
    /// To change things behind the cache's back.
    pub(crate) db: Db,
    _directory: tempfile::TempDir,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let db = db::open(&directory.path().join("shop.sqlite"), small()).await.expect("a small shop");
        let cache = Cache::new();
        Self { app: app(db.clone(), cache.clone()), cache, db, _directory: directory }
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.request("GET", path, None).await
    }

    /// GET that MUST succeed.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, StatusCode::OK, "GET {path}: {body}");
        body
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.request("PUT", path, Some(body.to_string())).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.request("POST", path, Some(body.to_string())).await
    }

    /// A request with this body; every answer MUST be JSON.
    pub(crate) async fn request(&self, method: &str, path: &str, body: Option<String>) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.map_or_else(Body::empty, Body::from))
            .expect("a valid request");
        // In the scope of this shop's own cache: product 1 of another test's shop is another product.
        let response = self.cache.scope(self.app.clone().oneshot(request)).await.expect("routers do not fail");
        let status = response.status();
        let body = response.into_body().collect().await.expect("a body in memory").to_bytes();
        let json = serde_json::from_slice(&body)
            .unwrap_or_else(|error| panic!("{method} {path} answered {status} with {body:?}: {error}"));
        (status, json)
    }

    /// Statistics of a cached function, as `/stats` shows them.
    pub(crate) async fn stats(&self, function: &str) -> FunctionStats {
        let stats: shop::stats::Stats = serde_json::from_value(self.read("/stats").await).expect("statistics");
        stats.of(function)
    }

    /// An order by customer 1 for `quantity` of `product`.
    pub(crate) async fn order(&self, product: u32, quantity: u32) -> (StatusCode, Value) {
        let lines = json!([{ "product_id": product, "quantity": quantity }]);
        self.post("/orders", &json!({ "customer_id": 1, "lines": lines })).await
    }
}

/// Size of a test shop.
pub(crate) fn small() -> Wanted {
    Wanted { products: Some(PRODUCTS), order_lines: Some(ORDER_LINES) }
}

/// Asserts a refusal: the status, and that the message mentions `word`.
#[track_caller]
pub(crate) fn assert_refused((status, body): (StatusCode, Value), expected: StatusCode, word: &str) {
    assert_eq!(status, expected, "{body}");
    let message = body["error"].as_str().unwrap_or_else(|| panic!("no message in {body}"));
    assert!(message.contains(word), "`{message}` does not mention `{word}`");
}
