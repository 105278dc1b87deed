//! Envelopes of every format that was ever released, as files in `golden/`: written once, read for ever.
//!
//! To add one (for a new format version, or a new kind of content): add a [`Golden`] with a new file name, run
//! `GOLDEN=write cargo nextest run -p cache-core --all-features --lib golden` once, and commit the file. Files that are
//! there are never written again. When the format changes, those of former versions stay, with `written_today: false`
//! and, once no reader is left, as an [`EnvelopeError::Version`].

use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use super::keyring::Nonce;
use super::seal::seal_with;
use super::*;
use crate::codec::Codec;
use crate::fleet_name::FleetName;
use crate::version::Version;

/// Where all of them lie.
pub(super) const WIRE_KEY: &str = "app:v:{users:42}@0011223344556677";

/// One file, and what is in it.
pub(super) struct Golden {
    file: &'static str,
    payload: Option<Vec<u8>>,
    /// With an identity and a name of each kind.
    named: bool,
    pub(super) sealing: Sealing,
    /// Whether the writer of today writes these very bytes. Those that compress may do so better one day.
    written_today: bool,
}

impl Golden {
    fn path(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/envelope/golden").join(self.file)
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap_or_else(|error| panic!("{}: {error}", self.file))
    }

    fn write(&self) -> Vec<u8> {
        let names = names();
        let draft = Draft {
            payload: self.payload.as_deref(),
            codec: Codec::MessagePack,
            fingerprint: 0x0123_4567_89AB_CDEF,
            fresh_for: Some(Duration::from_secs(300)),
            kept_for: self.named.then(|| Duration::from_secs(3600)),
            load_cost: Duration::from_millis(12),
            identity: self.named.then(|| version(0x11)),
            names: if self.named { &names } else { &[] },
        };
        seal_with(&draft, &self.sealing, WIRE_KEY, fixed_nonce).unwrap()
    }

    /// The reader of today finds what was written.
    pub(super) fn assert_is(&self, envelope: &Envelope<'_>) {
        assert_eq!(envelope.is_absent(), self.payload.is_none());
        assert_eq!(envelope.payload(), self.payload.as_deref().unwrap_or_default());
        assert_eq!((envelope.codec(), envelope.fingerprint()), (1, 0x0123_4567_89AB_CDEF));
        assert_eq!(envelope.fresh_for(), Some(Duration::from_secs(300)));
        assert_eq!(envelope.kept_for(), self.named.then(|| Duration::from_secs(3600)));
        assert_eq!(envelope.load_cost(), Duration::from_millis(12));
        assert_eq!(envelope.identity(), self.named.then(|| version(0x11)));
        let found: Vec<_> = envelope.names().map(|(name, version)| (name.keep(), version)).collect();
        assert_eq!(found, if self.named { names().to_vec() } else { Vec::new() });
    }
}

/// Those that this build can read.
pub(super) fn all() -> Vec<Golden> {
    let plain = || Golden {
        file: "v1_plain.bin",
        payload: Some(b"\xA6golden".to_vec()),
        named: false,
        sealing: Sealing::default(),
        written_today: true,
    };
    vec![
        plain(),
        Golden { file: "v1_names.bin", named: true, ..plain() },
        Golden { file: "v1_absent.bin", payload: None, ..plain() },
        #[cfg(feature = "lz4")]
        Golden { file: "v1_lz4.bin", written_today: false, ..compressed(plain(), Compression::Lz4) },
        #[cfg(feature = "zstd")]
        Golden { file: "v1_zstd.bin", written_today: false, ..compressed(plain(), Compression::Zstd) },
        #[cfg(feature = "encrypt")]
        Golden { file: "v1_encrypted.bin", sealing: encrypting(Sealing::default()), named: true, ..plain() },
        #[cfg(feature = "encrypt")]
        Golden { file: "v1_encrypted_absent.bin", sealing: encrypting(Sealing::default()), payload: None, ..plain() },
        #[cfg(all(feature = "encrypt", feature = "lz4"))]
        {
            let compressed = compressed(plain(), Compression::Lz4);
            let sealing = encrypting(compressed.sealing.clone());
            Golden { file: "v1_encrypted_lz4.bin", written_today: false, sealing, ..compressed }
        },
    ]
}

#[cfg(any(feature = "lz4", feature = "zstd"))]
fn compressed(golden: Golden, compression: Compression) -> Golden {
    let sealing = Sealing { compression: Some(compression), ..golden.sealing };
    Golden { payload: Some(b"golden ".repeat(200)), sealing, ..golden }
}

#[cfg(feature = "encrypt")]
pub(super) fn encrypting(sealing: Sealing) -> Sealing {
    Sealing { keyring: Some(Arc::new(Keyring::new(7, &[0x5A; 32]))), ..sealing }
}

#[cfg(feature = "encrypt")]
fn fixed_nonce() -> Result<Nonce, EnvelopeError> {
    Ok(Nonce([0x24; 12]))
}

#[cfg(not(feature = "encrypt"))]
fn fixed_nonce() -> Result<Nonce, EnvelopeError> {
    Nonce::random()
}

pub(super) fn version(byte: u8) -> Version {
    Version::parse(&[byte; Version::LEN]).unwrap()
}

pub(super) fn names() -> [(FleetName, Version); 4] {
    [
        (FleetName::Everything, version(1)),
        (FleetName::Region("users".into()), version(2)),
        (FleetName::Tag("org:ü".into()), version(3)),
        (FleetName::Key("orgs:7".into()), version(4)),
    ]
}

#[test]
fn golden_files_are_read() {
    for golden in all() {
        if env::var_os("GOLDEN").is_some_and(|what| what == "write") && !golden.path().exists() {
            fs::write(golden.path(), golden.write()).unwrap();
        }
        let bytes = golden.bytes();
        golden.assert_is(&open(&bytes, &golden.sealing, WIRE_KEY).unwrap());
    }
}

#[test]
fn golden_files_are_what_is_written() {
    for golden in all() {
        let (written, bytes) = (golden.write(), golden.bytes());
        assert!(!golden.written_today || written == bytes, "{}: {written:02x?}", golden.file);
        golden.assert_is(&open(&written, &golden.sealing, WIRE_KEY).unwrap());
    }
}
