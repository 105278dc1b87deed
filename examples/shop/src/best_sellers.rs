//! What sells best: an aggregate over all order lines.
//!
//! It is cached in two layers. The ranking is expensive and may be some minutes old. The page shows prices and stock,
//! which may not: it is made of cached products and goes when one of them changes. The next page is then built from a
//! ranking that is still there, in microseconds.

use std::sync::Arc;

use cache_core::cached;
use serde::{Deserialize, Serialize};

use crate::ShopError;
use crate::catalogue::{ALL, Product, product};
use crate::db::Db;

/// Products in a ranking.
pub const RANKS: u32 = 10;

/// A place in a ranking.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rank {
    /// The product in this place.
    pub product_id: u32,
    /// How many were sold.
    pub sold: u64,
    /// What they brought in.
    pub revenue_cents: u64,
}

/// A ranking with the products in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BestSellers {
    /// The category, or [`ALL`].
    pub category: String,
    /// Best first.
    pub products: Vec<BestSeller>,
}

/// A product and how well it sells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BestSeller {
    /// How many were sold.
    pub sold: u64,
    /// What they brought in.
    pub revenue_cents: u64,
    /// As it is now.
    pub product: Arc<Product>,
}

/// The products of a category (or of [`ALL`]) of which most were sold.
///
/// It takes most of a second to find out, and nobody minds if it is an hour old: once it is there nobody waits for it,
/// not even while the database is down.
///
/// # Errors
///
/// [`ShopError::Database`].
#[cached(ttl = "10m", stale_while_revalidate = "1h", stale_if_error = "1d", key = "{category}", skip(db))]
pub async fn ranking(db: &Db, category: &str) -> Result<Arc<Vec<Rank>>, ShopError> {
    let of_category = if category == ALL { "?1 IS NOT NULL" } else { "p.category = ?1" };
    let select = format!(
        "SELECT l.product_id, sum(l.quantity) AS sold, sum(l.quantity * l.price_cents)
         FROM order_lines l JOIN products p ON p.id = l.product_id WHERE {of_category}
         GROUP BY l.product_id ORDER BY sold DESC, l.product_id LIMIT ?2"
    );
    let ranks: Vec<(u32, u64, u64)> = sqlx::query_as(&select).bind(category).bind(RANKS).fetch_all(db).await?;
    let rank = |(product_id, sold, revenue_cents)| Rank { product_id, sold, revenue_cents };
    Ok(Arc::new(ranks.into_iter().map(rank).collect()))
}

/// The ranking of a category (or of [`ALL`]) with the products in it.
///
/// # Errors
///
/// [`ShopError::Database`].
#[cached(ttl = "5m", stale_while_revalidate = "1h", stale_if_error = "1d", key = "{category}", skip(db))]
pub async fn best_sellers(db: &Db, category: &str) -> Result<Arc<BestSellers>, ShopError> {
    let mut products = Vec::new();
    for rank in ranking(db, category).await?.iter() {
        let product = product(db, rank.product_id).await?;
        products.push(BestSeller { sold: rank.sold, revenue_cents: rank.revenue_cents, product });
    }
    Ok(Arc::new(BestSellers { category: category.to_owned(), products }))
}
