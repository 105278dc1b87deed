//! What the endpoints answer, and what they refuse.

mod common;

use axum::http::StatusCode;
use common::{ORDER_LINES, PRODUCTS, Shop, assert_refused};
use serde_json::Value;

#[tokio::test]
async fn a_product_is_shown() {
    let shop = Shop::open().await;
    let product = shop.read("/products/1").await;
    assert_eq!(product["id"], 1);
    assert!(product["price_cents"].as_u64() > Some(0) && product["stock"].as_u64() > Some(0), "{product}");
    assert_eq!(product, shop.read("/products/1").await);
    let stats = shop.stats("product").await;
    assert_eq!((stats.loads, stats.hits, stats.entries), (1, 1, 1));
}

#[tokio::test]
async fn products_that_do_not_exist_are_not_found() {
    let shop = Shop::open().await;
    assert_refused(shop.get("/products/4000000000").await, StatusCode::NOT_FOUND, "product 4000000000");
    assert_refused(shop.get("/products/0").await, StatusCode::NOT_FOUND, "product 0");
}

#[tokio::test]
async fn ids_that_are_no_ids_are_refused() {
    let shop = Shop::open().await;
    for id in ["abc", "-1", "1.5", "99999999999", "%00"] {
        assert_refused(shop.get(&format!("/products/{id}")).await, StatusCode::BAD_REQUEST, "u32");
        assert_refused(shop.get(&format!("/customers/{id}")).await, StatusCode::BAD_REQUEST, "u32");
    }
}

#[tokio::test]
async fn pages_go_through_all_products_by_price() {
    let shop = Shop::open().await;
    let mut prices = Vec::new();
    let first = shop.read("/products").await;
    assert_eq!(first["total"], PRODUCTS);
    for page in 1..=first["pages"].as_u64().unwrap() {
        let page = shop.read(&format!("/products?page={page}")).await;
        let products = page["products"].as_array().unwrap();
        prices.extend(products.iter().map(|product| product["price_cents"].as_u64().unwrap()));
    }
    assert_eq!(prices.len(), PRODUCTS as usize);
    assert!(prices.is_sorted());
    let beyond = shop.read("/products?page=1000").await;
    assert_eq!(beyond["products"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn filters_leave_what_they_promise() {
    let shop = Shop::open().await;
    let page = shop.read("/products?category=garden&min_price=1000&max_price=9000").await;
    let products = page["products"].as_array().unwrap();
    assert!(!products.is_empty());
    for product in products {
        assert_eq!(product["category"], "garden");
        assert!((1000..=9000).contains(&product["price_cents"].as_u64().unwrap()), "{product}");
    }
    let all = shop.read("/products?category=all").await;
    assert_eq!(all["total"], PRODUCTS);
}

#[tokio::test]
async fn filters_that_make_no_sense_are_refused() {
    let shop = Shop::open().await;
    let bad = StatusCode::BAD_REQUEST;
    assert_refused(shop.get("/products?page=0").await, bad, "from 1");
    assert_refused(shop.get("/products?page=x").await, bad, "page");
    assert_refused(shop.get("/products?min_price=-5").await, bad, "min_price");
    assert_refused(shop.get("/products?min_price=9&max_price=8").await, bad, "above");
    assert_refused(shop.get("/products?colour=red").await, bad, "colour");
    assert_refused(shop.get("/products?category=weapons").await, StatusCode::NOT_FOUND, "category weapons");
}

#[tokio::test]
async fn a_search_finds_names_in_any_spelling() {
    let shop = Shop::open().await;
    let found = shop.read("/search?q=OAK").await;
    let found = found.as_array().unwrap();
    assert!(!found.is_empty());
    assert!(found.iter().all(|product| product["name"].as_str().unwrap().contains("Oak")));
    shop.read("/search?q=%20oak%20").await;
    assert_eq!(shop.stats("search").await.loads, 1);
}

#[tokio::test]
async fn a_search_takes_wildcards_literally() {
    let shop = Shop::open().await;
    for words in ["%25%25", "o_k", "%5C%5C"] {
        assert_eq!(shop.read(&format!("/search?q={words}")).await, Value::Array(Vec::new()), "{words}");
    }
}

#[tokio::test]
async fn searches_for_nothing_are_refused() {
    let shop = Shop::open().await;
    let bad = StatusCode::BAD_REQUEST;
    assert_refused(shop.get("/search").await, bad, "q");
    assert_refused(shop.get("/search?q=").await, bad, "2 to 100");
    assert_refused(shop.get("/search?q=%20%20a%20").await, bad, "2 to 100");
    assert_refused(shop.get(&format!("/search?q={}", "x".repeat(101))).await, bad, "2 to 100");
}

#[tokio::test]
async fn best_sellers_are_what_the_order_lines_say() {
    let shop = Shop::open().await;
    for (path, filter) in [("/best-sellers", ""), ("/best-sellers?category=toys", "WHERE category = 'toys'")] {
        let best = shop.read(path).await;
        let sold: Vec<u64> =
            best["products"].as_array().unwrap().iter().map(|it| it["sold"].as_u64().unwrap()).collect();
        let expected: Vec<u64> = sqlx::query_scalar(&format!(
            "SELECT sum(quantity) AS sold FROM order_lines
             WHERE product_id IN (SELECT id FROM products {filter}) GROUP BY product_id ORDER BY sold DESC LIMIT 10"
        ))
        .fetch_all(&shop.db)
        .await
        .unwrap();
        assert_eq!(sold, expected, "{path}");
    }
    assert_refused(shop.get("/best-sellers?category=x").await, StatusCode::NOT_FOUND, "category x");
}

#[tokio::test]
async fn customers_have_their_latest_orders() {
    let shop = Shop::open().await;
    let mut lines = 0;
    for id in 1..=PRODUCTS / 5 {
        let customer = shop.read(&format!("/customers/{id}")).await;
        let orders = customer["latest_orders"].as_array().unwrap();
        assert!(orders.len() <= 5);
        assert!(orders.windows(2).all(|pair| pair[0]["id"].as_u64() > pair[1]["id"].as_u64()));
        lines += orders.iter().map(|order| order["lines"].as_array().unwrap().len()).sum::<usize>();
    }
    assert!(lines > 100 && lines < ORDER_LINES as usize, "{lines}");
}

#[tokio::test]
async fn that_a_customer_does_not_exist_is_remembered() {
    let shop = Shop::open().await;
    for _ in 0..3 {
        assert_refused(shop.get("/customers/999999").await, StatusCode::NOT_FOUND, "customer 999999");
    }
    assert_eq!(shop.stats("customer").await.loads, 1);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_in_json() {
    let shop = Shop::open().await;
    assert_refused(shop.get("/nothing").await, StatusCode::NOT_FOUND, "/nothing");
    let deleted = shop.request("DELETE", "/products/1", None).await;
    assert_refused(deleted, StatusCode::METHOD_NOT_ALLOWED, "method");
    assert!(shop.read("/").await.as_object().unwrap().contains_key("GET /stats"));
}
