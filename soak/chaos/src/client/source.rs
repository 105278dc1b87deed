//! The source of truth: one SQLite file that all processes share.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::entries::ROWS;
use crate::moment::{Moment, now};

/// An error of the source. A cached function's errors can be cloned.
#[derive(Debug, Clone)]
pub(crate) struct SourceError(#[expect(dead_code, reason = "for people who print it")] String);

/// The table of rows and their versions.
#[derive(Debug)]
pub(crate) struct Source(SqlitePool);

/// A commit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Committed {
    pub(crate) row: u32,
    pub(crate) version: u32,
    /// When the commit had returned.
    pub(crate) after: Moment,
}

impl Source {
    /// Opens the file.
    ///
    /// # Panics
    ///
    /// If it cannot be opened.
    pub(crate) async fn open(path: &Path) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A machine that dies takes the run with it.
            .synchronous(SqliteSynchronous::Off)
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new().max_connections(4).acquire_timeout(Duration::from_secs(20));
        Self(pool.connect_with(options).await.expect("the file can be opened"))
    }

    /// Makes the table, with version 0 of each row.
    ///
    /// # Panics
    ///
    /// If it cannot be made.
    pub(crate) async fn fill(&self) {
        let table = "CREATE TABLE rows (id INTEGER PRIMARY KEY, version INTEGER NOT NULL)";
        sqlx::query(table).execute(&self.0).await.expect("the file is new");
        let rows = "WITH RECURSIVE n(id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM n WHERE id + 1 < ?) \
                    INSERT INTO rows SELECT id, 0 FROM n";
        sqlx::query(rows).bind(ROWS).execute(&self.0).await.expect("the table is empty");
    }

    /// The versions of all rows.
    ///
    /// # Panics
    ///
    /// If they cannot be read.
    pub(crate) async fn versions(&self) -> Vec<u32> {
        sqlx::query_scalar("SELECT version FROM rows ORDER BY id").fetch_all(&self.0).await.expect("it can be read")
    }

    /// The version of a row.
    pub(crate) async fn version(&self, row: u32) -> Result<u32, SourceError> {
        let query = sqlx::query_scalar("SELECT version FROM rows WHERE id = ?").bind(row);
        query.fetch_one(&self.0).await.map_err(|error| failed(&error))
    }

    /// Gives rows new versions, all of them or none.
    pub(crate) async fn commit(&self, rows: &[u32]) -> Result<Vec<Committed>, SourceError> {
        let mut transaction = self.0.begin_with("BEGIN IMMEDIATE").await.map_err(|error| failed(&error))?;
        let mut versions = Vec::with_capacity(rows.len());
        for row in rows {
            let update = "UPDATE rows SET version = version + 1 WHERE id = ? RETURNING version";
            let query = sqlx::query_scalar::<_, u32>(update).bind(row);
            versions.push(query.fetch_one(&mut *transaction).await.map_err(|error| failed(&error))?);
        }
        transaction.commit().await.map_err(|error| failed(&error))?;
        let after = now();
        Ok(rows.iter().zip(versions).map(|(&row, version)| Committed { row, version, after }).collect())
    }
}

fn failed(error: &sqlx::Error) -> SourceError {
    SourceError(error.to_string())
}
