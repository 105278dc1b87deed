//! Products and categories: a cached row, pages and searches made of cached rows, and the update that drops them.

use std::sync::Arc;

use cache_core::{cache_invalidate, cached};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use crate::ShopError;
use crate::db::Db;

/// Products on a page of the list.
pub const PAGE_SIZE: u32 = 20;

/// Products a search finds at most.
pub const SEARCH_LIMIT: u32 = 20;

/// Stands for every category where one can be named.
pub const ALL: &str = "all";

/// Something to buy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its number.
    pub id: u32,
    /// Slug of its category.
    pub category: String,
    /// What it is called.
    pub name: String,
    /// What one costs.
    pub price_cents: u32,
    /// How many are left.
    pub stock: u32,
}

/// One page of the list of products.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProductPage {
    /// Number of the page, from 1.
    pub page: u32,
    /// Number of pages.
    pub pages: u32,
    /// Number of products on all pages.
    pub total: u32,
    /// What is on this page, cheapest first.
    pub products: Vec<Arc<Product>>,
}

/// A part of the catalogue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Category {
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
}

/// New stock for all products of a category.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Restock {
    /// How many there are of each.
    pub stock: u32,
}

/// New values for a product; what is `None` stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProductChange {
    /// What it is called.
    pub name: Option<String>,
    /// What one costs.
    pub price_cents: Option<u32>,
    /// How many are left.
    pub stock: Option<u32>,
}

/// The product with this id.
///
/// Its category is known only once it has been read, hence `ret` in the tag, which [`restock_category`] drops.
///
/// # Errors
///
/// [`ShopError::NotFound`] if there is none. Errors are not cached.
#[cached(ttl = "5m", key = "{id}", tags = ["category:{ret.category}"], capacity = 200_000, skip(db))]
pub async fn product(db: &Db, id: u32) -> Result<Arc<Product>, ShopError> {
    let row = sqlx::query_as("SELECT id, category, name, price_cents, stock FROM products WHERE id = ?");
    let product: Option<Product> = row.bind(id).fetch_optional(db).await?;
    product.map(Arc::new).ok_or_else(|| ShopError::not_found("product", id))
}

/// A page of the products of a category (or of [`ALL`]) within a range of prices, cheapest first.
///
/// The query finds ids; the products come from [`product`]. So the page depends on each product it shows without
/// saying so, and goes when one of them goes. The tag is for the products it does *not* show yet: a new price may move
/// any product of the category onto this page. It is another tag than that of the products: a new price of one leaves
/// the others alone.
///
/// # Errors
///
/// [`ShopError::Database`].
#[cached(ttl = "5m", key = "{category}:{min_price}:{max_price}:{page}", tags = ["list:{category}"], skip(db))]
pub async fn product_page(
    db: &Db,
    category: &str,
    min_price: Option<u32>,
    max_price: Option<u32>,
    page: u32,
) -> Result<Arc<ProductPage>, ShopError> {
    let of_category = if category == ALL { "?1 IS NOT NULL" } else { "category = ?1" };
    let from = format!("FROM products WHERE {of_category} AND price_cents BETWEEN ?2 AND ?3");
    let (min, max) = (min_price.unwrap_or(0), max_price.unwrap_or(u32::MAX));

    let count = format!("SELECT count(*) {from}");
    let total: u32 = sqlx::query_scalar(&count).bind(category).bind(min).bind(max).fetch_one(db).await?;
    let select = format!("SELECT id {from} ORDER BY price_cents, id LIMIT ?4 OFFSET ?5");
    let ids = sqlx::query_scalar(&select).bind(category).bind(min).bind(max).bind(PAGE_SIZE);
    let before = i64::from(page.saturating_sub(1)) * i64::from(PAGE_SIZE);
    let ids: Vec<u32> = ids.bind(before).fetch_all(db).await?;
    let products = products(db, &ids).await?;
    Ok(Arc::new(ProductPage { page, pages: total.div_ceil(PAGE_SIZE), total, products }))
}

/// Products whose name contains `words`.
///
/// A changed product drops the searches that show it at once; one that only begins to match appears when the
/// ttl is over. To be exact, every update would have to drop every search.
///
/// # Errors
///
/// [`ShopError::Database`].
#[cached(ttl = "30s", key = "{words}", skip(db))]
pub async fn search(db: &Db, words: &str) -> Result<Arc<Vec<Arc<Product>>>, ShopError> {
    let pattern = format!("%{}%", words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let found = sqlx::query_scalar("SELECT id FROM products WHERE name LIKE ? ESCAPE '\\' ORDER BY id LIMIT ?");
    let ids: Vec<u32> = found.bind(pattern).bind(SEARCH_LIMIT).fetch_all(db).await?;
    products(db, &ids).await.map(Arc::new)
}

/// All categories.
///
/// # Errors
///
/// [`ShopError::Database`].
#[cached(ttl = "1h", skip(db))]
pub async fn categories(db: &Db) -> Result<Arc<Vec<Category>>, ShopError> {
    let rows = sqlx::query_as("SELECT slug, name FROM categories ORDER BY slug").fetch_all(db).await?;
    Ok(Arc::new(rows))
}

/// Changes a product.
///
/// Every entry made from the old one goes with `product(id)`. The tags take the lists whose order or range the new
/// values may have changed.
///
/// # Errors
///
/// [`ShopError::NotFound`] if there is no such product; then nothing is dropped.
#[cache_invalidate(product(id), tags = ["list:{ret.category}", "list:all"])]
pub async fn update_product(db: &Db, id: u32, change: &ProductChange) -> Result<Arc<Product>, ShopError> {
    let update = sqlx::query_as(
        "UPDATE products SET name = COALESCE(?2, name), price_cents = COALESCE(?3, price_cents),
                stock = COALESCE(?4, stock)
         WHERE id = ?1 RETURNING id, category, name, price_cents, stock",
    );
    let update = update.bind(id).bind(change.name.as_deref()).bind(change.price_cents).bind(change.stock);
    let product: Option<Product> = update.fetch_optional(db).await?;
    product.map(Arc::new).ok_or_else(|| ShopError::not_found("product", id))
}

/// Gives all products of a category the same stock; returns how many there are.
///
/// One tag drops them all, at the same cost whether the cache holds ten of them or a million; and with them every page
/// that shows one.
///
/// # Errors
///
/// [`ShopError::NotFound`] if there is no such category.
#[cache_invalidate(tags = ["category:{category}"])]
pub async fn restock_category(db: &Db, category: &str, stock: u32) -> Result<u64, ShopError> {
    let update = sqlx::query("UPDATE products SET stock = ?2 WHERE category = ?1").bind(category).bind(stock);
    match update.execute(db).await?.rows_affected() {
        0 => Err(ShopError::not_found("category", category)),
        products => Ok(products),
    }
}

/// Refuses a category that does not exist; [`ALL`] does.
///
/// # Errors
///
/// [`ShopError::NotFound`].
pub async fn check_category(db: &Db, slug: &str) -> Result<(), ShopError> {
    if slug == ALL || categories(db).await?.iter().any(|category| category.slug == slug) {
        return Ok(());
    }
    Err(ShopError::not_found("category", slug))
}

/// One by one: most of them are in the cache, where there is no round trip to save.
pub(crate) async fn products(db: &Db, ids: &[u32]) -> Result<Vec<Arc<Product>>, ShopError> {
    let mut products = Vec::with_capacity(ids.len());
    for &id in ids {
        products.push(product(db, id).await?);
    }
    Ok(products)
}

impl FromRow<'_, SqliteRow> for Product {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            category: row.try_get("category")?,
            name: row.try_get("name")?,
            price_cents: row.try_get("price_cents")?,
            stock: row.try_get("stock")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Category {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self { slug: row.try_get("slug")?, name: row.try_get("name")? })
    }
}
