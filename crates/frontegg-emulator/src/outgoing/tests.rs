//! Calls to servers of this process, by names that a test resolves.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Body,
    response::Redirect,
    routing::{get, post},
};
use parking_lot::Mutex;
use reqwest::dns::{Addrs, Name, Resolving};
use tokio::net::TcpListener;

use super::*;

/// Answers with the first of several lists, then with the next, and stays with the last.
struct Script {
    answers: Mutex<Vec<Vec<SocketAddr>>>,
    asked: AtomicUsize,
}

impl Script {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let list = |texts: &&[&str]| texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect();
        Arc::new(Self { answers: Mutex::new(answers.iter().map(list).collect()), asked: AtomicUsize::new(0) })
    }
}

impl Resolve for Script {
    fn resolve(&self, _: Name) -> Resolving {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut answers = self.answers.lock();
        let found = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        Box::pin(std::future::ready(Ok(Box::new(found.into_iter()) as Addrs)))
    }
}

fn outgoing(hosts: &[&str], resolver: Arc<dyn Resolve>) -> Outgoing {
    let texts: Vec<String> = hosts.iter().map(|text| (*text).to_owned()).collect();
    let limits = Limits { time: Duration::from_secs(5), bytes: 1000 };
    Outgoing::with(Hosts::parse(&texts).expect("hosts"), resolver, limits).expect("a client")
}

/// A server, how often it was reached, and its port.
struct Server {
    reached: Arc<AtomicUsize>,
    port: u16,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let reached = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&reached);
        let router = Router::new()
            .route(
                "/json",
                get(async |headers: http::HeaderMap| {
                    format!("{:?}", headers.get("authorization").map(|v| v.to_str().unwrap()))
                }),
            )
            .route("/form", post(async |body: String| format!("{body:?}")))
            .route("/away", get(async || Redirect::to("/json")))
            .route("/large", get(async || Body::from(vec![b'x'; 1001])))
            .route("/never", get(async || std::future::pending::<()>().await))
            .layer(axum::middleware::map_request(move |request: axum::extract::Request| {
                count.fetch_add(1, Ordering::Relaxed);
                std::future::ready(request)
            }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { reached, port }
    }

    fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.port)
    }

    fn reached(&self) -> usize {
        self.reached.load(Ordering::Relaxed)
    }
}

fn loopback() -> Arc<Script> {
    Script::new(&[&["127.0.0.1"]])
}

#[tokio::test]
async fn nobody_is_called_unless_named() {
    let server = Server::start().await;
    let script = loopback();
    let off = outgoing(&[], Arc::clone(&script) as _);
    assert!(matches!(off.get(&server.url("localhost", "/json"), Credentials::None).await, Err(OutgoingError::Off)));
    let other = outgoing(&["other.test"], Arc::clone(&script) as _);
    let refused = other.get(&server.url("localhost", "/json"), Credentials::None).await;
    assert!(matches!(refused, Err(OutgoingError::Host(host)) if host == "localhost"));
    assert_eq!((server.reached(), script.asked.load(Ordering::Relaxed)), (0, 0));
}

#[tokio::test]
async fn credentials_and_forms_are_sent() {
    let server = Server::start().await;
    let on = outgoing(&["localhost"], loopback());
    let url = server.url("localhost", "/json");
    let basic = Credentials::Basic { client_id: "a b", client_secret: "c:d" };
    for (credentials, sent) in [
        (Credentials::None, "None"),
        (Credentials::Bearer("T"), "Some(\"Bearer T\")"),
        // "a+b:c%3Ad"
        (basic, "Some(\"Basic YStiOmMlM0Fk\")"),
    ] {
        let answer = on.get(&url, credentials).await.expect("an answer");
        assert_eq!(answer.body, sent);
    }
    let answer = on.post_form(&server.url("localhost", "/form"), basic, &[("a", "1 2"), ("b", "&")]).await;
    assert_eq!(answer.expect("an answer").json::<String>().as_deref(), Some("a=1+2&b=%26"));
    let missing = on.get(&server.url("localhost", "/nothing"), Credentials::None).await.expect("an answer");
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn redirects_are_not_followed_and_answers_have_an_end() {
    let server = Server::start().await;
    let on = outgoing(&["localhost"], loopback());
    let get = async |path: &str| on.get(&server.url("localhost", path), Credentials::None).await;
    assert!(matches!(get("/away").await, Err(OutgoingError::Redirect(_))));
    assert_eq!(server.reached(), 1);
    assert!(matches!(get("/large").await, Err(OutgoingError::TooLarge(_))));
}

#[tokio::test]
async fn an_answer_that_never_comes_is_not_awaited() {
    let server = Server::start().await;
    let limits = Limits { time: Duration::from_millis(50), bytes: 1000 };
    let hosts = Hosts::parse(&["localhost".to_owned()]).expect("a host");
    let on = Outgoing::with(hosts, loopback(), limits).expect("a client");
    let answer = on.get(&server.url("localhost", "/never"), Credentials::None).await;
    assert!(matches!(answer, Err(OutgoingError::Timeout(_))));
}

/// A name is asked for once, and where it leads is judged: what it says later does not matter.
#[tokio::test]
async fn a_name_that_rebinds_leads_nowhere() {
    let server = Server::start().await;
    let any = ["*"];
    for answers in [
        &[&["127.0.0.1"][..]][..],
        &[&["93.184.215.14", "10.0.0.1"]],
        &[&["::ffff:169.254.169.254"]],
        &[&["0.0.0.0"], &["93.184.215.14"]],
    ] {
        let script = Script::new(answers);
        let on = outgoing(&any, Arc::clone(&script) as _);
        let url = format!("https://rebinds.test:{}/json", server.port);
        let answer = on.get(&url, Credentials::None).await;
        assert!(matches!(answer, Err(OutgoingError::NotPublic(host)) if host == "rebinds.test"), "{answers:?}");
        assert_eq!(script.asked.load(Ordering::Relaxed), 1);
    }
    // This machine's name means this machine.
    let script = Script::new(&[&["10.0.0.1"]]);
    let on = outgoing(&["localhost"], script);
    let answer = on.get(&server.url("localhost", "/json"), Credentials::None).await;
    assert!(matches!(answer, Err(OutgoingError::NotPublic(_))));
    assert_eq!(server.reached(), 0);
}

/// The addresses that were judged are those that are called, asked for anew by each call.
#[tokio::test]
async fn what_was_judged_is_called() {
    let server = Server::start().await;
    let script = Script::new(&[&["127.0.0.1"], &["10.0.0.1"]]);
    let on = outgoing(&["idp.localhost"], Arc::clone(&script) as _);
    let get = async || on.get(&server.url("idp.localhost", "/json"), Credentials::None).await;
    assert!(get().await.is_ok());
    assert_eq!((server.reached(), script.asked.load(Ordering::Relaxed)), (1, 1));
    assert!(matches!(get().await, Err(OutgoingError::NotPublic(_))));
    assert_eq!((server.reached(), script.asked.load(Ordering::Relaxed)), (1, 2));
}

#[tokio::test]
async fn failures_name_the_host_alone() {
    let server = Server::start().await;
    let on = outgoing(&["localhost"], loopback());
    // No TLS is spoken there.
    let url = format!("https://localhost:{}/json?code=secret", server.port);
    let error = on.get(&url, Credentials::Bearer("secret")).await.expect_err("no TLS");
    assert_eq!(error.to_string(), "localhost cannot be reached");
    assert!(!format!("{error:?}").contains("secret"));
    assert_eq!(DomainError::from(error).refusal(), crate::refusal::Refusal::BadGateway);
}
