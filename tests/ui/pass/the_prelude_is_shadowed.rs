//! Generated code names everything by absolute paths.
#![allow(dead_code, non_camel_case_types)]

mod core {}
mod std {}
mod cache_core {}

struct Ok;
struct Err;
struct Some;
struct None;
struct Result;
struct Option;
struct String;
struct Vec;
struct Box;
struct u64_;

type Loaded<T> = ::core::result::Result<T, u8>;

#[::cache_core::cached(ttl = "5m", tags = ["n:{n}", "v:{ret}:{n}"], returns = "result")]
async fn load(n: u32) -> Loaded<u32> {
    ::core::result::Result::Ok(n)
}

#[::cache_core::cached(ttl = "5m")]
fn blocking(n: u32) -> ::core::option::Option<u32> {
    ::core::option::Option::Some(n)
}

struct Repo;

#[::cache_core::cached_impl]
impl Repo {
    #[::cache_core::cached(ttl = "5m", skip(self))]
    async fn get(&self, n: u32) -> u32 {
        n
    }

    #[::cache_core::cache_invalidate(self.get(n), load(ret), tags = ["n:{n}", "v:{ret}:{n}"])]
    async fn set(&self, n: u32) -> ::core::result::Result<u32, u8> {
        ::core::result::Result::Ok(n)
    }

    #[::cache_core::cache_put(self.get(n), load(ret))]
    #[::cache_core::cache_invalidate(self.get(ret), tags = ["n:{n}", "v:{ret}:{n}"], on = "always")]
    #[::cache_core::cache_invalidate(self.get(n), tags = ["n:{n}"], on = "around")]
    #[::cache_core::cache_invalidate(self.get(n), tags = ["n:{n}"], on = "before")]
    async fn replace(&self, n: u32) -> ::core::result::Result<u32, u8> {
        ::core::result::Result::Ok(n)
    }
}

fn main() {}
