//! What one update drops, and what it leaves.

use serde_json::{Value, json};

use super::claim;
use super::client::Client;
use super::table::Table;
use crate::best_sellers::BestSellers;
use crate::catalogue::{Category, Product, ProductPage};
use crate::error::Failure;
use crate::format::price;
use crate::say;

/// A read before and after the update: what it shows, and the function that answers it.
struct Read {
    path: String,
    function: &'static str,
    shows: fn(&Value) -> String,
    /// Whether the update concerns it.
    concerned: bool,
}

/// The product that sells best: the one shown in most places.
pub(super) async fn pick(client: &mut Client) -> Result<Product, Failure> {
    let best: BestSellers = client.read("/best-sellers").await?;
    let best = best.products.first().ok_or_else(|| Failure::new("nothing was ever sold in this shop"))?;
    Ok(Product::clone(&best.product))
}

pub(super) async fn show(client: &mut Client, categories: &[Category], product: &Product) -> Result<(), Failure> {
    // Beyond every price there is, so that one list gains a product.
    let new_price = dearest(client, product).await?.max(999_999) + 1;
    let reads = reads(categories, product, new_price);
    let mut before = Vec::new();
    for read in &reads {
        before.push((read.shows)(&client.read(&read.path).await?));
    }
    let rankings = client.stats().await?.of("ranking").loads;

    let update = json!({ "price_cents": new_price });
    say!("\nPUT /products/{} {update}  ({})", product.id, product.name);
    client.put(&format!("/products/{}", product.id), &update).await?.expect(200)?;

    let table = Table::new([50, 10, 11, 6], ["the next read", "before", "after", "loads"]);
    for (read, before) in reads.iter().zip(before) {
        let loads = client.stats().await?.of(read.function).loads;
        let after = (read.shows)(&client.read(&read.path).await?);
        let loads = client.stats().await?.of(read.function).loads - loads;
        table.row([&format!("GET {}", read.path), &before, &after, &loads.to_string()]);
        claim((loads == 1) == read.concerned && loads < 2, || {
            format!("after the update of product {}, GET {} ran its queries {loads} times", product.id, read.path)
        })?;
        claim((before != after) == read.concerned, || {
            format!("before the update GET {} showed {before}, after it {after}", read.path)
        })?;
    }
    let rankings = client.stats().await?.of("ranking").loads - rankings;
    table.row(["  its ranking, cached apart: no price is in it", "", "", &rankings.to_string()]);
    claim(rankings == 0, || "a new price made the shop rank its best sellers again".to_owned())
}

fn reads(categories: &[Category], product: &Product, new_price: u32) -> Vec<Read> {
    let category = &product.category;
    let other = categories.iter().map(|other| &other.slug).find(|other| *other != category).unwrap_or(category);
    let other_product = if product.id == 1 { 38 } else { 1 };
    let read = |path, function, shows, concerned| Read { path, function, shows, concerned };
    vec![
        read(format!("/products/{}", product.id), "product", |it| cents(&it["price_cents"]), true),
        read(format!("/products?category={category}&min_price={new_price}"), "product_page", found, true),
        read(format!("/products/{other_product}"), "product", |it| cents(&it["price_cents"]), false),
        read(format!("/products?category={other}&min_price=1500"), "product_page", found, false),
        read(
            "/best-sellers".to_owned(),
            "best_sellers",
            |it| cents(&it["products"][0]["product"]["price_cents"]),
            true,
        ),
    ]
}

async fn dearest(client: &mut Client, product: &Product) -> Result<u32, Failure> {
    let path = format!("/products?category={}&min_price=999999", product.category);
    let page: ProductPage = client.read(&path).await?;
    Ok(page.products.iter().map(|one| one.price_cents).max().unwrap_or_default().max(product.price_cents))
}

fn cents(value: &Value) -> String {
    price(value.as_u64().unwrap_or_default())
}

fn found(page: &Value) -> String {
    format!("{} found", page["total"])
}
