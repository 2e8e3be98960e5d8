//! The context of a call, which it shares with the transport.
//!
//! The generated client passes on neither options nor typed errors. Both go past it in a task-local
//! [`Context`] that lives as long as the call.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use frontegg_client::{self as client, BoxFuture, MaybeSend, ResponseValue};
use frontegg_model::types::ApiError;
use http::{HeaderMap, StatusCode};
use tracing::{Instrument, Span, field};

use crate::{
    custom_headers::CustomHeaders,
    error::{Attempt, Error, ErrorKind},
    header,
    options::{Options, Settings},
    response::{Head, Response},
    retry::Idempotency,
    runtime::{self, Instant},
};

/// The future of a call of the generated client.
pub(crate) type CallFuture<'a, T> = BoxFuture<'a, Result<ResponseValue<T>, client::Error<ApiError>>>;

tokio::task_local! {
    /// Boxed, as it is moved whenever the call is polled.
    static CONTEXT: Box<Context>;
}

/// What a call and the transport share.
pub(crate) struct Context {
    settings: Settings,
    deadline: Instant,
    /// Of the call beyond what its method implies.
    idempotency: Idempotency,
    attempts: Cell<u32>,
    /// When the last attempt began.
    started: Cell<Instant>,
    history: RefCell<Vec<Attempt>>,
    answer: RefCell<Option<Head>>,
    failure: RefCell<Option<Error>>,
    /// Whether it goes by the environment's own token.
    by_environment: Cell<bool>,
}

impl Context {
    pub(crate) fn new(settings: impl Into<Settings>) -> Self {
        let (now, settings) = (Instant::now(), settings.into());
        Self {
            deadline: after(now, settings.options.timeout),
            settings,
            idempotency: Idempotency::NotIdempotent,
            attempts: Cell::new(0),
            started: Cell::new(now),
            history: RefCell::default(),
            answer: RefCell::new(None),
            failure: RefCell::new(None),
            by_environment: Cell::new(false),
        }
    }

    /// Marks a call as idempotent although its method is not.
    pub(crate) fn idempotent(mut self) -> Self {
        self.idempotency = Idempotency::Idempotent;
        self
    }

    /// Runs a generated call under this context.
    pub(crate) fn run<'a, T: MaybeSend + 'a>(
        self,
        operation: &'static str,
        send: CallFuture<'a, T>,
    ) -> impl Future<Output = Result<Response<T>, Error>> + MaybeSend + 'a {
        let span = tracing::info_span!(
            "frontegg.call",
            otel.kind = "client",
            operation,
            server.address = field::Empty,
            http.request.method = field::Empty,
            url.template = field::Empty,
            http.response.status_code = field::Empty,
            frontegg.trace_id = field::Empty,
            http.request.resend_count = field::Empty,
            error.type = field::Empty,
        );
        let call = async move {
            let outcome =
                if runtime::is_running() { send.await } else { Err(client::Error::Custom(fail(no_runtime()))) };
            CONTEXT.with(|context| context.conclude(operation, outcome))
        };
        CONTEXT.scope(Box::new(self), call).instrument(span)
    }

    /// Makes the result of the call from that of the generated client and from what the transport has noted here.
    fn conclude<T>(
        &self,
        operation: &'static str,
        outcome: Result<ResponseValue<T>, client::Error<ApiError>>,
    ) -> Result<Response<T>, Error> {
        let (attempts, span) = (self.attempts.get(), Span::current());
        if attempts > 1 {
            span.record("http.request.resend_count", attempts - 1);
        }
        let error = match outcome {
            Ok(response) => {
                self.report_retries(operation);
                return Ok(Response::new(response, attempts));
            }
            Err(error) => self.failure.take().unwrap_or_else(|| error.into()),
        };
        let error = error.in_call(operation, attempts, self.answer.take());
        // The last attempt may have failed within its body, or at the call's deadline.
        if self.history.borrow().len() < attempts as usize {
            let took = self.started.get().elapsed();
            self.history.borrow_mut().push(Attempt { kind: error.kind(), status: error.status(), took });
        }
        self.report_retries(operation);
        let error = error.with_history(self.history.take());
        let error = if self.by_environment.get() { error.by_environment() } else { error };
        // Only the kind: messages may quote what the caller sent.
        span.record("error.type", field::debug(error.kind()));
        Err(error)
    }
}

impl Context {
    /// Says once of a call that took several attempts why it did: what fails now and then should be seen before it fails
    /// for good.
    fn report_retries(&self, operation: &'static str) {
        let attempts = self.attempts.get();
        if let (2.., Some(last)) = (attempts, self.history.borrow().last()) {
            tracing::warn!(
                operation,
                attempts,
                error.type = ?last.kind,
                http.response.status_code = last.status,
                "a call needed more than one attempt"
            );
        }
    }
}

/// Timers and connections are a runtime's.
fn no_runtime() -> Error {
    Error::new(ErrorKind::NoRuntime, "a call is driven by a Tokio runtime, and there is none here; nothing was sent")
}

/// What the transport needs to know to send a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) options: Options,
    pub(crate) deadline: Instant,
    pub(crate) idempotency: Idempotency,
}

impl Plan {
    /// The failure of a call whose deadline has passed before that came.
    pub(crate) fn overdue(&self, what: &str) -> Error {
        Error::new(ErrorKind::Timeout, format!("no {what} within {:?}", self.options.timeout))
    }
}

/// The plan of the current call; for a call of the raw client, one from `options`.
pub(crate) fn plan(options: Options) -> Plan {
    let of = |context: &Context| Plan {
        options: context.settings.options,
        deadline: context.deadline,
        idempotency: context.idempotency,
    };
    CONTEXT.try_with(|context| of(context)).unwrap_or_else(|_| Plan {
        options,
        deadline: deadline(options.timeout),
        idempotency: Idempotency::NotIdempotent,
    })
}

/// Notes an error that the generated client can only pass on as text, and returns that text.
pub(crate) fn fail(error: Error) -> String {
    let text = error.to_string();
    // A call of the raw client has no context, so only the text is left.
    let _ = CONTEXT.try_with(|context| context.failure.replace(Some(error)));
    text
}

/// Hands the headers of the current call to `add`.
pub(crate) fn add_headers(add: impl FnOnce(&CustomHeaders) -> Result<(), Error>) -> Result<(), Error> {
    CONTEXT.try_with(|context| add(&context.settings.headers)).unwrap_or(Ok(()))
}

/// Notes that the call goes by the environment's own token.
pub(crate) fn note_environment() {
    let _ = CONTEXT.try_with(|context| context.by_environment.set(true));
}

/// Notes that an attempt begins. Returns how many attempts the call had before, and when this one began.
pub(crate) fn begin_attempt() -> (u32, Instant) {
    let started = Instant::now();
    let before = CONTEXT.try_with(|context| {
        context.started.set(started);
        context.attempts.replace(context.attempts.get() + 1)
    });
    (before.unwrap_or_default(), started)
}

/// Notes how an attempt failed.
pub(crate) fn note_failure(attempt: Attempt) {
    let _ = CONTEXT.try_with(|context| context.history.borrow_mut().push(attempt));
}

/// Notes the answer that decides the result of the call.
pub(crate) fn note_answer(status: StatusCode, headers: &HeaderMap) {
    let head = Head { status, trace_id: headers.get(&header::TRACE).cloned() };
    let span = Span::current();
    span.record("http.response.status_code", status.as_u16());
    if let Some(trace_id) = head.trace_id() {
        span.record("frontegg.trace_id", trace_id);
    }
    let _ = CONTEXT.try_with(|context| context.answer.replace(Some(head)));
}

/// The time `timeout` from now; a duration that the clock cannot hold means a year.
pub(crate) fn deadline(timeout: Duration) -> Instant {
    after(Instant::now(), timeout)
}

fn after(now: Instant, timeout: Duration) -> Instant {
    now.checked_add(timeout).unwrap_or_else(|| now + Duration::from_secs(365 * 24 * 60 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> CallFuture<'static, u8> {
        Box::pin(async {
            let mut headers = HeaderMap::new();
            headers.insert("frontegg-trace-id", "t-1".parse().unwrap());
            headers.insert("set-cookie", "fe_refresh_x=hunter2".parse().unwrap());
            Ok(ResponseValue::new(7, StatusCode::CREATED, headers))
        })
    }

    #[tokio::test]
    async fn an_answer_shows_status_and_trace_but_no_cookies() {
        let response = Context::new(Options::default()).run("probe", answer()).await.unwrap();
        assert_eq!((response.status(), response.trace_id(), *response), (201, Some("t-1"), 7));
        assert_eq!(response.header_values("set-cookie").count(), 1);
        assert!(!format!("{response:?}").contains("hunter2"));
    }

    #[tokio::test]
    async fn a_failure_of_the_transport_keeps_its_type() {
        let send: CallFuture<'_, u8> = Box::pin(async {
            begin_attempt();
            Err(client::Error::Custom(fail(Error::new(ErrorKind::MissingScope, "no tenant"))))
        });
        let error = Context::new(Options::default()).run("probe", send).await.unwrap_err();
        assert_eq!((error.kind(), error.operation(), error.attempts()), (ErrorKind::MissingScope, Some("probe"), 1));
        assert_eq!(error.to_string(), "probe: no tenant");
    }

    #[tokio::test]
    async fn without_a_context_nothing_is_lost_but_the_type() {
        assert_eq!(fail(Error::new(ErrorKind::WrongToken, "no")), "no");
        begin_attempt();
        assert_eq!(plan(Options::default()).idempotency, Idempotency::NotIdempotent);
    }

    #[tokio::test]
    async fn contexts_do_not_see_each_other() {
        let inner = || Context::new(Options::default()).idempotent().run("inner", answer());
        let outer: CallFuture<'_, u8> = Box::pin(async {
            begin_attempt();
            inner().await.unwrap();
            assert_eq!(plan(Options::default()).idempotency, Idempotency::NotIdempotent);
            answer().await
        });
        let response = Context::new(Options::default()).run("outer", outer).await.unwrap();
        assert_eq!(response.attempts(), 1);
    }

    #[test]
    fn any_duration_is_a_timeout() {
        assert!(deadline(Duration::MAX) > Instant::now());
    }
}
