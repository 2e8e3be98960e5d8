//! What a call and the transport tell each other.
//!
//! The generated client can hand on neither options nor typed failures. Both travel beside it, in
//! a task-local [`Context`] that lives as long as the call.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use frontegg_client::{self as client, BoxFuture, ResponseValue};
use frontegg_model::types::ApiError;
use http::{HeaderMap, StatusCode};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span, field};

use crate::{
    error::{Attempt, Error, ErrorKind},
    options::Options,
    response::{Head, Response, trace_id},
    retry::Idempotency,
};

/// A generated call, ready to be polled.
pub(crate) type Sending<'a, T> = BoxFuture<'a, Result<ResponseValue<T>, client::Error<ApiError>>>;

tokio::task_local! {
    static CONTEXT: Context;
}

/// What a call and the transport tell each other.
pub(crate) struct Context {
    options: Options,
    deadline: Instant,
    /// Of the call, whatever its method says.
    idempotency: Idempotency,
    attempts: Cell<u32>,
    /// When the last attempt began.
    begun: Cell<Instant>,
    history: RefCell<Vec<Attempt>>,
    answer: RefCell<Option<Head>>,
    failure: RefCell<Option<Error>>,
}

impl Context {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            deadline: deadline(options.timeout),
            idempotency: Idempotency::NotIdempotent,
            attempts: Cell::new(0),
            begun: Cell::new(Instant::now()),
            history: RefCell::default(),
            answer: RefCell::new(None),
            failure: RefCell::new(None),
        }
    }

    /// For a call that may be repeated although its method does not say so.
    pub(crate) fn idempotent(mut self) -> Self {
        self.idempotency = Idempotency::Idempotent;
        self
    }

    /// Runs a generated call under this context.
    pub(crate) async fn run<T>(self, operation: &'static str, send: Sending<'_, T>) -> Result<Response<T>, Error> {
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
        let deadline = self.deadline;
        let call = CONTEXT.scope(self, async {
            let outcome = timeout_at(deadline, send).await;
            CONTEXT.with(|context| context.conclude(operation, outcome.ok()))
        });
        call.instrument(span).await
    }

    /// Makes the call's result out of the generated one (none when time ran out) and of what the
    /// transport left here.
    fn conclude<T>(
        &self,
        operation: &'static str,
        outcome: Option<Result<ResponseValue<T>, client::Error<ApiError>>>,
    ) -> Result<Response<T>, Error> {
        let (attempts, span) = (self.attempts.get(), Span::current());
        if attempts > 1 {
            span.record("http.request.resend_count", attempts - 1);
        }
        let error = match outcome {
            Some(Ok(response)) => {
                let (status, headers) = (response.status(), response.headers().clone());
                return Ok(Response::new(response.into_inner(), status, headers, attempts));
            }
            Some(Err(error)) => self.failure.take().unwrap_or_else(|| error.into()),
            None => Error::new(ErrorKind::Timeout, format!("no answer within {:?}", self.options.timeout)),
        };
        let error = error.in_call(operation, attempts, self.answer.take());
        let mut history = self.history.take();
        // The last attempt may have failed after its answer had begun, or with the call's time.
        if history.len() < attempts as usize {
            history.push(Attempt { kind: error.kind(), status: error.status(), took: self.begun.get().elapsed() });
        }
        let error = error.after(history);
        // The kind only: messages may repeat what the caller sent.
        span.record("error.type", field::debug(error.kind()));
        Err(error)
    }
}

/// What the transport needs to know to send a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) options: Options,
    pub(crate) deadline: Instant,
    pub(crate) idempotency: Idempotency,
}

/// The plan of the present call; for a call of the raw client, one of `options`.
pub(crate) fn plan(options: Options) -> Plan {
    let of = |context: &Context| Plan {
        options: context.options,
        deadline: context.deadline,
        idempotency: context.idempotency,
    };
    CONTEXT.try_with(of).unwrap_or_else(|_| Plan {
        options,
        deadline: deadline(options.timeout),
        idempotency: Idempotency::NotIdempotent,
    })
}

/// Notes a failure that the generated client can only hand on as text, and gives that text.
pub(crate) fn fail(error: Error) -> String {
    let text = error.to_string();
    // Without a context (raw client) the text is all there is.
    let _ = CONTEXT.try_with(|context| context.failure.replace(Some(error)));
    text
}

/// Notes that an attempt begins. Gives how many the call has had before, and when this one began.
pub(crate) fn begin_attempt() -> (u32, Instant) {
    let begun = Instant::now();
    let before = CONTEXT.try_with(|context| {
        context.begun.set(begun);
        context.attempts.replace(context.attempts.get() + 1)
    });
    (before.unwrap_or_default(), begun)
}

/// Notes how an attempt failed.
pub(crate) fn note_failure(attempt: Attempt) {
    let _ = CONTEXT.try_with(|context| context.history.borrow_mut().push(attempt));
}

/// Notes the answer that the call will be judged by.
pub(crate) fn note_answer(status: StatusCode, headers: &HeaderMap) {
    let trace_id = trace_id(headers).map(str::to_owned);
    let span = Span::current();
    span.record("http.response.status_code", status.as_u16());
    if let Some(trace_id) = &trace_id {
        span.record("frontegg.trace_id", trace_id.as_str());
    }
    let _ = CONTEXT.try_with(|context| context.answer.replace(Some(Head { status, trace_id })));
}

/// The moment `timeout` from now; durations beyond reason mean a year.
pub(crate) fn deadline(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or_else(|| now + Duration::from_secs(365 * 24 * 60 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Sending<'static, u8> {
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
        let send: Sending<'_, u8> = Box::pin(async {
            begin_attempt();
            Err(client::Error::Custom(fail(Error::new(ErrorKind::MissingScope, "no tenant"))))
        });
        let error = Context::new(Options::default()).run("probe", send).await.unwrap_err();
        assert_eq!((error.kind(), error.operation(), error.attempts()), (ErrorKind::MissingScope, Some("probe"), 1));
        assert_eq!(error.to_string(), "probe: no tenant");
    }

    #[tokio::test(start_paused = true)]
    async fn the_whole_call_is_limited() {
        let options = Options { timeout: Duration::from_secs(5), ..Options::default() };
        let send: Sending<'_, u8> = Box::pin(std::future::pending());
        let error = Context::new(options).run("probe", send).await.unwrap_err();
        assert!(error.is_timeout() && error.is_retryable());
        assert_eq!(error.to_string(), "probe: no answer within 5s");
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
        let outer: Sending<'_, u8> = Box::pin(async {
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
