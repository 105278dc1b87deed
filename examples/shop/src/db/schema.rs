//! Tables and indices, and the marks by which a finished database is recognised.

use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::{Size, number};

/// "shop" in ASCII, SQLite's `application_id`: tells our files from other people's.
const APPLICATION: u32 = 0x7368_6f70;

/// Raise it when the tables or the generated data change: files of older versions are then refused.
const VERSION: u32 = 1;

/// Prices are in cents, times in seconds since 1970.
pub(super) const TABLES: &str = "
CREATE TABLE categories (slug TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE products (
    id          INTEGER PRIMARY KEY,
    category    TEXT    NOT NULL REFERENCES categories (slug),
    name        TEXT    NOT NULL,
    price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
    stock       INTEGER NOT NULL CHECK (stock >= 0)
);
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, city TEXT NOT NULL);
CREATE TABLE orders (
    id          INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    placed_at   INTEGER NOT NULL
);
-- Clustered by order: the lines of an order lie together, and a fill appends.
CREATE TABLE order_lines (
    order_id    INTEGER NOT NULL REFERENCES orders (id),
    line        INTEGER NOT NULL,
    product_id  INTEGER NOT NULL REFERENCES products (id),
    quantity    INTEGER NOT NULL CHECK (quantity > 0),
    price_cents INTEGER NOT NULL,
    PRIMARY KEY (order_id, line)
) WITHOUT ROWID;
CREATE TABLE filled (products INTEGER NOT NULL, order_lines INTEGER NOT NULL);
";

/// Made after the rows are in: sorting once is cheaper than a million insertions into each.
pub(super) const INDICES: [&str; 4] = [
    "CREATE INDEX products_by_category ON products (category, price_cents)",
    "CREATE INDEX products_by_price ON products (price_cents)",
    "CREATE INDEX orders_by_customer ON orders (customer_id)",
    "CREATE INDEX order_lines_by_product ON order_lines (product_id)",
];

/// Marks the database as complete.
pub(super) async fn mark(connection: &mut SqliteConnection, size: Size) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO filled VALUES (?, ?)")
        .bind(size.products)
        .bind(size.order_lines)
        .execute(&mut *connection)
        .await?;
    let marks = format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};");
    sqlx::raw_sql(&marks).execute(connection).await?;
    Ok(())
}

/// What a complete database of ours was filled with; an error for any other file.
pub(super) async fn filled_with(connection: &mut SqliteConnection) -> Result<Size, sqlx::Error> {
    let application = number(connection, "PRAGMA application_id").await?;
    let version = number(connection, "PRAGMA user_version").await?;
    if (application, version) != (APPLICATION, VERSION) {
        return Err(sqlx::Error::RowNotFound);
    }
    let row = sqlx::query("SELECT products, order_lines FROM filled").fetch_one(connection).await?;
    Ok(Size { products: row.try_get(0)?, order_lines: row.try_get(1)? })
}
