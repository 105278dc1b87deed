//! The version of a name in the shared tier: sixteen random bytes, captured before a load and compared for equality.
//!
//! Versions have no order, so no two machines' clocks are ever compared (promise P9): a name is invalidated by giving it
//! another version, and a version that was lost is equal to none.

use std::fmt;

use crate::random::Random;

/// The first byte of what is never a version and never a lease's token.
pub const MARK: u8 = 0xff;

/// A version of a name, or the mark that a writer leaves in its place while it is at work.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Version([u8; Self::LEN]);

impl Version {
    /// The length of a version, in bytes.
    pub(crate) const LEN: usize = 16;

    /// A version that no name ever had; never a mark.
    pub(crate) fn from_random(random: &dyn Random) -> Self {
        let mut bytes = random_bytes(random);
        if bytes[0] == MARK {
            // Not drawn again: a source of randomness that is broken must not hang those who use it.
            bytes[0] = MARK >> 1;
        }
        Self(bytes)
    }

    /// A writer's mark, unlike any other's.
    pub(crate) fn mark(random: &dyn Random) -> Self {
        let mut bytes = random_bytes(random);
        bytes[0] = MARK;
        Self(bytes)
    }

    /// Whether a writer is at work on the name: nothing is valid under it.
    pub(crate) fn is_mark(self) -> bool {
        self.0[0] == MARK
    }

    /// The version that is written as exactly these bytes.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Writes it as text, for names.
    pub(crate) fn write_hex(&self, out: &mut String) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
        out.extend(self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    }

    /// What is written.
    pub(crate) fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

fn random_bytes(random: &dyn Random) -> [u8; Version::LEN] {
    let mut bytes = [0; Version::LEN];
    for half in bytes.chunks_exact_mut(8) {
        half.copy_from_slice(&random.next_u64().to_le_bytes());
    }
    bytes
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_mark() { "Mark(" } else { "Version(" })?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    /// Says the same number for ever.
    #[derive(Debug)]
    struct Broken(u64);

    impl Random for Broken {
        fn next_u64(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn versions_are_no_marks_and_marks_are() {
        let random = SeededRandom::new(1);
        let versions: Vec<_> = (0..2_000).map(|_| Version::from_random(&random)).collect();
        assert!(versions.iter().all(|version| !version.is_mark()));
        assert!((0..2_000).all(|_| Version::mark(&random).is_mark()));
        assert_ne!(Version::mark(&random), Version::mark(&random));
        assert!(!Version::from_random(&Broken(u64::MAX)).is_mark());
    }

    #[test]
    fn sixteen_bytes_are_a_version_and_it_reads_as_hexadecimal() {
        let version = Version::from_random(&Broken(0x0102_0304_0506_0708));
        assert_eq!(Version::parse(version.as_bytes()), Some(version));
        assert_eq!(Version::parse(&[0; 15]), None);
        assert_eq!(Version::parse(&[0; 17]), None);
        assert_eq!(format!("{version:?}"), "Version(08070605040302010807060504030201)");
        assert!(format!("{:?}", Version::mark(&Broken(0))).starts_with("Mark(ff00"));
    }
}
