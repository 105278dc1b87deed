//! What a server answers, in RESP2.

use std::fmt;
use std::io::{self, BufRead};

/// A reply of a server. Whoever asks for a shape the reply does not have panics, and the message shows the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// There is nothing.
    Nil,
    /// A short text such as `OK`.
    Status(String),
    /// An error, with its code in front: `WRONGTYPE …`.
    Error(String),
    /// A number.
    Int(i64),
    /// Bytes of a value.
    Bulk(Vec<u8>),
    /// Replies in a row.
    Array(Vec<Reply>),
}

impl Reply {
    /// The reply that holds these bytes.
    #[must_use]
    pub fn bulk(bytes: impl AsRef<[u8]>) -> Self {
        Self::Bulk(bytes.as_ref().to_vec())
    }

    /// Whether the reply is `OK`.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Status(status) if status == "OK")
    }

    /// Whether the reply is an error that begins with `code`.
    #[must_use]
    pub fn is_error(&self, code: &str) -> bool {
        matches!(self, Self::Error(error) if error.starts_with(code))
    }

    /// The text of a status or of bytes.
    ///
    /// # Panics
    ///
    /// If the reply is something else.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Status(text) => text.clone(),
            Self::Bulk(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            _ => panic!("a text was expected, the server replied {self}"),
        }
    }

    /// The number.
    ///
    /// # Panics
    ///
    /// If the reply is something else.
    #[must_use]
    pub fn int(&self) -> i64 {
        match self {
            Self::Int(number) => *number,
            _ => panic!("a number was expected, the server replied {self}"),
        }
    }

    /// The replies in a row.
    ///
    /// # Panics
    ///
    /// If the reply is something else.
    #[must_use]
    pub fn array(&self) -> &[Reply] {
        match self {
            Self::Array(replies) => replies,
            _ => panic!("an array was expected, the server replied {self}"),
        }
    }

    /// Reads one reply.
    pub(crate) fn read(from: &mut impl BufRead) -> io::Result<Self> {
        let line = line(from)?;
        let (kind, rest) = line.split_at_checked(1).ok_or_else(|| strange(&line))?;
        let number = || rest.parse::<i64>().map_err(|_| strange(&line));
        match kind {
            "+" => Ok(Self::Status(rest.to_owned())),
            "-" => Ok(Self::Error(rest.to_owned())),
            ":" => Ok(Self::Int(number()?)),
            "$" => {
                let Ok(length) = usize::try_from(number()?) else { return Ok(Self::Nil) };
                let mut bytes = vec![0; length + 2];
                from.read_exact(&mut bytes)?;
                bytes.truncate(length);
                Ok(Self::Bulk(bytes))
            }
            "*" => {
                let Ok(length) = usize::try_from(number()?) else { return Ok(Self::Nil) };
                (0..length).map(|_| Self::read(from)).collect::<io::Result<_>>().map(Self::Array)
            }
            _ => Err(strange(&line)),
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nothing"),
            Self::Status(text) => f.write_str(text),
            Self::Error(error) => write!(f, "error {error:?}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Bulk(bytes) => write!(f, "{:?}", String::from_utf8_lossy(bytes)),
            Self::Array(replies) => f.debug_list().entries(replies.iter().map(ToString::to_string)).finish(),
        }
    }
}

/// The value of a line `name:value`, as `INFO` and `CLUSTER INFO` write them.
pub(crate) fn field(lines: &str, name: &str) -> Option<String> {
    let value = |line: &str| line.strip_prefix(name)?.strip_prefix(':').map(|value| value.trim_end().to_owned());
    lines.lines().find_map(value)
}

fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")),
    }
}

fn strange(line: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("this is not RESP2: {line:?}"))
}

#[cfg(test)]
mod tests {
    use super::Reply;

    fn read(mut text: &str) -> std::io::Result<Reply> {
        // `&[u8]` is a `BufRead`.
        let mut bytes = text.as_bytes();
        let reply = Reply::read(&mut bytes);
        text = std::str::from_utf8(bytes).expect("nothing was cut in two");
        assert!(reply.is_err() || text.is_empty(), "left over: {text:?}");
        reply
    }

    #[test]
    fn every_kind_of_reply_is_read() {
        assert!(read("+OK\r\n").unwrap().is_ok());
        assert!(read("-ERR no\r\n").unwrap().is_error("ERR"));
        assert_eq!(read(":-7\r\n").unwrap().int(), -7);
        assert_eq!(read("$4\r\na\r\nb\r\n").unwrap().text(), "a\r\nb");
        assert_eq!(read("$0\r\n\r\n").unwrap(), Reply::bulk(""));
        assert_eq!(read("$-1\r\n").unwrap(), Reply::Nil);
        assert_eq!(read("*-1\r\n").unwrap(), Reply::Nil);
        let nested = read("*2\r\n*1\r\n:1\r\n$1\r\nx\r\n").unwrap();
        assert_eq!(nested.array(), [Reply::Array(vec![Reply::Int(1)]), Reply::bulk("x")]);
    }

    #[test]
    fn an_end_in_the_middle_is_an_error() {
        for cut in ["", "+OK", "$4\r\nab", "*2\r\n:1\r\n", "?\r\n", "\r\n", "$x\r\n"] {
            assert!(read(cut).is_err(), "{cut:?}");
        }
    }
}
