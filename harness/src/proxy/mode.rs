//! What happens to bytes.

use std::time::Duration;

/// What a proxy does with what it reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    pub(super) swallows_requests: bool,
    pub(super) swallows_replies: bool,
    /// How much later replies arrive.
    pub(super) delay: Duration,
}

impl Mode {
    pub(super) const PASS: Self = Self { swallows_requests: false, swallows_replies: false, delay: Duration::ZERO };

    pub(super) fn swallows_all(self) -> bool {
        self.swallows_requests && self.swallows_replies
    }
}

impl Default for Mode {
    fn default() -> Self {
        Self::PASS
    }
}
