//! The requests that came in, for tests that ask what a client has really sent.

mod log;

use std::{fmt, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use frontegg_contract::{
    redact::{self, REDACTED},
    schema::Body,
};
use serde_json::Value;
use tokio::time::Instant;

pub(crate) use log::{Log, Record};

use crate::{
    error::Error,
    gate::{access::shown_path, selection::Selection},
};

/// Headers whose values are shown; nobody knows what others carry.
const SHOWN: [&str; 14] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "frontegg-application-id",
    "frontegg-tenant-id",
    "frontegg-user-id",
    "host",
    "origin",
    "transfer-encoding",
    "user-agent",
    "x-forwarded-for",
];

/// Which of the recorded requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) selection: Selection,
    pub(crate) status: Option<u16>,
    pub(crate) after: Option<u64>,
}

/// The requests that were answered last, the oldest first: all, or those that were asked for. Those to
/// the control plane are not among them. A reset forgets them.
///
/// ```
/// # use std::time::Duration;
/// # #[tokio::main]
/// # async fn main() -> Result<(), frontegg_emulator::Error> {
/// let emulator = frontegg_emulator::Emulator::start().await?;
/// // … a client does its work …
/// let created = emulator.requests().on("create_roles_v1").status(201);
/// assert_eq!(created.count(), 0);
/// for request in emulator.requests().list() {
///     println!("{} {} {:?}", request.method(), request.path(), request.status());
/// }
/// let refused = created.wait_for(1, Duration::from_millis(10)).await;
/// assert!(refused.is_err(), "nobody created a role");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is looked up until it is asked for"]
pub struct Requests {
    log: Arc<Log>,
    filter: Filter,
}

impl Requests {
    pub(crate) fn new(log: Arc<Log>) -> Self {
        Self { log, filter: Filter::default() }
    }

    pub(crate) fn filtered(log: Arc<Log>, filter: Filter) -> Self {
        Self { log, filter }
    }

    /// Only those, e.g. those of an operation.
    pub fn on(mut self, selection: impl Into<Selection>) -> Self {
        self.filter.selection = selection.into();
        self
    }

    /// Only those that were answered with that status.
    pub fn status(mut self, status: u16) -> Self {
        self.filter.status = Some(status);
        self
    }

    /// Only those after that one.
    pub fn after(mut self, request: &RecordedRequest) -> Self {
        self.filter.after = Some(request.number());
        self
    }

    /// All of them that are still kept.
    pub fn list(&self) -> Vec<RecordedRequest> {
        self.newest(usize::MAX)
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.log.count(&self.filter)
    }

    /// Waits until there are so many of them, and gives them. A request is recorded before its answer
    /// is sent, so only what others do at the same time has to be waited for.
    pub async fn wait_for(&self, count: usize, within: Duration) -> Result<Vec<RecordedRequest>, Error> {
        let deadline = Instant::now() + within;
        // Before the first look, so that nothing is missed between two.
        let mut ended = self.log.ended();
        loop {
            let found = self.list();
            if found.len() >= count {
                return Ok(found);
            }
            if tokio::time::timeout_at(deadline, ended.changed()).await.is_err() {
                return Err(Error::Unknown(format!("{} such requests came, not {count}", self.count())));
            }
        }
    }

    /// Forgets all requests, also those that were not asked for.
    pub fn clear(&self) {
        self.log.clear();
    }

    pub(crate) fn newest(&self, limit: usize) -> Vec<RecordedRequest> {
        self.log.list(&self.filter, limit).into_iter().map(RecordedRequest).collect()
    }
}

/// A request and what became of it, without secrets: what the documents mark as such, what they do not
/// declare, and headers that may hold credentials are not shown.
#[derive(Clone)]
pub struct RecordedRequest(Arc<Record>);

impl RecordedRequest {
    /// Its number; later requests have greater ones.
    pub fn number(&self) -> u64 {
        self.0.number
    }

    /// When it came, by the emulator's clock.
    pub fn at(&self) -> DateTime<Utc> {
        self.0.at.utc()
    }

    /// How long it took until its answer began, in real time.
    pub fn took(&self) -> Duration {
        self.0.took
    }

    /// Its method, e.g. `GET`.
    pub fn method(&self) -> &str {
        self.0.method.as_str()
    }

    /// Its path, without `/frontegg` before it and without a slash behind it.
    pub fn path(&self) -> String {
        shown_path(&self.0.path, self.0.operation, self.0.contract)
    }

    /// Its query, without the question mark.
    pub fn query(&self) -> String {
        redact::query(self.0.uri.query().unwrap_or_default(), self.contract())
    }

    /// The id of its operation; nothing when no operation has that address.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation.map(|operation| operation.id)
    }

    /// Which kind of token it body: `environment`, `user`, `userApi` or `tenantApi`; nothing when it
    /// body none or a bad one, or did not get so far.
    pub fn token(&self) -> Option<&'static str> {
        self.0.caller.as_ref()?.token
    }

    /// The tenant that it was about.
    pub fn tenant_id(&self) -> Option<&str> {
        self.0.tenant_id()
    }

    /// The user that it was about.
    pub fn user_id(&self) -> Option<&str> {
        self.0.caller.as_ref()?.user_id.as_deref()
    }

    /// A header that it body; a mere remark where it may hold a secret.
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.0.headers.get(name)?.to_str().ok()?;
        let shown = SHOWN.iter().any(|shown| shown.eq_ignore_ascii_case(name));
        Some(if shown { value } else { REDACTED })
    }

    /// Its body; null when it had none or was refused before it was read.
    pub fn body(&self) -> Value {
        let schema = self.contract().and_then(|contract| contract.body).map(|Body(_, schema)| schema);
        redact::body(self.0.body.as_deref().unwrap_or_default(), schema)
    }

    /// The members of its body that the documents do not declare, which nobody reads, by their paths.
    pub fn undeclared(&self) -> &[String] {
        &self.0.undeclared
    }

    /// The status of its answer; nothing when the connection was closed in its place.
    pub fn status(&self) -> Option<u16> {
        self.0.status.map(|status| status.as_u16())
    }

    /// The body of its answer; null when it had none, or one that came in parts.
    pub fn answer(&self) -> Value {
        let bytes = self.0.answer.as_deref().unwrap_or_default();
        match self.0.status {
            Some(status) if status.is_success() => {
                redact::body(bytes, self.contract().and_then(|contract| contract.answer))
            }
            _ => redact::failure(bytes),
        }
    }

    /// The number of the fault that happened to it.
    pub fn fault(&self) -> Option<u64> {
        self.0.fault
    }

    /// The id in its answer and in the log.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    fn contract(&self) -> Option<&'static frontegg_contract::schema::Contract> {
        self.0.contract.or_else(|| redact::contract(self.operation()?))
    }

    /// The names of all headers that it body.
    pub(crate) fn header_names(&self) -> impl Iterator<Item = &str> {
        self.0.headers.keys().map(http::HeaderName::as_str)
    }
}

/// Without headers and bodies.
impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedRequest")
            .field("number", &self.number())
            .field("method", &self.method())
            .field("path", &self.path())
            .field("operation", &self.operation())
            .field("status", &self.status())
            .field("fault", &self.fault())
            .finish_non_exhaustive()
    }
}
