//! What a million entries take, what it takes to invalidate them, and what is left of them when their time is over.
//! Run it with `cargo x bench memory`.

mod expiry;
mod invalidations;
mod rows;

use std::process::ExitCode;

use cache_benches::alloc::Counting;
use cache_benches::figures::{self, Limit};
use cache_benches::footprint::{self, ENTRIES, PAYLOAD};
use cache_benches::options::Options;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const LIMITS: &[(&str, f64)] =
    &[("bytes_per_entry", 190.0), ("tag_invalidate_1m_ms", 1.0), ("region_invalidate_1m_ms", 1.0)];

fn main() -> ExitCode {
    let options = Options::or_rounds(101);
    let make = |capacity| rows::with_ttl(capacity).1;
    let mut found = footprint::figures("", make, rows::put, |rows| rows.len() as u64);
    found.push(rows::tagged_footprint());
    found.extend(invalidations::figures(&options));
    found.extend(expiry::figures());

    println!("{ENTRIES} entries u64 -> Arc<[u8; 64]> with a ttl; the payload is {PAYLOAD} bytes of each\n");
    for figure in &mut found {
        let limit = LIMITS.iter().find(|(name, _)| *name == figure.name);
        figure.limit = limit.map(|(_, limit)| Limit::AtMost(*limit));
    }
    let within = figures::print(&found);
    if options.check && !within { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
