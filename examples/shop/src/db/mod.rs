//! Opening the database, and filling it when it is new.

mod fill;
mod names;
mod progress;
mod random;
mod schema;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Row};

use crate::error::Failure;
use crate::format::thousands;

/// The pool of connections that queries run on.
pub type Db = sqlx::SqlitePool;

/// How much a database is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Number of products.
    pub products: u32,
    /// Number of lines in all orders together.
    pub order_lines: u32,
}

impl Default for Size {
    fn default() -> Self {
        Self { products: 100_000, order_lines: 1_000_000 }
    }
}

impl Size {
    /// One customer for every five products, and 20 000 at most.
    #[must_use]
    pub fn customers(self) -> u32 {
        (self.products / 5).clamp(1, 20_000)
    }
}

/// What the user said about the size; `None` where nothing was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Number of products.
    pub products: Option<u32>,
    /// Number of lines in all orders together.
    pub order_lines: Option<u32>,
}

impl Wanted {
    /// Size of a new database.
    #[must_use]
    pub fn size(self) -> Size {
        let default = Size::default();
        Size {
            products: self.products.unwrap_or(default.products),
            order_lines: self.order_lines.unwrap_or(default.order_lines),
        }
    }

    /// Whether an existing database will do.
    fn accepts(self, found: Size) -> bool {
        self.products.is_none_or(|products| products == found.products)
            && self.order_lines.is_none_or(|lines| lines == found.order_lines)
    }
}

/// The default file for a database of this size. Sizes have files of their own, so that trying a small one does not
/// throw the big one away.
#[must_use]
pub fn default_path(size: Size) -> PathBuf {
    let file = if size == Size::default() {
        "shop.sqlite".to_owned()
    } else {
        format!("shop-{}-{}.sqlite", size.products, size.order_lines)
    };
    std::env::temp_dir().join("cache-shop").join(file)
}

/// Opens the database at `path`; creates and fills it if there is none.
///
/// # Errors
///
/// A [`Failure`] if the file cannot be written, is no database of this shop, or was filled with another size than `wanted`.
pub async fn open(path: &Path, wanted: Wanted) -> Result<Db, Failure> {
    if !exists(path)? {
        fill::fill(path, wanted.size()).await?;
    }
    check(path, wanted).await?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        // The connections share the system's page cache instead of copying every page into eight of their own.
        .pragma("mmap_size", "268435456");
    SqlitePoolOptions::new()
        .max_connections(8)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options)
        .await
        .map_err(|error| cannot("open", path, &error))
}

/// An empty file counts as none: it is what tools that create temporary files leave, and holds nothing to lose.
fn exists(path: &Path) -> Result<bool, Failure> {
    match std::fs::metadata(path) {
        Ok(file) if file.is_dir() => Err(Failure::new(format!("{} is a directory; --db takes a file", path.display()))),
        Ok(file) => Ok(file.len() > 0),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(cannot("read", path, &error)),
    }
}

/// Refuses files that are not ours, rather than serving errors from them later.
async fn check(path: &Path, wanted: Wanted) -> Result<(), Failure> {
    let options = SqliteConnectOptions::new().filename(path);
    let mut connection =
        SqliteConnection::connect_with(&options).await.map_err(|error| cannot("open", path, &error))?;
    let stranger = |_| {
        Failure::new(format!(
            "{} was not made by this version of the shop; delete it, or name another file with --db",
            path.display()
        ))
    };
    let found = schema::filled_with(&mut connection).await.map_err(stranger)?;
    let _ = connection.close().await;
    if wanted.accepts(found) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} holds another shop, of {} products and {} order lines; delete it, or name another file with --db",
        path.display(),
        thousands(found.products.into()),
        thousands(found.order_lines.into()),
    )))
}

fn cannot(verb: &str, path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::new(format!("cannot {verb} {}: {error}", path.display()))
}

/// `SELECT` of one number.
async fn number(connection: &mut SqliteConnection, sql: &str) -> Result<u32, sqlx::Error> {
    sqlx::query(sql).fetch_one(connection).await?.try_get(0)
}
