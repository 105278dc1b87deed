//! Borrowed arguments, with and without names for their lifetimes.
use std::borrow::Cow;

use cache_core::cached;

struct Region<'a> {
    code: &'a str,
}

impl Region<'_> {
    fn code(&self) -> &str {
        self.code
    }
}

#[cached(ttl = "5m", key = "{name}:{region.code()}:{ids}")]
async fn load<'a, 'b: 'a>(name: &'a str, region: &Region<'b>, ids: &[u64]) -> Result<String, String> {
    if ids.is_empty() {
        return Err(name.to_owned());
    }
    let code = std::future::ready(Ok::<_, String>(region.code())).await?;
    Ok(format!("{name}{code}"))
}

#[cached(ttl = "5m", tier = "l1", key = "{text.len()}")]
async fn length(text: Cow<'_, str>) -> &'static str {
    if text.is_empty() { "empty" } else { "full" }
}

#[cached(ttl = "5m")]
async fn by_value(mut names: Vec<String>, maybe: Option<String>) -> usize {
    names.extend(maybe);
    names.len()
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[allow(dead_code)]
async fn calls() {
    let region = Region { code: "eu" };
    let _ = is_send(load("a", &region, &[1])).await;
    let _ = load::invalidate("a", &region, &[1]).await;
    let _ = is_send(load::warm([("a", &region, &[1][..])])).await;
    let _ = length("a".into()).await;
    let _ = by_value(Vec::new(), None).await;
}

fn main() {}
