//! The scripts: what Redis has no command for and has to happen in one step.

use std::sync::LazyLock;

/// A script, and the name Redis knows it by.
pub(super) struct Script {
    pub(super) text: &'static str,
    hash: LazyLock<String>,
}

impl Script {
    /// What `EVALSHA` calls it.
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }
}

macro_rules! scripts {
    ($($name:ident = $file:literal),* $(,)?) => {
        $(
            pub(super) static $name: Script = Script {
                text: include_str!($file),
                hash: LazyLock::new(|| redis::Script::new(include_str!($file)).get_hash().to_owned()),
            };
        )*
        /// All of them, to be loaded into every server before it is used.
        pub(super) static ALL: &[&Script] = &[$(&$name),*];
    };
}

scripts! {
    BUMP = "scripts/bump.lua",
    CAPTURE = "scripts/capture.lua",
    COMMIT = "scripts/commit.lua",
    DROP_KEY = "scripts/drop_key.lua",
    INCREMENT = "scripts/increment.lua",
    LIMIT = "scripts/limit.lua",
    SWAP = "scripts/swap.lua",
}
