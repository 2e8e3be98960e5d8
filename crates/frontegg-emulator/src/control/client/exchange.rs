//! One request to the control plane and its answer, over a connection of its own.
//!
//! It uses the client side of the HTTP library that serves the emulator, so that no other library has
//! to be linked.

use std::{
    fmt::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Uri, header, uri::Scheme};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use super::ControlError;
#[cfg(feature = "tls")]
use super::tls::Trust;

pub(super) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Where an emulator is.
#[derive(Clone, Debug)]
pub(super) struct Address {
    /// As it was given, without a slash at the end.
    pub(super) url: String,
    host: String,
    port: u16,
    is_https: bool,
    /// Whom to believe where it is asked by TLS.
    #[cfg(feature = "tls")]
    pub(super) trust: Trust,
    /// What stands in `Host`.
    authority: String,
    /// What comes before every path.
    prefix: String,
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, ControlError> {
        let wrong = || ControlError::Address(url.to_owned());
        let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| wrong())?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(wrong)?;
        let is_https = uri.scheme() == Some(&Scheme::HTTPS);
        let is_known = uri.scheme() == Some(&Scheme::HTTP) || (is_https && cfg!(feature = "tls"));
        if !is_known || uri.query().is_some() {
            return Err(wrong());
        }
        let port = authority.as_str()[authority.host().len()..].strip_prefix(':');
        let port = port.map_or(Ok(if is_https { 443 } else { 80 }), str::parse).map_err(|_| wrong())?;
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            host: authority.host().trim_start_matches('[').trim_end_matches(']').to_owned(),
            port,
            is_https,
            #[cfg(feature = "tls")]
            trust: Trust::default(),
            authority: authority.as_str().to_owned(),
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// That of a server of this process.
    pub(super) fn of(url: &str, address: SocketAddr) -> Self {
        let host = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        let port = address.port();
        Self {
            url: url.to_owned(),
            host: host.to_string(),
            port,
            is_https: url.starts_with("https:"),
            #[cfg(feature = "tls")]
            trust: Trust::default(),
            authority: format!("localhost:{port}"),
            prefix: String::new(),
        }
    }

    /// A request to the control plane, over a connection that ends with it.
    pub(super) fn request(
        &self,
        method: Method,
        path: &str,
        body: Body,
        admin_token: Option<&SecretString>,
    ) -> Result<Request<Body>, ControlError> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/_emulator/{path}", self.prefix))
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONNECTION, "close");
        if let Some(token) = admin_token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose_secret()));
        }
        request.body(body).map_err(|error| self.unreachable(error.into()))
    }

    /// Sends a request, and gives status and body of its answer.
    pub(super) async fn exchange(
        &self,
        request: Request<Body>,
        time: Duration,
    ) -> Result<(StatusCode, Bytes), ControlError> {
        let whole = self.send(request, async |response| {
            let (head, body) = response.into_parts();
            Ok((head.status, axum::body::to_bytes(Body::new(body), usize::MAX).await?))
        });
        let answer = tokio::time::timeout(time, whole).await;
        answer
            .map_err(|_| ControlError::TimedOut { url: self.url.clone(), time })?
            .map_err(|source| self.unreachable(source))
    }

    /// Sends a request, and gives what is read of its answer.
    pub(super) async fn send<T>(
        &self,
        request: Request<Body>,
        read: impl AsyncFnOnce(Response<Incoming>) -> Result<T, Cause>,
    ) -> Result<T, Cause> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        #[cfg(feature = "tls")]
        if self.is_https {
            return talk(self.trust.connect(&self.host, stream).await?, request, read).await;
        }
        if self.is_https {
            // None is made without TLS.
            return Err("https needs the feature tls".into());
        }
        talk(stream, request, read).await
    }

    /// Nobody answers, or not to the end.
    pub(super) fn unreachable(&self, source: Cause) -> ControlError {
        ControlError::Unreachable { url: self.url.clone(), source }
    }
}

/// Sends a request over a connection, and gives what is read of its answer.
async fn talk<T>(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin,
    request: Request<Body>,
    read: impl AsyncFnOnce(Response<Incoming>) -> Result<T, Cause>,
) -> Result<T, Cause> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let answer = async move { read(sender.send_request(request).await?).await };
    // The connection has to be driven meanwhile, and ends with its sender. What goes wrong with it
    // shows in the answer, if it matters.
    let (_, answer) = tokio::join!(connection, answer);
    answer
}

/// A value as a segment of a path.
pub(super) fn segment(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_that_of_a_server() {
        let address = Address::parse("http://[::1]:8100/behind/a/proxy/").expect("an address");
        assert_eq!((address.host.as_str(), address.port), ("::1", 8100));
        assert_eq!((address.authority.as_str(), address.prefix.as_str()), ("[::1]:8100", "/behind/a/proxy"));
        assert_eq!(Address::parse("http://emulator").expect("an address").port, 80);
        for wrong in ["", "emulator", "127.0.0.1:8100", "ftp://x", "http://a@b", "http://x/?y", "http://x:y"] {
            assert!(matches!(Address::parse(wrong), Err(ControlError::Address(_))), "{wrong}");
        }
    }

    #[test]
    fn a_value_stays_one_segment() {
        assert_eq!(segment("a-b_1"), "a-b_1");
        assert_eq!(segment("../a?b ü"), "%2E%2E%2Fa%3Fb%20%C3%BC");
    }
}
