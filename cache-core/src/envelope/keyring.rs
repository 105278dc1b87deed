//! Encryption of payloads.

use std::fmt;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, Generate, KeyInit, Payload};

use super::EnvelopeError;

const NONCE: usize = 12;

/// Encryption adds so many bytes: the nonce before the ciphertext and the tag after it.
pub(super) const OVERHEAD: usize = NONCE + 16;

/// The keys with which values are encrypted in the shared tier: AES-256-GCM, with a random nonce for each write.
///
/// What is encrypted is the value. Its key, its tags and their versions are readable and authenticated: a value that
/// was changed, or moved under another key, is a miss. What the keys do not hide is how large a value is, also after
/// compression.
///
/// # Rotation
///
/// First give all processes the new key as one more [`old`](Self::with_old) one, then make it the current one, and take
/// the former away when what was written with it has ended. A key is good for 2³² writes (NIST SP 800-38D).
///
/// # Example
///
/// ```
/// use cache_core::Keyring;
///
/// # let (this_year, last_year) = ([1; 32], [2; 32]);
/// let keyring = Keyring::new(2026, &this_year).with_old(2025, &last_year);
/// ```
pub struct Keyring {
    current: Key,
    old: Vec<Key>,
    accept_plain: bool,
}

/// A key that is ready for use. It is overwritten when it is dropped.
struct Key {
    id: u32,
    cipher: Aes256Gcm,
}

impl Key {
    fn new(id: u32, secret: &[u8; 32]) -> Self {
        Self { id, cipher: Aes256Gcm::new(secret.into()) }
    }
}

impl Keyring {
    /// A keyring that encrypts with `secret`, which is known by its `id` to all who read.
    ///
    /// The secret MUST be random bytes, not a password.
    #[must_use]
    pub fn new(id: u32, secret: &[u8; 32]) -> Self {
        Self { current: Key::new(id, secret), old: Vec::new(), accept_plain: false }
    }

    /// Also reads what was encrypted with this key. Default: no other keys.
    #[must_use]
    pub fn with_old(mut self, id: u32, secret: &[u8; 32]) -> Self {
        self.old.push(Key::new(id, secret));
        self
    }

    /// Whether values that are not encrypted are read: while encryption is introduced, and not longer, since it lets
    /// everybody who can write to the shared tier forge values. Default: `false`.
    #[must_use]
    pub fn accept_plain(mut self, accept: bool) -> Self {
        self.accept_plain = accept;
        self
    }

    pub(super) fn current_id(&self) -> u32 {
        self.current.id
    }

    pub(super) fn accepts_plain(&self) -> bool {
        self.accept_plain
    }

    /// Appends what `plain` is encrypted to. `sealed` is authenticated as far as it is there, and so is the place.
    pub(super) fn encrypt(
        &self,
        nonce: Nonce,
        plain: &[u8],
        wire_key: &str,
        sealed: &mut Vec<u8>,
    ) -> Result<(), EnvelopeError> {
        let aad = [sealed.as_slice(), wire_key.as_bytes()].concat();
        let payload = Payload { msg: plain, aad: &aad };
        let encrypted =
            self.current.cipher.encrypt(&nonce.0.into(), payload).map_err(|_| EnvelopeError::Unencryptable)?;
        sealed.extend(nonce.0);
        sealed.extend(encrypted);
        Ok(())
    }

    /// What was encrypted with the key of this id, as part of an envelope with this head, for this place.
    pub(super) fn decrypt(
        &self,
        id: u32,
        stored: &[u8],
        head: &[u8],
        wire_key: &str,
    ) -> Result<Vec<u8>, EnvelopeError> {
        let (nonce, encrypted) = stored.split_first_chunk::<NONCE>().ok_or(EnvelopeError::Undecryptable)?;
        let aad = [head, wire_key.as_bytes()].concat();
        // Two keys may have been given one id.
        let mut keys = std::iter::once(&self.current).chain(&self.old).filter(|key| key.id == id).peekable();
        keys.peek().ok_or(EnvelopeError::UnknownKey(id))?;
        keys.find_map(|key| key.cipher.decrypt(&(*nonce).into(), Payload { msg: encrypted, aad: &aad }).ok())
            .ok_or(EnvelopeError::Undecryptable)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("current", &self.current.id)
            .field("old", &self.old.iter().map(|key| key.id).collect::<Vec<_>>())
            .field("accept_plain", &self.accept_plain)
            .finish_non_exhaustive()
    }
}

/// A number that is used once.
#[derive(Debug)]
pub(super) struct Nonce(pub(super) [u8; NONCE]);

impl Nonce {
    /// From the operating system, not from the cache's [`Random`](crate::Random), which may have a seed: a nonce that
    /// comes twice gives the key away.
    pub(super) fn random() -> Result<Self, EnvelopeError> {
        Generate::try_generate().map(Self).map_err(|_| EnvelopeError::Unencryptable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_ids_and_no_secrets() {
        let shown = format!("{:?}", Keyring::new(7, &[0xAB; 32]).with_old(6, &[0xCD; 32]));
        assert_eq!(shown, "Keyring { current: 7, old: [6], accept_plain: false, .. }");
    }
}
