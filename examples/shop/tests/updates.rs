//! Updates: what they change, what they refuse, and that the next read is fresh.

mod common;

use axum::http::StatusCode;
use common::{Shop, assert_refused};
use serde_json::json;

#[tokio::test]
async fn the_read_after_an_update_is_fresh() {
    let shop = Shop::open().await;
    for price in [1, 2, 3] {
        shop.read("/products/7").await;
        let (status, updated) = shop.put("/products/7", &json!({ "price_cents": price })).await;
        assert_eq!((status, &updated["price_cents"]), (StatusCode::OK, &json!(price)));
        assert_eq!(shop.read("/products/7").await, updated);
    }
}

#[tokio::test]
async fn an_update_changes_what_it_names() {
    let shop = Shop::open().await;
    let before = shop.read("/products/7").await;
    let (_, renamed) = shop.put("/products/7", &json!({ "name": "Moon Rock" })).await;
    assert_eq!(renamed["name"], "Moon Rock");
    assert_eq!((&renamed["price_cents"], &renamed["stock"]), (&before["price_cents"], &before["stock"]));
    let (status, same) = shop.put("/products/7", &json!({})).await;
    assert_eq!((status, same), (StatusCode::OK, renamed));
}

#[tokio::test]
async fn pages_that_show_a_product_follow_it() {
    let shop = Shop::open().await;
    let cheapest = shop.read("/products").await["products"][0].clone();
    let path = format!("/products/{}", cheapest["id"]);
    let search = format!("/search?q={}", cheapest["name"].as_str().unwrap().to_lowercase().replace(' ', "%20"));
    assert_eq!(shop.read(&search).await[0]["id"], cheapest["id"]);

    shop.put(&path, &json!({ "price_cents": 1 })).await;
    assert_eq!(shop.read("/products").await["products"][0]["price_cents"], 1);
    assert_eq!(shop.read(&search).await[0]["price_cents"], 1);
}

#[tokio::test]
async fn pages_that_did_not_show_a_product_gain_it() {
    let shop = Shop::open().await;
    let category = shop.read("/products/7").await["category"].clone();
    let path = format!("/products?category={}&min_price=5000000", category.as_str().unwrap());
    assert_eq!(shop.read(&path).await["total"], 0);
    assert_eq!(shop.read("/products?min_price=5000000").await["total"], 0);
    shop.put("/products/7", &json!({ "price_cents": 5_000_000 })).await;
    assert_eq!(shop.read(&path).await["total"], 1);
    assert_eq!(shop.read("/products?min_price=5000000").await["total"], 1);
}

#[tokio::test]
async fn what_an_update_does_not_concern_stays() {
    let shop = Shop::open().await;
    let category = shop.read("/products/7").await["category"].clone();
    let other = if category == "toys" { "tools" } else { "toys" };
    let paths = ["/products/8".to_owned(), format!("/products?category={other}")];
    for path in &paths {
        shop.read(path).await;
    }
    shop.put("/products/7", &json!({ "price_cents": 1 })).await;
    let loads = (shop.stats("product").await.loads, shop.stats("product_page").await.loads);
    for path in &paths {
        shop.read(path).await;
    }
    assert_eq!((shop.stats("product").await.loads, shop.stats("product_page").await.loads), loads);
}

#[tokio::test]
async fn best_sellers_follow_a_price_without_ranking_again() {
    let shop = Shop::open().await;
    let best = shop.read("/best-sellers").await["products"][0]["product"].clone();
    shop.put(&format!("/products/{}", best["id"]), &json!({ "price_cents": 1 })).await;
    assert_eq!(shop.read("/best-sellers").await["products"][0]["product"]["price_cents"], 1);
    assert_eq!(shop.stats("best_sellers").await.loads, 2);
    assert_eq!(shop.stats("ranking").await.loads, 1);
}

#[tokio::test]
async fn a_tag_drops_the_products_of_a_category() {
    let shop = Shop::open().await;
    let list = shop.read("/products?category=toys").await;
    let other = shop.read("/products?category=tools").await["products"][0].clone();
    assert_ne!(list["products"][0]["stock"], 77);
    let (status, restocked) = shop.put("/categories/toys/stock", &json!({ "stock": 77 })).await;
    assert_eq!((status, &restocked["products"]), (StatusCode::OK, &list["total"]));

    let list = shop.read("/products?category=toys").await;
    assert!(list["products"].as_array().unwrap().iter().all(|product| product["stock"] == 77), "{list}");
    let loads = shop.stats("product").await.loads;
    assert_eq!(shop.read(&format!("/products/{}", other["id"])).await, other);
    assert_eq!(shop.stats("product").await.loads, loads);

    let refused = shop.put("/categories/weapons/stock", &json!({ "stock": 1 })).await;
    assert_refused(refused, StatusCode::NOT_FOUND, "category weapons");
}

#[tokio::test]
async fn updates_that_make_no_sense_are_refused() {
    let shop = Shop::open().await;
    let bad = StatusCode::BAD_REQUEST;
    assert_refused(shop.put("/products/7", &json!({ "price_cents": -1 })).await, bad, "price_cents");
    assert_refused(shop.put("/products/7", &json!({ "prize": 1 })).await, bad, "prize");
    assert_refused(shop.put("/products/7", &json!({ "name": "  " })).await, bad, "name");
    assert_refused(shop.request("PUT", "/products/7", Some("{".to_owned())).await, bad, "JSON");
    let long = format!("{{\"name\": \"{}\"}}", "x".repeat(3_000_000));
    let long = shop.request("PUT", "/products/7", Some(long)).await;
    assert_refused(long, StatusCode::PAYLOAD_TOO_LARGE, "limit");
    assert_refused(shop.put("/products/4000000000", &json!({})).await, StatusCode::NOT_FOUND, "product 4000000000");
}

#[tokio::test]
async fn an_order_takes_stock_and_shows_with_its_customer() {
    let shop = Shop::open().await;
    let before = shop.read("/products/7").await;
    shop.read("/customers/1").await;
    let (status, order) = shop.order(7, 2).await;
    assert_eq!(status, StatusCode::CREATED, "{order}");
    assert_eq!(order["lines"][0]["price_cents"], before["price_cents"]);
    let left = shop.read("/products/7").await["stock"].as_u64();
    assert_eq!(left, before["stock"].as_u64().map(|stock| stock - 2));
    assert_eq!(shop.read("/customers/1").await["latest_orders"][0], order);
}

#[tokio::test]
async fn an_order_for_more_than_there_is_changes_nothing() {
    let shop = Shop::open().await;
    let before = (shop.read("/products/7").await, shop.read("/products/8").await, shop.read("/customers/1").await);
    let lines = json!([{ "product_id": 8, "quantity": 1 }, { "product_id": 7, "quantity": 1_000_000 }]);
    let refused = shop.post("/orders", &json!({ "customer_id": 1, "lines": lines })).await;
    assert_refused(refused, StatusCode::CONFLICT, "product 7");
    let orders: u32 = sqlx::query_scalar("SELECT count(*) FROM orders WHERE placed_at > 1767225600")
        .fetch_one(&shop.db)
        .await
        .unwrap();
    assert_eq!(orders, 0);
    let after = (shop.read("/products/7").await, shop.read("/products/8").await, shop.read("/customers/1").await);
    assert_eq!(before, after);
}

#[tokio::test]
async fn orders_that_make_no_sense_are_refused() {
    let shop = Shop::open().await;
    let (bad, missing) = (StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND);
    assert_refused(shop.order(7, 0).await, bad, "product 7");
    assert_refused(shop.order(4_000_000_000, 1).await, missing, "product 4000000000");
    assert_refused(shop.post("/orders", &json!({ "customer_id": 1, "lines": [] })).await, bad, "at least one");
    assert_refused(shop.post("/orders", &json!({ "customer_id": 1 })).await, bad, "lines");
    let line = json!({ "product_id": 7, "quantity": 1 });
    let endless = json!({ "customer_id": 1, "lines": vec![&line; 101] });
    assert_refused(shop.post("/orders", &endless).await, bad, "100");
    let nobody = json!({ "customer_id": 999_999, "lines": [line] });
    assert_refused(shop.post("/orders", &nobody).await, missing, "customer 999999");
}

#[tokio::test]
async fn orders_at_the_same_time_sell_no_product_twice() {
    let shop = Shop::open().await;
    shop.put("/products/7", &json!({ "stock": 5 })).await;
    let orders = (0..20).map(|_| shop.order(7, 1));
    let answers = futures_util::future::join_all(orders).await;
    let count = |wanted| answers.iter().filter(|(status, _)| *status == wanted).count();
    assert_eq!((count(StatusCode::CREATED), count(StatusCode::CONFLICT)), (5, 15));
    assert_eq!(shop.read("/products/7").await["stock"], 0);
}
