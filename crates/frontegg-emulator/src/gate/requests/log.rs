//! The record of requests: what is kept of each, for how long, and who waits for more.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::body::Body;
use bytes::Bytes;
use frontegg_contract::{Capture, capture::Caller, schema::Contract, trace::TRACE_HEADER};
use frontegg_model::Operation;
use http::{HeaderMap, Method, Response, StatusCode, Uri, request::Parts};
use hyper::body::Body as _;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;

use super::Filter;
use crate::{
    clock::{Clock, Timestamp},
    gate::{
        access::operation,
        faults::{ConnectionClosed, Hit},
        selection::Subject,
    },
};

/// Longer bodies are not kept.
const LONGEST_BODY: u64 = 256 * 1024;

/// Most bytes of all bodies together; beyond, the oldest requests are forgotten.
const BODIES: usize = 16 * 1024 * 1024;

/// What is known of a request that has ended. Bodies are as they came: whoever shows them redacts.
pub(crate) struct Record {
    pub(crate) number: u64,
    pub(crate) at: Timestamp,
    pub(crate) took: Duration,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) operation: Option<&'static Operation>,
    pub(crate) contract: Option<&'static Contract>,
    pub(crate) caller: Option<Caller>,
    pub(crate) body: Option<Bytes>,
    /// Nothing when no answer was sent.
    pub(crate) status: Option<StatusCode>,
    pub(crate) answer: Option<Bytes>,
    pub(crate) trace_id: Option<String>,
    pub(crate) fault: Option<u64>,
    /// Members of the body that nobody reads, by their paths.
    pub(crate) undeclared: Vec<String>,
}

impl Record {
    pub(crate) fn tenant_id(&self) -> Option<&str> {
        self.caller.as_ref()?.tenant_id.as_deref()
    }

    fn size(&self) -> usize {
        let length = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len);
        length(&self.body) + length(&self.answer)
    }

    fn fits(&self, filter: &Filter) -> bool {
        let subject = Subject::known(self.method.as_str(), &self.path, self.operation, self.tenant_id());
        filter.after.is_none_or(|number| self.number > number)
            && filter.status.is_none_or(|status| self.status.is_some_and(|given| given.as_u16() == status))
            && filter.selection.fits(&subject)
    }
}

/// The requests that were answered last.
#[derive(Debug)]
pub(crate) struct Log {
    /// How many are kept; none at all when 0.
    capacity: usize,
    kept: Mutex<Kept>,
    /// Told of every request that has ended.
    ended: watch::Sender<()>,
}

#[derive(Default)]
struct Kept {
    last_number: u64,
    size: usize,
    records: VecDeque<Arc<Record>>,
}

/// Without what they hold.
impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("requests", &self.records.len()).finish_non_exhaustive()
    }
}

impl Log {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, kept: Mutex::default(), ended: watch::Sender::new(()) }
    }

    /// What captures of a request what is recorded of it.
    pub(crate) fn capture(&self) -> Capture {
        if self.capacity == 0 { Capture::without_body() } else { Capture::default() }
    }

    /// Begins to record a request, if requests are recorded.
    pub(crate) fn begin(self: &Arc<Self>, parts: &Parts, clock: &Clock) -> Option<Recording> {
        if self.capacity == 0 {
            return None;
        }
        let subject = Subject::of(parts);
        if subject.is_control() {
            return None;
        }
        let path = subject.path().to_owned();
        let capture = parts.extensions.get().cloned().unwrap_or_default();
        let record = Record {
            number: 0,
            at: clock.timestamp(),
            took: Duration::ZERO,
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            path,
            headers: parts.headers.clone(),
            operation: None,
            contract: None,
            caller: None,
            body: None,
            status: None,
            answer: None,
            trace_id: None,
            fault: None,
            undeclared: Vec::new(),
        };
        Some(Recording { log: Arc::clone(self), capture, begin: Instant::now(), record: Some(record) })
    }

    /// Those that fit, the oldest first; the newest of them where there are more than `limit`.
    pub(crate) fn list(&self, filter: &Filter, limit: usize) -> Vec<Arc<Record>> {
        let kept = self.kept();
        let fitting = kept.records.iter().rev().filter(|record| record.fits(filter));
        let mut found: Vec<_> = fitting.take(limit).cloned().collect();
        found.reverse();
        found
    }

    /// How many fit.
    pub(crate) fn count(&self, filter: &Filter) -> usize {
        self.kept().records.iter().filter(|record| record.fits(filter)).count()
    }

    /// Changes with every request that has ended.
    pub(crate) fn ended(&self) -> watch::Receiver<()> {
        self.ended.subscribe()
    }

    /// Forgets all of them; numbers go on.
    pub(crate) fn clear(&self) {
        let mut kept = self.kept();
        kept.records.clear();
        kept.size = 0;
    }

    fn push(&self, mut record: Record) {
        let mut kept = self.kept();
        kept.last_number += 1;
        record.number = kept.last_number;
        kept.size += record.size();
        kept.records.push_back(Arc::new(record));
        while kept.records.len() > self.capacity || kept.size > BODIES {
            let Some(oldest) = kept.records.pop_front() else {
                break;
            };
            kept.size -= oldest.size();
        }
        drop(kept);
        self.ended.send_replace(());
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock()
    }
}

/// A request under way. It is recorded when this is dropped, so also when the client went away.
pub(crate) struct Recording {
    log: Arc<Log>,
    capture: Capture,
    begin: Instant,
    record: Option<Record>,
}

impl Recording {
    /// A fault happens to it.
    pub(crate) fn applied(&mut self, hit: &Hit) {
        if let Some(record) = &mut self.record {
            record.fault = Some(hit.id());
        }
    }

    /// What it body, where the API does not get to see it.
    pub(crate) fn body(&mut self, body: Bytes) {
        if let Some(record) = &mut self.record {
            record.body = Some(body);
        }
    }

    /// It was answered, or not.
    pub(crate) async fn end(
        mut self,
        answer: Result<Response<Body>, ConnectionClosed>,
    ) -> Result<Response<Body>, ConnectionClosed> {
        let Some(record) = &mut self.record else {
            return answer;
        };
        let mut response = answer?;
        record.status = Some(response.status());
        record.trace_id = response.headers().get(TRACE_HEADER).and_then(|id| id.to_str().ok()).map(str::to_owned);
        // Answers are at hand, but for those that a fault draws out, which do not tell their length
        // or cannot be taken at their word.
        let is_short = response.size_hint().exact().is_some_and(|length| length <= LONGEST_BODY);
        if is_short && response.extensions().get::<crate::gate::faults::DrawnOut>().is_none() {
            let body = std::mem::take(response.body_mut());
            let bytes = axum::body::to_bytes(body, usize::MAX).await.map_err(|_| ConnectionClosed)?;
            *response.body_mut() = bytes.clone().into();
            record.answer = Some(bytes);
        }
        Ok(response)
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let Some(mut record) = self.record.take() else {
            return;
        };
        record.took = self.begin.elapsed();
        record.contract = self.capture.contract();
        record.caller = self.capture.caller().cloned();
        let subject = Subject::known(record.method.as_str(), &record.path, None, None);
        record.operation = operation(record.contract, &subject);
        record.undeclared = self.capture.undeclared().to_vec();
        let seen = self.capture.body().filter(|body| body.len() as u64 <= LONGEST_BODY);
        record.body = record.body.or_else(|| seen.cloned());
        self.log.push(record);
    }
}
