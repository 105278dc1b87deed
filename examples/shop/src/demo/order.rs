//! An order: less stock, a longer history; and one that is refused changes nothing.

use serde_json::json;

use super::claim;
use super::client::Client;
use crate::catalogue::Product;
use crate::customers::Customer;
use crate::error::Failure;
use crate::orders::Order;
use crate::say;

const STOCK: u32 = 100;
const QUANTITY: u32 = 3;

pub(super) async fn show(client: &mut Client, product: &Product) -> Result<(), Failure> {
    let (path, buyer) = (format!("/products/{}", product.id), "/customers/1");
    client.put(&path, &json!({ "stock": STOCK })).await?.expect(200)?;
    let stock = client.read::<Product>(&path).await?.stock;
    let newest = client.read::<Customer>(buyer).await?.latest_orders.first().map(|order| order.id);

    let order = json!({ "customer_id": 1, "lines": [{ "product_id": product.id, "quantity": QUANTITY }] });
    let placed: Order = client.post("/orders", &order).await?.expect(201)?.json()?;
    let left = client.read::<Product>(&path).await?.stock;
    let shown = client.read::<Customer>(buyer).await?.latest_orders.first().map(|order| order.id);
    say!("\nPOST /orders for {QUANTITY} of product {} by customer 1:", product.id);
    let number = |order: Option<u32>| order.map_or_else(|| "none".to_owned(), |id| id.to_string());
    say!("  stock {stock} -> {left}, the customer's newest order {} -> {}", number(newest), number(shown));
    claim(left + QUANTITY == stock, || format!("an order for {QUANTITY} took the stock from {stock} to {left}"))?;
    claim(shown == Some(placed.id), || format!("customer 1 does not show order {}", placed.id))?;

    let too_many = json!({ "customer_id": 1, "lines": [{ "product_id": product.id, "quantity": left + 1 }] });
    client.post("/orders", &too_many).await?.expect(409)?;
    let still = client.read::<Product>(&path).await?.stock;
    say!("POST /orders for {} of them: 409, stock {left} -> {still}\n", left + 1);
    claim(still == left, || format!("a refused order took the stock from {left} to {still}"))
}
