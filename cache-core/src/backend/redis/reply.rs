//! Answers, taken apart.
//!
//! A foreign type under one of our names, or bytes that are none of ours, must not fail what else was asked.

use redis::Value;

use super::failure::{odd_answer, of_server};
use crate::backend::BackendError;

/// What a name holds; nothing, if it is of another type.
pub(super) fn bytes(value: Value) -> Result<Option<Vec<u8>>, BackendError> {
    match value {
        Value::Nil => Ok(None),
        Value::BulkString(bytes) => Ok(Some(bytes)),
        Value::SimpleString(text) => Ok(Some(text.into_bytes())),
        Value::Okay => Ok(Some(b"OK".to_vec())),
        Value::Int(number) => Ok(Some(number.to_string().into_bytes())),
        Value::ServerError(error) if error.code() == "WRONGTYPE" => Ok(None),
        Value::ServerError(error) => Err(of_server(&error)),
        _ => Err(odd_answer()),
    }
}

/// The version that a name holds; nothing, if it is anything else.
pub(super) fn version(value: &Value) -> Result<Option<[u8; 16]>, BackendError> {
    match value {
        Value::BulkString(bytes) => Ok(bytes.as_slice().try_into().ok()),
        Value::Nil | Value::SimpleString(_) | Value::Okay | Value::Int(_) => Ok(None),
        Value::ServerError(error) if error.code() == "WRONGTYPE" => Ok(None),
        Value::ServerError(error) => Err(of_server(error)),
        _ => Err(odd_answer()),
    }
}

/// Whether it is the answer to a command on a name of another type.
pub(super) fn is_foreign(value: &Value) -> bool {
    matches!(value, Value::ServerError(error) if error.code() == "WRONGTYPE")
}

/// A number, however it is written.
pub(super) fn integer(value: &Value) -> Result<i64, BackendError> {
    match value {
        Value::Int(number) => Ok(*number),
        Value::BulkString(bytes) => {
            std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()).ok_or_else(odd_answer)
        }
        Value::ServerError(error) => Err(of_server(error)),
        _ => Err(odd_answer()),
    }
}

/// Several answers in one.
pub(super) fn list(value: Value) -> Result<Vec<Value>, BackendError> {
    match value {
        Value::Array(values) | Value::Set(values) => Ok(values),
        Value::Nil => Ok(Vec::new()),
        Value::ServerError(error) => Err(of_server(&error)),
        _ => Err(odd_answer()),
    }
}

/// Text, however it is written.
pub(super) fn text(value: Value) -> Result<String, BackendError> {
    match value {
        Value::VerbatimString { text, .. } => Ok(text),
        other => {
            let bytes = bytes(other)?.ok_or_else(odd_answer)?;
            String::from_utf8(bytes).map_err(|_| odd_answer())
        }
    }
}

/// Whatever it is, as long as it is no error.
pub(super) fn done(value: &Value) -> Result<(), BackendError> {
    match value {
        Value::ServerError(error) => Err(of_server(error)),
        _ => Ok(()),
    }
}

/// Takes answers one by one.
pub(super) struct Replies(std::vec::IntoIter<Value>);

impl Replies {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self(values.into_iter())
    }

    pub(super) fn next(&mut self) -> Result<Value, BackendError> {
        self.0.next().ok_or_else(odd_answer)
    }

    /// The rest is of no interest, unless it is an error.
    pub(super) fn finish(self) -> Result<(), BackendError> {
        self.0.as_slice().iter().try_for_each(done)
    }
}
