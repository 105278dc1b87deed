//! Envelopes that were cut, flipped, forged, moved or made up.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::golden::{self, WIRE_KEY, version};
use super::*;
use crate::codec::Codec;
use crate::fleet_name::{FleetName, NameRef};
use crate::version::Version;

fn draft<'a>(payload: Option<&'a [u8]>, names: &'a [(FleetName, Version)]) -> Draft<'a> {
    Draft {
        payload,
        codec: Codec::MessagePack,
        fingerprint: 1,
        fresh_for: None,
        kept_for: None,
        load_cost: Duration::MAX,
        identity: None,
        names,
    }
}

/// With a checksum that is right.
fn checked(mut bytes: Vec<u8>) -> Vec<u8> {
    let body = bytes.len().saturating_sub(4);
    let checksum = crc32fast::hash(&bytes[..body]);
    bytes.truncate(body);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

/// `bytes` with `value` at `offset`, and a checksum that is right.
fn forged(mut bytes: Vec<u8>, offset: usize, value: &[u8]) -> Vec<u8> {
    bytes[offset..offset + value.len()].copy_from_slice(value);
    checked(bytes)
}

#[test]
fn every_cut_and_every_flip_is_an_error() {
    for golden in golden::all() {
        let bytes = golden.bytes();
        for end in 0..bytes.len() {
            let error = open(&bytes[..end], &golden.sealing, WIRE_KEY).unwrap_err();
            assert_eq!(error, EnvelopeError::Truncated, "{end}");
        }
        assert!(open(&[bytes.as_slice(), &[0]].concat(), &golden.sealing, WIRE_KEY).is_err());
        for index in 0..bytes.len() {
            for flip in 1..=255 {
                let mut flipped = bytes.clone();
                flipped[index] ^= flip;
                assert!(open(&flipped, &golden.sealing, WIRE_KEY).is_err(), "{index} ^ {flip}");
            }
        }
    }
}

#[test]
fn forged_envelopes_are_errors_or_what_they_say_and_encrypted_ones_errors() {
    for golden in golden::all() {
        let bytes = golden.bytes();
        for index in 0..bytes.len() - 4 {
            for flip in [1, 2, 0x80, 0xFF] {
                let mut flipped = bytes.clone();
                flipped[index] ^= flip;
                let flipped = checked(flipped);
                match open(&flipped, &golden.sealing, WIRE_KEY) {
                    Ok(envelope) => {
                        assert!(golden.sealing.keyring.is_none(), "{index} ^ {flip}");
                        assert_eq!(envelope.names().count(), envelope.names().len());
                    }
                    Err(EnvelopeError::Checksum) => panic!("{index} ^ {flip}"),
                    Err(_) => {}
                }
            }
        }
    }
}

#[test]
fn errors_say_what_is_wrong() {
    let sealed = seal(&draft(Some(b"value"), &golden::names()), &Sealing::default(), WIRE_KEY).unwrap();
    let error = |bytes: &[u8]| open(bytes, &Sealing::default(), WIRE_KEY).unwrap_err();
    assert_eq!(error(b""), EnvelopeError::Truncated);
    assert_eq!(error(b"hello"), EnvelopeError::NotOurs);
    assert_eq!(error(&forged(sealed.clone(), 2, &[2])), EnvelopeError::Version(2));
    assert_eq!(error(&forged(sealed.clone(), 4, &[99])), EnvelopeError::UnknownCodec(99));
    assert_eq!(error(&forged(sealed.clone(), 5, &[99])), EnvelopeError::UnknownCompression(99));
    let mut flipped = sealed.clone();
    flipped[70] ^= 1;
    assert_eq!(error(&flipped), EnvelopeError::Checksum);
    for (offset, value) in
        [(3, &[2][..]), (6, &[4]), (7, &[1]), (8, &[1]), (40, &[1]), (60, &[3]), (60, &[5]), (72, &[9])]
    {
        let error = error(&forged(sealed.clone(), offset, value));
        assert!(matches!(error, EnvelopeError::Malformed(_)), "{offset}: {error}");
    }
    let small = Sealing { max_value_bytes: 4, ..Sealing::default() };
    let too_large = EnvelopeError::TooLarge { bytes: 5, max: 4 };
    assert_eq!(open(&sealed, &small, WIRE_KEY).unwrap_err(), too_large);
    assert_eq!(seal(&draft(Some(b"value"), &[]), &small, WIRE_KEY).unwrap_err(), too_large);
    let long = [(FleetName::Tag("x".repeat(70_000).into()), version(1))];
    assert_eq!(seal(&draft(None, &long), &small, WIRE_KEY).unwrap_err(), EnvelopeError::TooManyNames);
}

#[test]
fn a_writers_mark_is_no_version_of_a_value() {
    let marked = [(FleetName::Everything, version(0xFF))];
    assert!(seal(&draft(None, &marked), &Sealing::default(), WIRE_KEY).is_err());
    let identity = Draft { identity: Some(version(0xFF)), ..draft(None, &[]) };
    assert!(seal(&identity, &Sealing::default(), WIRE_KEY).is_err());
    let sealed = seal(&draft(None, &golden::names()), &Sealing::default(), WIRE_KEY).unwrap();
    let error = open(&forged(sealed, 75, &[0xFF]), &Sealing::default(), WIRE_KEY).unwrap_err();
    assert_eq!(error, EnvelopeError::Malformed("a mark as version"));
}

#[test]
fn a_plain_hit_is_borrowed() {
    let sealed = seal(&draft(Some(b"value"), &golden::names()), &Sealing::default(), WIRE_KEY).unwrap();
    let envelope = open(&sealed, &Sealing::default(), WIRE_KEY).unwrap();
    assert!(sealed.as_ptr_range().contains(&envelope.payload().as_ptr()));
    assert!(envelope.names().any(|(name, _)| name == NameRef::Tag("org:ü")));
    assert_eq!(envelope.payload(), b"value");
}

#[cfg(any(feature = "lz4", feature = "zstd"))]
#[test]
fn compression_is_kept_where_it_helps_and_bombs_make_no_room() {
    for &compression in Compression::ALL {
        let sealing = Sealing { compression: Some(compression), ..Sealing::default() };
        let seal = |payload: &[u8]| seal(&draft(Some(payload), &[]), &sealing, WIRE_KEY).unwrap();
        assert_eq!(seal(&[0; 1023]).len(), 72 + 1023 + 4);
        assert!(seal(&[0; 1024]).len() < 200);
        let random = crate::random::SeededRandom::new(1);
        let noise: Vec<u8> = (0..2000).map(|_| crate::random::Random::next_u64(&random) as u8).collect();
        assert_eq!(seal(&noise).len(), 72 + 2000 + 4);

        let sealed = seal(&vec![0; 8 << 20]);
        let open = |bytes: &[u8]| open(bytes, &sealing, WIRE_KEY).map(|envelope| envelope.payload().len());
        assert_eq!(open(&sealed), Ok(8 << 20));
        for (len, error) in [
            ((8 << 20) + 1, EnvelopeError::TooLarge { bytes: (8 << 20) + 1, max: 8 << 20 }),
            (u32::MAX, EnvelopeError::TooLarge { bytes: u32::MAX.into(), max: 8 << 20 }),
            ((8 << 20) - 1, EnvelopeError::Undecompressable),
            (1 << 20, EnvelopeError::Undecompressable),
        ] {
            assert_eq!(open(&forged(sealed.clone(), 68, &len.to_le_bytes())), Err(error), "{len}");
        }
    }
}

#[cfg(feature = "encrypt")]
mod encrypted {
    use super::*;

    fn with(keyring: Keyring) -> Sealing {
        Sealing { keyring: Some(Arc::new(keyring)), ..Sealing::default() }
    }

    fn sealed(sealing: &Sealing) -> Vec<u8> {
        seal(&draft(Some(b"secret value"), &golden::names()), sealing, WIRE_KEY).unwrap()
    }

    fn opened(bytes: &[u8], sealing: &Sealing) -> Result<Vec<u8>, EnvelopeError> {
        open(bytes, sealing, WIRE_KEY).map(|envelope| envelope.payload().to_vec())
    }

    #[test]
    fn nothing_of_the_value_is_seen_and_no_two_envelopes_are_alike() {
        let sealing = with(Keyring::new(1, &[1; 32]));
        let bytes = sealed(&sealing);
        assert!(!bytes.windows(6).any(|window| window == b"secret"));
        assert_ne!(bytes, sealed(&sealing));
        assert_eq!(opened(&bytes, &sealing).unwrap(), b"secret value");
    }

    #[test]
    fn it_cannot_be_moved_to_another_key() {
        let sealing = with(Keyring::new(1, &[1; 32]));
        let bytes = sealed(&sealing);
        for other in ["", "app:v:{users:43}@0011223344556677"] {
            assert_eq!(open(&bytes, &sealing, other).unwrap_err(), EnvelopeError::Undecryptable);
        }
    }

    #[test]
    fn keys_are_rotated() {
        let (old, new) = ([1; 32], [2; 32]);
        let bytes = sealed(&with(Keyring::new(1, &old)));
        assert_eq!(opened(&bytes, &with(Keyring::new(2, &new).with_old(1, &old))).unwrap(), b"secret value");
        assert_eq!(opened(&bytes, &with(Keyring::new(2, &new))), Err(EnvelopeError::UnknownKey(1)));
        assert_eq!(opened(&bytes, &with(Keyring::new(1, &new))), Err(EnvelopeError::Undecryptable));
        assert_eq!(opened(&bytes, &with(Keyring::new(1, &new).with_old(1, &old))).unwrap(), b"secret value");
        assert_eq!(opened(&bytes, &Sealing::default()), Err(EnvelopeError::UnknownKey(1)));
    }

    #[test]
    fn plain_values_are_refused_unless_they_are_accepted() {
        let plain = sealed(&Sealing::default());
        assert_eq!(opened(&plain, &with(Keyring::new(1, &[1; 32]))), Err(EnvelopeError::Plain));
        assert!(opened(&plain, &with(Keyring::new(1, &[1; 32]).accept_plain(true))).is_ok());
        // Nor can the flag be taken away.
        let bytes = sealed(&with(Keyring::new(1, &[1; 32])));
        let stripped = forged(forged(bytes, 6, &[0]), 8, &[0; 4]);
        assert!(opened(&stripped, &with(Keyring::new(1, &[1; 32]))).is_err());
    }
}

fn any_name() -> impl Strategy<Value = (FleetName, Version)> {
    let version = any::<[u8; 16]>().prop_map(|mut bytes| {
        bytes[0] &= 0x7F;
        Version::parse(&bytes).expect("sixteen bytes")
    });
    (0..4_u8, ".{0,20}", version).prop_map(|(kind, text, version)| {
        let name = match kind {
            0 => FleetName::Everything,
            1 => FleetName::Region(text.into()),
            2 => FleetName::Tag(text.into()),
            _ => FleetName::Key(text.into()),
        };
        (name, version)
    })
}

fn any_sealing() -> impl Strategy<Value = Sealing> {
    let compressions: Vec<_> = Compression::ALL.iter().copied().map(Some).chain([None]).collect();
    (prop::sample::select(compressions), 0..64_usize, any::<bool>()).prop_map(|(compression, threshold, encrypt)| {
        let sealing = Sealing { compression, threshold, ..Sealing::default() };
        #[cfg(feature = "encrypt")]
        let sealing = if encrypt { golden::encrypting(sealing) } else { sealing };
        #[cfg(not(feature = "encrypt"))]
        let _ = encrypt;
        sealing
    })
}

fn any_life() -> impl Strategy<Value = Option<Duration>> {
    prop::option::of((0..u64::MAX - 1).prop_map(Duration::from_millis))
}

proptest! {
    #[test]
    fn what_is_sealed_is_opened(
        payload in prop::option::of(vec(0..4_u8, 0..200)),
        names in vec(any_name(), 0..6),
        identity in prop::option::of(any_name()),
        (fresh_for, kept_for, cost, fingerprint) in (any_life(), any_life(), any::<u32>(), any::<u64>()),
        codec in prop::sample::select(Codec::ALL),
        sealing in any_sealing(),
        wire_key in ".{0,20}",
    ) {
        let load_cost = Duration::from_micros(cost.into());
        let identity = identity.map(|(_, version)| version);
        let names = names.as_slice();
        let payload = payload.as_deref();
        let draft = Draft { payload, codec, fingerprint, fresh_for, kept_for, load_cost, identity, names };
        let sealed = seal(&draft, &sealing, &wire_key).unwrap();
        let envelope = open(&sealed, &sealing, &wire_key).unwrap();
        prop_assert_eq!(envelope.is_absent(), payload.is_none());
        prop_assert_eq!(envelope.payload(), payload.unwrap_or_default());
        prop_assert_eq!((envelope.codec(), envelope.fingerprint()), (codec.id(), fingerprint));
        prop_assert_eq!((envelope.fresh_for(), envelope.kept_for()), (fresh_for, kept_for));
        prop_assert_eq!((envelope.load_cost(), envelope.identity()), (load_cost, identity));
        let found: Vec<_> = envelope.names().map(|(name, version)| (name.keep(), version)).collect();
        prop_assert_eq!(found.as_slice(), names);
    }

    #[test]
    fn any_bytes_are_opened_or_refused(
        bytes in vec(any::<u8>(), 0..300),
        lengths in (0..120_u32, 0..6_u32, 0..120_u32, any::<u32>()),
        (content, codec, compression, flags) in (0..3_u8, 0..6_u8, 0..4_u8, 0..5_u8),
        sealing in any_sealing(),
    ) {
        let _ = open(&bytes, &sealing, WIRE_KEY);
        let mut header = [0; 72];
        header[..7].copy_from_slice(&[0xC5, 0x0C, 1, content, codec, compression, flags]);
        for (index, length) in [lengths.0, lengths.1, lengths.2, lengths.3].into_iter().enumerate() {
            header[56 + index * 4..][..4].copy_from_slice(&length.to_le_bytes());
        }
        let body = bytes.iter().copied().chain(std::iter::repeat(0)).take((lengths.0 + lengths.2) as usize + 4);
        let made_up = checked(header.into_iter().chain(body).collect());
        if let Ok(envelope) = open(&made_up, &sealing, WIRE_KEY) {
            prop_assert_eq!(envelope.names().count(), envelope.names().len());
        }
    }
}
