//! Customers and their latest orders; and that a customer does not exist, which is worth remembering too.

use std::sync::Arc;

use cache_core::cached;
use serde::{Deserialize, Serialize};

use crate::ShopError;
use crate::catalogue::product;
use crate::db::Db;
use crate::orders::{Order, OrderLine};

/// Orders shown with a customer.
pub const LATEST: u32 = 5;

/// Somebody who buys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Customer {
    /// Their number.
    pub id: u32,
    /// What they are called.
    pub name: String,
    /// Where mail reaches them.
    pub email: String,
    /// Where they live.
    pub city: String,
    /// What they bought last, newest first.
    pub latest_orders: Vec<Order>,
}

/// A customer with their latest orders, or `None`.
///
/// Somebody who tries one number after the other costs one query per number: `negative_ttl` keeps the absence.
///
/// # Errors
///
/// [`ShopError::Database`].
#[cached(ttl = "5m", negative_ttl = "30s", key = "{id}", skip(db))]
pub async fn customer(db: &Db, id: u32) -> Result<Option<Arc<Customer>>, ShopError> {
    let row = sqlx::query_as("SELECT name, email, city FROM customers WHERE id = ?");
    let row: Option<(String, String, String)> = row.bind(id).fetch_optional(db).await?;
    let Some((name, email, city)) = row else { return Ok(None) };
    let latest_orders = latest_orders(db, id).await?;
    Ok(Some(Arc::new(Customer { id, name, email, city, latest_orders })))
}

/// Not cached itself: it is part of [`customer`], which also inherits that it read these products.
async fn latest_orders(db: &Db, customer_id: u32) -> Result<Vec<Order>, ShopError> {
    let rows: Vec<(u32, i64, u32, u32, u32)> = sqlx::query_as(
        "SELECT o.id, o.placed_at, l.product_id, l.quantity, l.price_cents
         FROM (SELECT id, placed_at FROM orders WHERE customer_id = ? ORDER BY id DESC LIMIT ?) o
         JOIN order_lines l ON l.order_id = o.id
         ORDER BY o.id DESC, l.line",
    )
    .bind(customer_id)
    .bind(LATEST)
    .fetch_all(db)
    .await?;
    let mut orders: Vec<Order> = Vec::new();
    for (id, placed_at, product_id, quantity, price_cents) in rows {
        let name = product(db, product_id).await?.name.clone();
        let line = OrderLine { product_id, name, quantity, price_cents };
        match orders.last_mut().filter(|order| order.id == id) {
            Some(order) => order.lines.push(line),
            None => orders.push(Order { id, customer_id, placed_at, lines: vec![line] }),
        }
    }
    Ok(orders)
}
