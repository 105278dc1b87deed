//! Which slot a key belongs to.

/// The slot of a key: CRC16 (XMODEM) of what is between its first `{` and the `}` after it, or of all of it where there
/// is nothing between them.
#[must_use]
pub fn slot(key: impl AsRef<[u8]>) -> u16 {
    crc16(hashed(key.as_ref())) % super::SLOTS
}

fn hashed(key: &[u8]) -> &[u8] {
    let Some(open) = key.iter().position(|&byte| byte == b'{') else { return key };
    let tag = &key[open + 1..];
    match tag.iter().position(|&byte| byte == b'}') {
        None | Some(0) => key,
        Some(close) => &tag[..close],
    }
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8)
            .fold(crc ^ (u16::from(byte) << 8), |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 })
    })
}

#[cfg(test)]
mod tests {
    use super::{crc16, slot};

    #[test]
    fn the_checksum_is_the_one_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!(slot("foo"), 12182);
    }

    #[test]
    fn braces_choose_what_counts() {
        assert_eq!(slot("{user1000}.following"), slot("user1000"));
        assert_eq!(slot("a{b}c{d}"), slot("b"));
        assert_eq!(slot("foo{{bar}}zap"), slot("{bar"));
        assert_ne!(slot("foo{}bar"), slot("foo"));
        assert_ne!(slot("a{b"), slot("b"));
    }
}
