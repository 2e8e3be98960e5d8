//! The same exchange by two ways, with a service that answers from memory, so that little else is
//! measured.

use std::thread;

use frontegg_identity::{Environment, Frontegg, Scope, types::RoleResponse};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
};

const PATH: &str = "/identity/resources/roles/v1";
pub(crate) const ROLES: usize = 20;
pub(crate) const PAGES: usize = 10;

fn roles() -> String {
    let role = |index| {
        format!(
            r#"{{"id":"r-{index}","vendorId":"v","tenantId":null,"key":"role-{index}","name":"Role {index}","isDefault":false,
            "firstUserRole":false,"level":0,"permissions":["p-1","p-2","p-3"],"createdAt":"2026-01-01T00:00:00Z",
            "updatedAt":"2026-01-01T00:00:00Z"}}"#
        )
    };
    format!("[{}]", (0..ROLES).map(role).collect::<Vec<_>>().join(","))
}

/// A service with three answers: a token, a list of roles, and a page of them.
fn serve() -> String {
    let answer = |body: &str| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
        format!("{head} {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    let page =
        format!(r#"{{"items":{},"_metadata":{{"totalItems":{},"totalPages":{PAGES}}}}}"#, roles(), ROLES * PAGES);
    let token = answer(r#"{"token":"t","expiresIn":86400}"#);
    let answers = Answers { token, list: answer(&roles()), page: answer(&page) };
    let answers: &'static Answers = Box::leak(Box::new(answers));
    let (send, receive) = std::sync::mpsc::channel();
    thread::spawn(move || {
        runtime().block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            send.send(listener.local_addr().expect("an address")).expect("somebody who waits");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(exchange(stream, answers));
            }
        });
    });
    format!("http://{}", receive.recv().expect("an address"))
}

/// The responses of the service, as they are sent.
struct Answers {
    token: Vec<u8>,
    list: Vec<u8>,
    page: Vec<u8>,
}

async fn exchange(mut stream: TcpStream, answers: &Answers) {
    let mut buffer = vec![0; 16 * 1024];
    let mut held = 0;
    while let Ok(read @ 1..) = stream.read(&mut buffer[held..]).await {
        held += read;
        // One request at a time comes over a connection; the only one with a body asks for the token.
        let request = &buffer[..held];
        let is_whole =
            if request.starts_with(b"POST") { request.ends_with(b"}") } else { request.ends_with(b"\r\n\r\n") };
        if is_whole {
            let answer = match request {
                [b'P', ..] => &answers.token,
                _ if request.windows(3).take(80).any(|part| part == b"/v2") => &answers.page,
                _ => &answers.list,
            };
            held = 0;
            if stream.write_all(answer).await.is_err() {
                return;
            }
        }
    }
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// The same exchange by both ways.
pub(crate) struct Ways {
    pub(crate) facade: Scope<Environment>,
    reqwest: reqwest::Client,
    url: String,
}

impl Ways {
    /// With a service that answers from memory.
    pub(crate) fn new() -> Self {
        let url = serve();
        Self::to(Frontegg::builder().base_url(&url).credentials("id", "key"), url, "t")
    }

    /// With the service at that URL, as tenant `acme`; reqwest has the token already.
    pub(crate) fn to(builder: frontegg_identity::Builder, url: String, token: &str) -> Self {
        let frontegg = builder.build().expect("a client");
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().expect("a header"));
        headers.insert("frontegg-tenant-id", HeaderValue::from_static("acme"));
        let reqwest = reqwest::Client::builder().default_headers(headers).no_proxy().build().expect("a client");
        Self { facade: frontegg.tenant("acme"), reqwest, url }
    }

    pub(crate) async fn by_facade(&self) -> Vec<RoleResponse> {
        self.facade.roles().list_roles_v1().await.expect("roles")
    }

    pub(crate) async fn by_reqwest(&self) -> Vec<RoleResponse> {
        let answer = self.reqwest.get(format!("{}{PATH}", self.url)).send().await.expect("an answer");
        answer.error_for_status().expect("success").json().await.expect("roles")
    }
}
