//! A shop on an embedded SQLite file whose queries carry `#[cached]` and whose updates carry `#[cache_invalidate]`.
//!
//! Run with `cargo run -p shop`. Where to look:
//!
//! | file | what it shows |
//! |---|---|
//! | `catalogue.rs` | a cached row, pages built from it, tags read from the result, the update that drops them |
//! | `best_sellers.rs` | an expensive aggregate kept apart from the cheap page around it, and served stale rather than waited for |
//! | `customers.rs` | caching that a row does not exist |
//! | `orders.rs` | invalidating after a transaction has committed |
//! | `app.rs` | the endpoints; why updates run to their end when the client hangs up |
//! | `tier.rs` | the shared tier on Redis, if there is one |
//! | `demo/` | the measurements printed at start |

pub mod app;
pub mod args;
pub mod best_sellers;
pub mod catalogue;
pub mod customers;
pub mod db;
pub mod demo;
pub mod error;
mod extract;
mod format;
pub mod orders;
pub mod serve;
pub mod stats;
pub mod tier;

pub use error::{Failure, ShopError};

/// `println!` that does not panic when the reader of a pipe (`| head`) has gone away.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => {{
        let _ = ::std::io::Write::write_fmt(&mut ::std::io::stdout(), ::std::format_args!("{}\n", ::std::format_args!($($text)*)));
    }};
}
