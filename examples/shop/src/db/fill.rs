//! Fills a new database. The rows go into a file of another name that is renamed when it is complete: a fill that was
//! interrupted leaves nothing that could be taken for a database, and the next start begins again.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::Connection;
use sqlx::query::Query;
use sqlx::sqlite::{
    Sqlite, SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteLockingMode,
    SqliteSynchronous,
};

use super::names::{CATEGORIES, CITIES, FIRST_NAMES, LAST_NAMES, MATERIALS, QUALITIES};
use super::progress::Progress;
use super::random::Random;
use super::{Size, cannot, schema};
use crate::error::Failure;
use crate::format::{duration, thousands};
use crate::say;

/// 2025-01-01: the generated orders are spread over the year that begins here.
const FIRST_ORDER: i64 = 1_735_689_600;
const YEAR: i64 = 365 * 24 * 60 * 60;

/// Rows per `INSERT`. More saves nothing: parsing is long paid for, binding costs the same per row.
const BATCH: u32 = 250;

pub(super) async fn fill(path: &Path, size: Size) -> Result<(), Failure> {
    let started = Instant::now();
    let unfinished = unfinished(path);
    let interrupted = prepare(path, &unfinished).await?;
    say!("first start: filling {}", path.display());
    if interrupted {
        say!("  an earlier fill was interrupted: starting over");
    }
    let bytes = write(&unfinished, size).await.map_err(|error| cannot("fill", path, &error))?;
    std::fs::rename(&unfinished, path).map_err(|error| cannot("create", path, &error))?;
    say!(
        "  {} products, {} customers, {} order lines ({} MB) in {}",
        thousands(size.products.into()),
        thousands(size.customers().into()),
        thousands(size.order_lines.into()),
        bytes / 1_000_000,
        duration(started.elapsed())
    );
    Ok(())
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

/// Makes the directory, and clears away what an interrupted fill has left, unless another process is still at it.
/// Returns whether there was something.
async fn prepare(path: &Path, unfinished: &Path) -> Result<bool, Failure> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(|error| cannot("create", directory, &error))?;
    }
    if !unfinished.exists() {
        return Ok(false);
    }
    if is_locked(unfinished).await {
        return Err(Failure::new(format!(
            "another process is filling {}; wait for it, or name another file with --db",
            path.display()
        )));
    }
    std::fs::remove_file(unfinished).map_err(|error| cannot("delete", unfinished, &error))?;
    Ok(true)
}

/// A fill holds SQLite's exclusive lock to its end; a killed one does not.
async fn is_locked(file: &Path) -> bool {
    const BUSY: &str = "5";
    let options = SqliteConnectOptions::new().filename(file).busy_timeout(Duration::ZERO);
    let probe = async {
        let mut connection = SqliteConnection::connect_with(&options).await?;
        sqlx::query("SELECT count(*) FROM sqlite_schema").execute(&mut connection).await?;
        connection.close().await
    };
    match probe.await {
        Err(sqlx::Error::Database(error)) => error.code().as_deref() == Some(BUSY),
        _ => false,
    }
}

async fn write(file: &Path, size: Size) -> Result<u64, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        // The file is worthless until it is complete: neither a journal nor waiting for the disk would save anything.
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .locking_mode(SqliteLockingMode::Exclusive)
        .pragma("cache_size", "-65536");
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let mut transaction = connection.begin_with("BEGIN EXCLUSIVE").await?;
    sqlx::raw_sql(schema::TABLES).execute(&mut *transaction).await?;
    rows(&mut transaction, size).await?;
    schema::mark(&mut transaction, size).await?;
    transaction.commit().await?;
    connection.close().await?;
    // The one wait for the disk: after the rename the file must be whole, even if the machine stops.
    let file = std::fs::File::open(file)?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

async fn rows(connection: &mut SqliteConnection, size: Size) -> Result<(), sqlx::Error> {
    let orders = order_sizes(size.order_lines);
    // Indices weigh about a fifth of the work.
    let inserted = u64::from(size.products + size.customers() + size.order_lines) + orders.len() as u64;
    let index_share = inserted / 4 / schema::INDICES.len() as u64;
    let mut progress = Progress::new(inserted + index_share * schema::INDICES.len() as u64);

    categories(connection).await?;
    progress.now("products");
    let prices = products(connection, &mut progress, size.products).await?;
    progress.now("customers");
    customers(connection, &mut progress, size.customers()).await?;
    progress.now("orders");
    place(connection, &mut progress, &orders, size.customers()).await?;
    progress.now("order lines");
    order_lines(connection, &mut progress, &orders, &prices).await?;
    progress.now("indices");
    for index in schema::INDICES {
        sqlx::query(index).execute(&mut *connection).await?;
        progress.advance(index_share);
    }
    sqlx::query("ANALYZE").execute(connection).await?;
    progress.finish();
    Ok(())
}

async fn categories(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    for (slug, name, _) in CATEGORIES {
        sqlx::query("INSERT INTO categories VALUES (?, ?)").bind(slug).bind(name).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Returns the prices, for the order lines.
async fn products(
    connection: &mut SqliteConnection,
    progress: &mut Progress,
    count: u32,
) -> Result<Vec<u32>, sqlx::Error> {
    let mut random = Random::new(1);
    let mut prices = Vec::with_capacity(count as usize);
    insert(connection, progress, "products", 5, count, |query, index| {
        let (category, _, things) = random.pick(&CATEGORIES);
        let name = format!(
            "{} {} {} {}",
            random.pick(&QUALITIES),
            random.pick(&MATERIALS),
            random.pick(things),
            100 + random.below(900)
        );
        let price = 199 + random.skewed(500) * 100;
        prices.push(price);
        query.bind(index + 1).bind(*category).bind(name).bind(price).bind(50 + random.below(450))
    })
    .await?;
    Ok(prices)
}

async fn customers(connection: &mut SqliteConnection, progress: &mut Progress, count: u32) -> Result<(), sqlx::Error> {
    let mut random = Random::new(2);
    insert(connection, progress, "customers", 4, count, |query, index| {
        let (first, last) = (random.pick(&FIRST_NAMES), random.pick(&LAST_NAMES));
        let id = index + 1;
        let email = format!("{}.{}.{id}@example.com", first.to_lowercase(), last.to_lowercase());
        query.bind(id).bind(format!("{first} {last}")).bind(email).bind(*random.pick(&CITIES))
    })
    .await
}

/// How many lines each order has: one to seven, `lines` in all.
fn order_sizes(lines: u32) -> Vec<u32> {
    let mut random = Random::new(3);
    let mut sizes = Vec::with_capacity(lines as usize / 4);
    let mut left = lines;
    while left > 0 {
        let size = (1 + random.below(7)).min(left);
        sizes.push(size);
        left -= size;
    }
    sizes
}

async fn place(
    connection: &mut SqliteConnection,
    progress: &mut Progress,
    orders: &[u32],
    customers: u32,
) -> Result<(), sqlx::Error> {
    let mut random = Random::new(4);
    let count = orders.len() as u32;
    insert(connection, progress, "orders", 3, count, |query, index| {
        let placed_at = FIRST_ORDER + YEAR * i64::from(index) / i64::from(count);
        query.bind(index + 1).bind(1 + random.below(customers)).bind(placed_at)
    })
    .await
}

async fn order_lines(
    connection: &mut SqliteConnection,
    progress: &mut Progress,
    orders: &[u32],
    prices: &[u32],
) -> Result<(), sqlx::Error> {
    let mut random = Random::new(5);
    let products = prices.len() as u32;
    let (mut order, mut line) = (0, 0);
    insert(connection, progress, "order_lines", 5, orders.iter().sum(), |query, _| {
        if line == orders[order] {
            (order, line) = (order + 1, 0);
        }
        line += 1;
        // A few products sell a lot.
        let product = random.skewed(products);
        query
            .bind(order as u32 + 1)
            .bind(line)
            .bind(product + 1)
            .bind(1 + random.skewed(8))
            .bind(prices[product as usize])
    })
    .await
}

type Statement<'q> = Query<'q, Sqlite, SqliteArguments<'q>>;

/// Inserts `count` rows; `bind` adds the values of the row with the given number.
async fn insert(
    connection: &mut SqliteConnection,
    progress: &mut Progress,
    table: &str,
    columns: usize,
    count: u32,
    mut bind: impl for<'q> FnMut(Statement<'q>, u32) -> Statement<'q>,
) -> Result<(), sqlx::Error> {
    let row = format!("({})", vec!["?"; columns].join(","));
    let sql = |rows: u32| format!("INSERT INTO {table} VALUES {}", vec![row.as_str(); rows as usize].join(","));
    // One text for all full batches, so that SQLite parses it once.
    let full = sql(BATCH);
    let mut next = 0;
    while next < count {
        let rows = BATCH.min(count - next);
        let partial;
        let text = if rows == BATCH {
            &full
        } else {
            partial = sql(rows);
            &partial
        };
        let statement = (next..next + rows).fold(sqlx::query(text), &mut bind);
        statement.execute(&mut *connection).await?;
        next += rows;
        progress.advance(rows.into());
    }
    Ok(())
}
