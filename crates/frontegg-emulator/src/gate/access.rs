//! What is told of every request when it has ended: a line in the log, figures, and members of its body that nobody
//! reads.
//!
//! Neither query nor headers nor bodies are shown, and no part of a path that the documents mark as secret.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::body::Body;
use frontegg_contract::{Capture, redact, schema::Contract, trace::TRACE_HEADER};
use frontegg_model::Operation;
use http::{HeaderValue, Method, Response, StatusCode, Uri, request::Parts};
use tracing::Level;

use super::{
    Controls,
    selection::{METRICS, Subject, is_probe},
};

/// The target of the lines, to switch them off or on by.
const TARGET: &str = "frontegg_emulator::access";

/// A request under way. It is told of when this is dropped, so also when the client went away.
pub(crate) struct Access {
    controls: Arc<Controls>,
    begin: Instant,
    method: Method,
    uri: Uri,
    capture: Capture,
    answer: Option<Answer>,
}

struct Answer {
    status: StatusCode,
    trace_id: Option<HeaderValue>,
}

impl Access {
    /// A request begins.
    pub(crate) fn begin(controls: Arc<Controls>, parts: &mut Parts) -> Self {
        let capture = controls.requests.capture();
        parts.extensions.insert(capture.clone());
        Self {
            controls,
            begin: Instant::now(),
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            capture,
            answer: None,
        }
    }

    /// It is answered.
    pub(crate) fn answered(mut self, answer: &Response<Body>) {
        let trace_id = answer.headers().get(TRACE_HEADER).cloned();
        self.answer = Some(Answer { status: answer.status(), trace_id });
    }

    fn tell(&self) {
        let took = self.begin.elapsed();
        let subject = Subject::at(&self.method, &self.uri);
        let operation = operation(self.capture.contract(), &subject);
        #[cfg(feature = "metrics")]
        self.controls.figures.count(
            super::figures::Kind::of(&subject, operation),
            self.answer.as_ref().map(|answer| answer.status),
            took,
        );
        if let Some(operation) = operation {
            self.controls.undeclared.tell(operation.id, self.capture.undeclared());
        }
        if tracing::enabled!(target: TARGET, Level::INFO) {
            self.log(&subject, operation, took);
        }
    }

    fn log(&self, subject: &Subject<'_>, operation: Option<&'static Operation>, took: Duration) {
        let path = shown_path(subject.path(), operation, self.capture.contract());
        let answer = self.answer.as_ref();
        let status = answer.map(|answer| answer.status.as_u16());
        let trace_id = answer.and_then(|answer| answer.trace_id.as_ref()?.to_str().ok());
        let tenant = self.capture.caller().and_then(|caller| caller.tenant_id.as_deref());
        // Microseconds tell enough.
        let milliseconds = (took.as_secs_f64() * 1e6).round() / 1e3;
        macro_rules! line {
            ($level:expr) => {
                tracing::event!(
                    target: TARGET,
                    $level,
                    method = self.method.as_str(),
                    path,
                    operation = operation.map(|operation| operation.id),
                    status,
                    milliseconds,
                    tenant,
                    trace_id,
                )
            };
        }
        // Those come every few seconds, and say nothing as long as all is well.
        let is_routine = is_probe(&self.uri) || (subject.is_control() && subject.path().ends_with(METRICS));
        if is_routine && status == Some(StatusCode::OK.as_u16()) {
            line!(Level::DEBUG);
        } else {
            line!(Level::INFO);
        }
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        self.tell();
    }
}

/// The operation that a request was about, whether or not it came so far.
pub(in crate::gate) fn operation(
    contract: Option<&'static Contract>,
    subject: &Subject<'_>,
) -> Option<&'static Operation> {
    match contract {
        Some(contract) => frontegg_model::operation(contract.id),
        None => subject.operation(),
    }
}

/// A path without what is secret in it.
pub(in crate::gate) fn shown_path(
    path: &str,
    operation: Option<&'static Operation>,
    contract: Option<&'static Contract>,
) -> String {
    match operation.and_then(|operation| Some((operation, contract.or_else(|| redact::contract(operation.id))?))) {
        Some((operation, contract)) => redact::path(path, operation.path, contract),
        None => path.to_owned(),
    }
}
