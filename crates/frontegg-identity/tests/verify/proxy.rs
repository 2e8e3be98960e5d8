//! Stands before the emulator, counts what is asked, and answers with a fault when it is told to.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};

#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) url: String,
    target: String,
    http: reqwest::Client,
    state: Arc<Mutex<Told>>,
}

#[derive(Default)]
struct Told {
    asked: Vec<String>,
    fault: Option<Fault>,
}

/// An answer in place of the emulator's.
struct Fault {
    /// Part of the paths that are answered so.
    part: String,
    status: u16,
    body: String,
}

impl Proxy {
    pub(crate) async fn before(target: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let proxy = Self { url, target: target.to_owned(), http, state: Arc::default() };
        let app = Router::new().fallback(pass).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        proxy
    }

    /// How often a path with that part was asked for.
    pub(crate) fn count(&self, part: &str) -> usize {
        self.state.lock().unwrap().asked.iter().filter(|path| path.contains(part)).count()
    }

    /// From now on paths with that part are answered like this.
    pub(crate) fn fail(&self, part: &str, status: u16, body: &str) {
        self.state.lock().unwrap().fault = Some(Fault { part: part.to_owned(), status, body: body.to_owned() });
    }

    pub(crate) fn heal(&self) {
        self.state.lock().unwrap().fault = None;
    }

    /// Notes a request; gives its answer if there is a fault for it.
    fn note(&self, path: &str) -> Option<Response> {
        let mut told = self.state.lock().unwrap();
        told.asked.push(path.to_owned());
        let fault = told.fault.as_ref().filter(|fault| path.contains(&fault.part))?;
        let mut response = Response::new(Body::from(fault.body.clone()));
        *response.status_mut() = StatusCode::from_u16(fault.status).unwrap();
        Some(response)
    }
}

async fn pass(State(proxy): State<Proxy>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().unwrap().to_string();
    if let Some(fault) = proxy.note(&path) {
        return fault;
    }
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let mut headers = head.headers;
    headers.remove("host");
    let request = proxy.http.request(head.method, format!("{}{path}", proxy.target)).headers(headers).body(body);
    let answer = request.send().await.unwrap();
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = Body::from(answer.bytes().await.unwrap());
    response
}
