//! Placing an order: a transaction, and what has to go after it has committed.

use std::sync::Arc;

use cache_core::cache_invalidate;
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};

use crate::ShopError;
use crate::catalogue::product;
use crate::customers::customer;
use crate::db::Db;

/// Lines an order has at most.
pub const MAX_LINES: usize = 100;

/// What somebody bought.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Its number.
    pub id: u32,
    /// Who bought.
    pub customer_id: u32,
    /// When, in seconds since 1970.
    pub placed_at: i64,
    /// What.
    pub lines: Vec<OrderLine>,
}

/// One product in an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OrderLine {
    /// The product.
    pub product_id: u32,
    /// What it is called now.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// What one cost then.
    pub price_cents: u32,
}

/// What somebody wants to buy.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Who.
    pub customer_id: u32,
    /// What.
    pub lines: Vec<NewLine>,
}

/// One product that somebody wants.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewLine {
    /// The product.
    pub product_id: u32,
    /// How many.
    pub quantity: u32,
}

/// Places an order: all of it, or nothing.
///
/// The customer's page has a new order, which the attribute knows. Which products have less stock depends on the order,
/// so they are dropped by hand: every cached function has a typed `invalidate`.
///
/// # Errors
///
/// [`ShopError::BadRequest`] for an order that makes no sense, [`ShopError::NotFound`] for an unknown customer or
/// product, [`ShopError::OutOfStock`].
#[cache_invalidate(customer(order.customer_id))]
pub async fn place_order(db: &Db, order: &NewOrder) -> Result<Arc<Order>, ShopError> {
    check(order)?;
    // IMMEDIATE: it writes anyway, and a lock taken at once waits, where one taken later would fail.
    let mut transaction = db.begin_with("BEGIN IMMEDIATE").await?;
    let placed = insert(&mut transaction, order).await?;
    transaction.commit().await?;
    for line in &placed.lines {
        product::invalidate(line.product_id).await;
    }
    Ok(Arc::new(placed))
}

fn check(order: &NewOrder) -> Result<(), ShopError> {
    if order.lines.is_empty() {
        return Err(ShopError::BadRequest("an order needs at least one line".to_owned()));
    }
    if order.lines.len() > MAX_LINES {
        return Err(ShopError::BadRequest(format!("an order has {MAX_LINES} lines at most")));
    }
    if let Some(line) = order.lines.iter().find(|line| line.quantity == 0) {
        return Err(ShopError::BadRequest(format!("the quantity of product {} is 0", line.product_id)));
    }
    Ok(())
}

async fn insert(transaction: &mut Transaction<'_, Sqlite>, order: &NewOrder) -> Result<Order, ShopError> {
    let insert = "INSERT INTO orders (customer_id, placed_at)
                  SELECT id, unixepoch() FROM customers WHERE id = ? RETURNING id, placed_at";
    let inserted = sqlx::query_as(insert).bind(order.customer_id).fetch_optional(&mut **transaction).await?;
    let (id, placed_at) = inserted.ok_or_else(|| ShopError::not_found("customer", order.customer_id))?;
    let mut lines = Vec::with_capacity(order.lines.len());
    for (index, line) in order.lines.iter().enumerate() {
        let (name, price_cents) = take(transaction, line).await?;
        sqlx::query("INSERT INTO order_lines VALUES (?, ?, ?, ?, ?)")
            .bind(id)
            .bind(index as u32 + 1)
            .bind(line.product_id)
            .bind(line.quantity)
            .bind(price_cents)
            .execute(&mut **transaction)
            .await?;
        lines.push(OrderLine { product_id: line.product_id, name, quantity: line.quantity, price_cents });
    }
    Ok(Order { id, customer_id: order.customer_id, placed_at, lines })
}

/// Takes a line out of the stock: name and price of the product. Dropping the transaction puts it back.
async fn take(transaction: &mut Transaction<'_, Sqlite>, line: &NewLine) -> Result<(String, u32), ShopError> {
    let take = "UPDATE products SET stock = stock - ?2 WHERE id = ?1 AND stock >= ?2 RETURNING name, price_cents";
    let taken = sqlx::query_as(take).bind(line.product_id).bind(line.quantity);
    if let Some(taken) = taken.fetch_optional(&mut **transaction).await? {
        return Ok(taken);
    }
    let exists = sqlx::query("SELECT 1 FROM products WHERE id = ?").bind(line.product_id);
    match exists.fetch_optional(&mut **transaction).await? {
        Some(_) => Err(ShopError::OutOfStock { product_id: line.product_id, wanted: line.quantity }),
        None => Err(ShopError::not_found("product", line.product_id)),
    }
}
