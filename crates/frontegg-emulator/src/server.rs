//! The HTTP server: accepting connections, serving requests, ending gracefully.

mod framing;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use frontegg_contract::route;
use http::{HeaderValue, Response, header};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{api, control, gate, peer::Peer, server::framing::Framed, service::Service};

/// How long requests under way may go on after the server was told to end.
const GRACE: Duration = Duration::from_secs(3);

/// Most bytes of a request's head.
const HEAD_LIMIT: usize = 64 * 1024;

/// Everything that is served, as one router.
pub(crate) fn app(service: Arc<Service>) -> Router {
    let router = api::routes().nest("/_emulator", control::routes(Arc::clone(&service))).with_state(service);
    route::finish(router)
}

/// How to reach a server at that address from this machine.
pub(crate) fn url(address: SocketAddr) -> String {
    if !address.ip().is_unspecified() {
        return format!("http://{address}");
    }
    let port = address.port();
    if address.is_ipv4() { format!("http://127.0.0.1:{port}") } else { format!("http://[::1]:{port}") }
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
    pub(crate) fn start(listener: TcpListener, service: Arc<Service>) -> Self {
        let (end, ended) = watch::channel(());
        let task = tokio::spawn(run(listener, service, ended));
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

async fn run(listener: TcpListener, service: Arc<Service>, mut ended: watch::Receiver<()>) {
    let app = app(Arc::clone(&service));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // An error says that the other half is gone, and nothing is ever sent.
            _ = ended.changed() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let service = Arc::clone(&service);
                    connections.spawn(serve(stream, Peer(peer), service, app.clone(), graceful.watcher()));
                }
                Err(error) => {
                    // Out of files, most likely: give connections a moment to end.
                    tracing::warn!(%error, "accepting a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
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

async fn serve(stream: TcpStream, peer: Peer, service: Arc<Service>, app: Router, watcher: Watcher) {
    // Answers are short: do not hold them back to fill packets.
    let _ = stream.set_nodelay(true);
    let head_timeout = service.config().head_timeout;
    let handler = service_fn(move |request| {
        let mut request = http::Request::map(request, Body::new);
        request.extensions_mut().insert(peer);
        let open = request.headers().contains_key(header::TRANSFER_ENCODING);
        // An error closes the connection without an answer.
        let answer = gate::pass(Arc::clone(service.controls()), app.clone(), request);
        async move { answer.await.map(|answer| if open { last(answer) } else { answer }) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(Framed::new(stream)), handler);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended");
    }
}

/// An answer after which the connection is closed: where the body's end is not told beforehand, what
/// follows it was not looked over.
fn last(mut answer: Response<Body>) -> Response<Body> {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}
