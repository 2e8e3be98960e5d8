//! The HTTP server: accepting connections, serving requests, ending gracefully.

mod body;
mod cors;
pub(crate) mod framing;
pub(crate) mod head;
#[cfg(feature = "tls")]
pub(crate) mod tls;
pub(crate) mod transport;

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, middleware, response::IntoResponse};
use frontegg_contract::{receive::Strict, route};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Version, header, request::Parts, uri::Scheme};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use self::{body::Expects, cors::Cors, framing::Framed, transport::Transport};
use crate::{
    api, control,
    gate::{self, access::Access, faults::ConnectionClosed, selection::is_probe},
    peer::{self, Peer},
    service::Service,
};

/// How long requests under way may go on after the server was told to end.
const GRACE: Duration = Duration::from_secs(3);

/// How much longer an idle connection is kept than clients are told: who uses it at the last moment must
/// not meet its end.
const SPARE: Duration = Duration::from_secs(1);

/// Most bytes of a request's head.
const HEAD_LIMIT: usize = 64 * 1024;

/// Everything that is served, as one router.
pub(crate) fn app(service: Arc<Service>) -> Router {
    let router = api::routes().merge(control::routes(Arc::clone(&service))).with_state(service);
    route::finish(router).layer(middleware::from_fn(body::limit))
}

/// How to reach a server at that address from this machine.
pub(crate) fn url(scheme: &Scheme, mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        address.set_ip(loopback);
    }
    format!("{scheme}://{address}")
}

/// A server that runs until it is told to end or dropped.
#[derive(Debug)]
pub(crate) struct Server {
    /// Closing it ends the server.
    end: Option<watch::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Begins to accept connections.
    pub(crate) fn start(listener: TcpListener, transport: Transport, service: Arc<Service>) -> Self {
        let (end, ended) = watch::channel(());
        let task = tokio::spawn(run(listener, transport, service, ended));
        Self { end: Some(end), task }
    }

    /// Tells the server to end and waits until it has.
    pub(crate) async fn stop(&mut self) {
        self.end = None;
        self.stopped().await;
    }

    /// Waits until the server has ended.
    pub(crate) async fn stopped(&mut self) {
        if self.task.is_finished() {
            return;
        }
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "the server ended");
        }
    }
}

async fn run(listener: TcpListener, transport: Transport, service: Arc<Service>, mut ended: watch::Receiver<()>) {
    let app = app(Arc::clone(&service));
    let graceful = GracefulShutdown::new();
    let mut clock = service.clock().changed();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // An error says that the other half is gone, and nothing is ever sent.
            _ = ended.changed() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let talk = Talk { service: Arc::clone(&service), app: app.clone(), peer: Peer(peer) };
                    connections.spawn(serve(stream, transport.clone(), talk, graceful.watcher()));
                }
                Err(error) => {
                    // Out of files, most likely: give connections a moment to end.
                    tracing::warn!(%error, "accepting a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            // Set by the program that it runs in: others are told.
            Ok(()) = clock.changed() => {
                let service = Arc::clone(&service);
                connections.spawn(async move { service.follow().await });
            }
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests under way are cut off");
    }
    connections.shutdown().await;
    service.store().close().await;
}

/// What is needed to answer on a connection.
struct Talk {
    service: Arc<Service>,
    app: Router,
    peer: Peer,
}

async fn serve(stream: TcpStream, transport: Transport, talk: Talk, watcher: Watcher) {
    // Answers are short: do not hold them back to fill packets.
    let _ = stream.set_nodelay(true);
    match transport {
        Transport::Plain => converse(stream, talk, watcher).await,
        #[cfg(feature = "tls")]
        Transport::Tls(tls) => {
            if let Some(stream) = tls.accept(stream, talk.service.config().head_timeout).await {
                converse(stream, talk, watcher).await;
            }
        }
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, talk: Talk, watcher: Watcher) {
    let Talk { service, app, peer } = talk;
    let (head, idle) = (service.config().head_timeout, service.config().idle_timeout);
    let handler = service_fn(move |request| answer(Arc::clone(&service), app.clone(), peer, request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // For the head as a whole, with the time before it.
        .header_read_timeout(idle.saturating_add(SPARE))
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(Framed::new(stream, head)), handler);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended");
    }
}

/// Answers a request; an error closes the connection without an answer.
async fn answer(
    service: Arc<Service>,
    app: Router,
    peer: Peer,
    request: Request<Incoming>,
) -> Result<Response<Body>, ConnectionClosed> {
    let (mut parts, body) = request.into_parts();
    let access = Access::begin(Arc::clone(service.controls()), &mut parts);
    if service.config().strict {
        parts.extensions.insert(Strict);
    }
    let (cors, ends) = (Cors::of(&parts), ends(&parts));
    let (mut answer, is_last) = if let Err(failure) = head::check(&parts) {
        (failure.into_response(), true)
    } else {
        let expects = expects(&parts.headers);
        let (body, rest) = body::lend(body);
        let answer = if let Some(answer) = cors.preflight(&parts) {
            drop(body);
            answer
        } else {
            if !is_probe(&parts.uri) {
                service.follow().await;
            }
            peer::attach(peer, &service.config().trusted_proxies, &parts.headers, &mut parts.extensions);
            gate::pass(Arc::clone(service.controls()), app, Request::from_parts(parts, body)).await?
        };
        let is_last = ends || says_close(answer.headers()) || !rest.drain(expects).await;
        (answer, is_last)
    };
    cors.add_to(answer.headers_mut());
    if is_last {
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    } else if let Ok(kept) = HeaderValue::try_from(format!("timeout={}", service.config().idle_timeout.as_secs())) {
        answer.headers_mut().insert(KEEP_ALIVE, kept);
    }
    access.answered(&answer);
    Ok(answer)
}

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// Whether the connection is closed after a request, whatever comes of it: where the client wants so, and
/// where the end of the body is not told beforehand, as what follows it was not looked over.
fn ends(head: &Parts) -> bool {
    let is_kept = head.version >= Version::HTTP_11 || says(&head.headers, header::CONNECTION, "keep-alive");
    !is_kept || says_close(&head.headers) || head.headers.contains_key(header::TRANSFER_ENCODING)
}

fn says_close(headers: &HeaderMap) -> bool {
    says(headers, header::CONNECTION, "close")
}

fn expects(headers: &HeaderMap) -> Expects {
    if says(headers, header::EXPECT, "100-continue") { Expects::Continue } else { Expects::Nothing }
}

/// Whether a header names that among others.
fn says(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    let lines = headers.get_all(name).into_iter();
    let mut words = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    words.any(|given| given.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}
