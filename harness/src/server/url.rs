//! Addresses as clients write them.

use std::fmt::Write;
use std::net::SocketAddr;

use super::Server;

/// The URL for a user, or for the one that the server's password makes. Without an address it is the socket file.
pub(super) fn of(server: &Server, address: Option<SocketAddr>, user: Option<(&str, &str)>) -> String {
    let builder = &server.builder;
    let user = user.or(builder.password.as_deref().map(|password| ("", password)));
    let Some(address) = address else {
        let mut url = format!("redis+unix://{}?db={}", server.socket().display(), builder.database);
        if let Some((name, password)) = user {
            if !name.is_empty() {
                write!(url, "&user={}", encoded(name)).expect("strings take everything");
            }
            write!(url, "&pass={}", encoded(password)).expect("strings take everything");
        }
        return url;
    };
    let scheme = if builder.tls.is_some() { "rediss" } else { "redis" };
    let user = user.map(|(name, password)| format!("{}:{}@", encoded(name), encoded(password))).unwrap_or_default();
    // Sentinels have no databases.
    let database = if builder.sentinel { String::new() } else { format!("/{}", builder.database) };
    format!("{scheme}://{user}{address}{database}")
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("strings take everything");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn what_means_something_in_a_url_is_written_in_hex() {
        assert_eq!(encoded("a-Z_0.~"), "a-Z_0.~");
        assert_eq!(encoded("p@s/s:w&rd%"), "p%40s%2Fs%3Aw%26rd%25");
        assert_eq!(encoded("ü"), "%C3%BC");
    }
}
