//! The endpoints. They check what comes in and call the functions that hold the queries.

use std::sync::Arc;

use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use cache_core::{Cache, tracked};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::best_sellers::{BestSellers, best_sellers};
use crate::catalogue::{self, ALL, Product, ProductChange, ProductPage, Restock};
use crate::customers::{Customer, customer};
use crate::db::Db;
use crate::extract::{self, Path, Query};
use crate::orders::{self, NewOrder};
use crate::{ShopError, stats};

type Answer<T> = Result<Json<T>, ShopError>;

/// What the handlers need.
#[derive(Clone)]
struct Shop {
    db: Db,
    cache: Cache,
}

/// The shop as a service. `cache` is the one whose statistics it shows: that which the process has installed, or that
/// in whose scope a test calls the service.
pub fn app(db: Db, cache: Cache) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/products", get(list_products))
        .route("/products/{id}", get(show_product).put(change_product))
        .route("/search", get(search_products))
        .route("/best-sellers", get(show_best_sellers))
        .route("/categories", get(list_categories))
        .route("/categories/{slug}/stock", put(restock))
        .route("/customers/{id}", get(show_customer))
        .route("/orders", post(place_order))
        .route("/stats", get(show_stats))
        .fallback(async |uri: axum::http::Uri| ShopError::not_found("path", uri.path()))
        .method_not_allowed_fallback(async || ShopError::MethodNotAllowed)
        .with_state(Shop { db, cache })
}

impl FromRef<Shop> for Db {
    fn from_ref(shop: &Shop) -> Self {
        shop.db.clone()
    }
}

impl FromRef<Shop> for Cache {
    fn from_ref(shop: &Shop) -> Self {
        shop.cache.clone()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    category: Option<String>,
    min_price: Option<u32>,
    max_price: Option<u32>,
    page: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchQuery {
    q: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryQuery {
    category: Option<String>,
}

async fn index() -> Json<Value> {
    Json(json!({
        "GET /products/{id}": "a product; prices are in cents",
        "GET /products?category=&min_price=&max_price=&page=": "a page of products, cheapest first",
        "GET /search?q=": "products by name",
        "GET /best-sellers?category=": "what sells best",
        "GET /categories": "all categories",
        "GET /customers/{id}": "a customer with their latest orders",
        "PUT /products/{id}": "change name, price_cents or stock",
        "PUT /categories/{slug}/stock": "give all products of a category the same stock: {stock}",
        "POST /orders": "place an order: {customer_id, lines: [{product_id, quantity}]}",
        "GET /stats": "what the cache did, and how it stands with the shared tier",
    }))
}

async fn show_product(State(db): State<Db>, Path(id): Path<u32>) -> Answer<Arc<Product>> {
    Ok(Json(catalogue::product(&db, id).await?))
}

async fn list_products(State(db): State<Db>, Query(query): Query<ListQuery>) -> Answer<Arc<ProductPage>> {
    let category = query.category.as_deref().unwrap_or(ALL);
    let page = query.page.unwrap_or(1);
    if page == 0 {
        return Err(ShopError::BadRequest("pages are counted from 1".to_owned()));
    }
    if query.min_price > query.max_price && query.max_price.is_some() {
        return Err(ShopError::BadRequest("min_price is above max_price".to_owned()));
    }
    catalogue::check_category(&db, category).await?;
    Ok(Json(catalogue::product_page(&db, category, query.min_price, query.max_price, page).await?))
}

async fn search_products(State(db): State<Db>, Query(query): Query<SearchQuery>) -> Answer<Arc<Vec<Arc<Product>>>> {
    // One spelling per search: "  Oak " and "oak" share an entry.
    let words = query.q.trim().to_lowercase();
    if !(2..=100).contains(&words.chars().count()) {
        return Err(ShopError::BadRequest("q takes from 2 to 100 characters".to_owned()));
    }
    Ok(Json(catalogue::search(&db, &words).await?))
}

async fn show_best_sellers(State(db): State<Db>, Query(query): Query<CategoryQuery>) -> Answer<Arc<BestSellers>> {
    let category = query.category.as_deref().unwrap_or(ALL);
    catalogue::check_category(&db, category).await?;
    Ok(Json(best_sellers(&db, category).await?))
}

async fn list_categories(State(db): State<Db>) -> Answer<Arc<Vec<catalogue::Category>>> {
    Ok(Json(catalogue::categories(&db).await?))
}

async fn show_customer(State(db): State<Db>, Path(id): Path<u32>) -> Answer<Arc<Customer>> {
    Ok(Json(customer(&db, id).await?.ok_or_else(|| ShopError::not_found("customer", id))?))
}

async fn change_product(
    State(db): State<Db>,
    Path(id): Path<u32>,
    extract::Json(change): extract::Json<ProductChange>,
) -> Result<Response, ShopError> {
    if change.name.as_ref().is_some_and(|name| name.trim().is_empty() || name.len() > 200) {
        return Err(ShopError::BadRequest("a name has from 1 to 200 characters".to_owned()));
    }
    to_the_end(async move {
        let product = catalogue::update_product(&db, id, &change).await?;
        Ok(Json(product).into_response())
    })
    .await
}

async fn restock(
    State(db): State<Db>,
    Path(category): Path<String>,
    extract::Json(restock): extract::Json<Restock>,
) -> Result<Response, ShopError> {
    to_the_end(async move {
        let products = catalogue::restock_category(&db, &category, restock.stock).await?;
        Ok(Json(json!({ "products": products })).into_response())
    })
    .await
}

async fn place_order(
    State(db): State<Db>,
    extract::Json(order): extract::Json<NewOrder>,
) -> Result<Response, ShopError> {
    to_the_end(async move {
        let placed = orders::place_order(&db, &order).await?;
        Ok((StatusCode::CREATED, Json(placed)).into_response())
    })
    .await
}

async fn show_stats(State(cache): State<Cache>) -> Json<stats::Stats> {
    Json(stats::stats(&cache))
}

/// Runs an update as a task of its own.
///
/// A handler is dropped when its client hangs up. That must not happen between the commit and the invalidation that
/// belongs to it. `tracked` takes the cache along when the caller is in the scope of one, as tests are.
async fn to_the_end<F>(update: F) -> Result<Response, ShopError>
where
    F: Future<Output = Result<Response, ShopError>> + Send + 'static,
{
    match tokio::spawn(tracked(update)).await {
        Ok(answer) => answer,
        Err(stopped) => match stopped.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The server stops while the update runs.
            Err(_) => Ok(StatusCode::SERVICE_UNAVAILABLE.into_response()),
        },
    }
}
