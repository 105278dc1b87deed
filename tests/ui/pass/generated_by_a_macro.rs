//! A function that another macro writes: the arguments, the template and the type have different hygiene.
use cache_core::{cache_invalidate, cached};

macro_rules! getter {
    ($name:ident, $set:ident, $arg:ident: $ty:ty, $ret:ty) => {
        #[cached(ttl = "5m", key = "{id}:{other}", tags = ["a:{id}", "b:{ret}:{other}"])]
        async fn $name(id: u64, other: u8) -> $ret {
            id + u64::from(other)
        }

        #[cache_invalidate($name($arg, 1), tags = ["a:{other}"])]
        async fn $set($arg: $ty, other: u8) -> Result<$ret, u8> {
            if other == 0 {
                return Err(other);
            }
            Ok($arg)
        }
    };
}

getter!(get, set, id: u64, u64);

fn main() {
    drop((get(1, 1), set(1, 1), get::invalidate(1, 1)));
}
