//! The two kinds of error: what a request can fail with, and what stops the program.

use std::fmt;
use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request failed.
///
/// It is `Clone`, so that a failed query answers every request that waited for it; that is why the database's own error
/// sits in an `Arc`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ShopError {
    /// There is no such thing: what was asked for, e.g. `product 7`.
    NotFound(String),
    /// The request makes no sense: why.
    BadRequest(String),
    /// The body is too long, or no JSON by its own account: the status, and why.
    Unreadable(StatusCode, String),
    /// The path exists, but not for this method.
    MethodNotAllowed,
    /// An order asks for more than there is.
    OutOfStock {
        /// The product that ran out.
        product_id: u32,
        /// How many the order asked for.
        wanted: u32,
    },
    /// The database failed.
    Database(Arc<sqlx::Error>),
}

impl ShopError {
    /// There is no `what` with this id.
    pub fn not_found(what: &str, id: impl fmt::Display) -> Self {
        Self::NotFound(format!("{what} {id}"))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unreadable(status, _) => *status,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::OutOfStock { .. } => StatusCode::CONFLICT,
            Self::Database(error) if matches!(**error, sqlx::Error::PoolTimedOut) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl fmt::Display for ShopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(what) => write!(f, "there is no {what}"),
            Self::BadRequest(why) | Self::Unreadable(_, why) => f.write_str(why),
            Self::MethodNotAllowed => f.write_str("this path does not answer that method"),
            Self::OutOfStock { product_id, wanted } => {
                write!(f, "fewer than {wanted} of product {product_id} are left")
            }
            // The details are for the operator, not for the client.
            Self::Database(_) => f.write_str("the database did not answer"),
        }
    }
}

impl std::error::Error for ShopError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for ShopError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

impl IntoResponse for ShopError {
    fn into_response(self) -> Response {
        if let Self::Database(error) = &self {
            eprintln!("shop: {error}");
        }
        (self.status(), Json(json!({ "error": self.to_string() }))).into_response()
    }
}

/// Why the program stops: a sentence for the person at the terminal.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure with this sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
