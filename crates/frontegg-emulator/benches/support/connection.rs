//! One connection to a server, with next to nothing between a bench and the wire: what a client of HTTP does beside
//! would be counted as the server's.
#![allow(dead_code, reason = "no bench uses all of it")]

use anyhow::Context;
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, StatusCode,
    header::{CONTENT_TYPE, HOST},
    request,
};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// A request to whomever it is sent to.
pub(crate) fn request(method: Method, path: &str) -> request::Builder {
    Request::builder().method(method).uri(path)
}

/// A request without a body.
pub(crate) fn bare(head: request::Builder) -> Request<Full<Bytes>> {
    head.body(Full::default()).expect("a request")
}

/// A request with a body.
pub(crate) fn with_json(head: request::Builder, body: &Value) -> Request<Full<Bytes>> {
    let head = match head.headers_ref() {
        Some(headers) if headers.contains_key(CONTENT_TYPE) => head,
        _ => head.header(CONTENT_TYPE, "application/json"),
    };
    head.body(body.to_string().into()).expect("a request")
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// What is in it; no success ends the bench.
    pub(crate) fn json(&self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, String::from_utf8_lossy(&self.body));
        if self.body.is_empty() { Value::Null } else { serde_json::from_slice(&self.body).expect("JSON") }
    }
}

/// A connection that is opened when it is wanted, and anew when the other side has closed it.
pub(crate) struct Connection {
    authority: String,
    host: HeaderValue,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// To a host and a port.
    pub(crate) fn to(authority: &str) -> Self {
        let host = authority.try_into().expect("a host");
        Self { authority: authority.to_owned(), host, sender: None }
    }

    /// Sends a request and reads the answer to its end.
    pub(crate) async fn send(&mut self, mut request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
        request.headers_mut().insert(HOST, self.host.clone());
        let mut sender = self.open().await?;
        let (head, body) = sender.send_request(request).await.context("no answer")?.into_parts();
        let body = body.collect().await.context("half an answer")?.to_bytes();
        self.sender = Some(sender);
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    async fn open(&mut self) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        if let Some(mut sender) = self.sender.take()
            && sender.ready().await.is_ok()
        {
            return Ok(sender);
        }
        let stream = TcpStream::connect(&self.authority).await.context("no connection")?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // How it ends, the sender hears.
        tokio::spawn(connection);
        Ok(sender)
    }
}
