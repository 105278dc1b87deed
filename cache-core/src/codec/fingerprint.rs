//! A hash that is the same in every process, on every platform and in every build.

use sha2::{Digest, Sha256};

/// The first eight bytes of the SHA-256 of what is put into it, each part with its length before it.
#[derive(Debug)]
pub(super) struct Fingerprint(Sha256);

impl Fingerprint {
    pub(super) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(super) fn with(mut self, part: &[u8]) -> Self {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
        self
    }

    pub(super) fn finish(self) -> u64 {
        let digest = self.0.finalize();
        digest.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_kept_apart_and_the_hash_is_fixed() {
        let hash =
            |parts: &[&str]| parts.iter().fold(Fingerprint::new(), |all, part| all.with(part.as_bytes())).finish();
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_eq!(hash(&["user", "2"]), 940_325_462_394_862_024);
    }
}
