//! A service that answers as a test says: for faults that a well-behaved server does not have.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use frontegg_emulator::Emulator;
use frontegg_identity::{Builder, Frontegg, Retry, types};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// What the service was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// What it answers.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    delay: Duration,
    /// Bytes of the body after which the connection is closed; `Some(0)` closes it without an answer.
    cut: Option<usize>,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), delay: Duration::ZERO, cut: None }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    pub(crate) fn cut(mut self, after: usize) -> Self {
        self.cut = Some(after);
        self
    }

    pub(crate) fn token(token: &str, expires_in: i64) -> Self {
        Self::new(200, format!(r#"{{"token":"{token}","expiresIn":{expires_in}}}"#))
    }

    async fn write(self, stream: &mut TcpStream) {
        tokio::time::sleep(self.delay).await;
        if self.cut == Some(0) {
            return;
        }
        let mut head =
            format!("HTTP/1.1 {} x\r\ncontent-length: {}\r\nconnection: close\r\n", self.status, self.body.len());
        for (name, value) in self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let body = &self.body[..self.cut.unwrap_or(self.body.len())];
        let _ = stream.write_all(format!("{head}\r\n{body}").as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}

#[derive(Default)]
struct State {
    asked: Vec<Asked>,
    tokens: VecDeque<Reply>,
    answers: VecDeque<Reply>,
}

/// The service. Replies are used up in order; the last one of a kind stays.
#[derive(Clone)]
pub(crate) struct Service {
    state: Arc<Mutex<State>>,
    pub(crate) url: String,
}

impl Service {
    pub(crate) async fn start(tokens: Vec<Reply>, answers: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State { tokens: tokens.into(), answers: answers.into(), ..State::default() };
        let service = Self { state: Arc::new(Mutex::new(state)), url };
        let serving = service.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        service
    }

    async fn serve(self, mut stream: TcpStream) {
        let Some(asked) = read(&mut stream).await else { return };
        let reply = {
            let mut state = self.state.lock().unwrap();
            let replies = if asked.path == "/auth/vendor" { &mut state.tokens } else { &mut state.answers };
            let reply = if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() };
            state.asked.push(asked);
            reply.unwrap_or_else(|| Reply::new(599, "the test has no reply"))
        };
        reply.write(&mut stream).await;
    }

    pub(crate) fn builder(&self) -> Builder {
        let retry = Retry::default().base_delay(Duration::from_millis(1));
        Frontegg::builder().base_url(&self.url).credentials("id", "the-api-key").retry(retry)
    }

    pub(crate) fn frontegg(&self) -> Frontegg {
        self.builder().build().unwrap()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state.lock().unwrap().asked.clone()
    }

    /// How often tokens and everything else were asked for.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let asked = self.asked();
        let tokens = asked.iter().filter(|asked| asked.path == "/auth/vendor").count();
        (tokens, asked.len() - tokens)
    }
}

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// One token, good for a day.
pub(crate) fn token() -> Vec<Reply> {
    vec![Reply::token("t-1", DAY)]
}

/// An empty list.
pub(crate) fn ok() -> Reply {
    Reply::new(200, "[]")
}

/// What a role is made with, for a call that writes.
pub(crate) fn role() -> types::AddRoleRequest {
    types::AddRoleRequest::new("admin", "Administrator", 0)
}

/// An emulator, for what a well-behaved server does, and the client of its environment.
pub(crate) async fn emulated() -> (Emulator, Frontegg) {
    let emulator = Emulator::start().await.unwrap();
    let builder = Frontegg::builder().base_url(emulator.url());
    let frontegg = builder.credentials(emulator.client_id(), emulator.api_key()).build().unwrap();
    (emulator, frontegg)
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut words = lines.first()?.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let pair = |line: &String| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: Vec<_> = lines.iter().skip(1).filter_map(pair).collect();
    let mut asked = Asked { method, path, headers, body: String::new() };
    let mut body = vec![0; asked.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).await.ok()?;
    asked.body = String::from_utf8(body).ok()?;
    Some(asked)
}
