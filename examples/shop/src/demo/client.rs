//! An HTTP client that knows how long an answer took.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::error::Failure;
use crate::stats::Stats;

/// One connection to the shop.
pub(super) struct Client {
    address: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
}

/// What came back.
pub(super) struct Answer {
    request: String,
    pub(super) status: u16,
    pub(super) body: Bytes,
    /// From sending the request to the end of the body.
    pub(super) took: Duration,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let failed = |error: &dyn std::error::Error| Failure::new(format!("cannot connect to {address}: {error}"));
        let stream = TcpStream::connect(address).await.map_err(|error| failed(&error))?;
        // A request is one small packet: waiting for more of it would be measured as latency.
        stream.set_nodelay(true).map_err(|error| failed(&error))?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
        tokio::spawn(connection);
        Ok(Self { address, sender })
    }

    /// GET, whatever the status.
    pub(super) async fn get(&mut self, path: &str) -> Result<Answer, Failure> {
        self.request(Method::GET, path, Bytes::new()).await
    }

    /// GET of something that is there, from JSON.
    pub(super) async fn read<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, Failure> {
        self.get(path).await?.expect(200)?.json()
    }

    pub(super) async fn put(&mut self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.request(Method::PUT, path, body.to_string().into()).await
    }

    pub(super) async fn post(&mut self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.request(Method::POST, path, body.to_string().into()).await
    }

    pub(super) async fn stats(&mut self) -> Result<Stats, Failure> {
        self.read("/stats").await
    }

    async fn request(&mut self, method: Method, path: &str, body: Bytes) -> Result<Answer, Failure> {
        let name = format!("{method} {path}");
        let failed = |error: &dyn std::error::Error| Failure::new(format!("{name}: {error}"));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.address.to_string())
            .header("content-type", "application/json")
            .body(Full::new(body))
            .map_err(|error| failed(&error))?;
        // The end of the last body reaches us a moment before the connection is free again.
        self.sender.ready().await.map_err(|error| failed(&error))?;
        let started = Instant::now();
        let response = self.sender.send_request(request).await.map_err(|error| failed(&error))?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.map_err(|error| failed(&error))?.to_bytes();
        let took = started.elapsed();
        Ok(Answer { request: name, status, body, took })
    }
}

impl Answer {
    /// This answer, if it has the status.
    pub(super) fn expect(self, status: u16) -> Result<Self, Failure> {
        if self.status == status {
            return Ok(self);
        }
        let body = String::from_utf8_lossy(&self.body);
        Err(Failure::new(format!("{} answered {} instead of {status}: {body}", self.request, self.status)))
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| Failure::new(format!("{}: {error}", self.request)))
    }
}
