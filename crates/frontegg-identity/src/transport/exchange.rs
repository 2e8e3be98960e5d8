//! The exchange of a call: attempts, until its answer is final.

use std::{sync::Arc, time::Duration};

#[cfg(feature = "tower")]
use frontegg_client::BoxFuture;
use frontegg_client::{Answer, Failure, MaybeSend};
use frontegg_model::Operation;
use http::{StatusCode, header};
use reqwest::{Request, Response, Url};

#[cfg(feature = "tower")]
use super::layered;
use super::{Identity, Sender, broken::Broken, pause, repeat::Repeat};
#[cfg(feature = "otel")]
use crate::telemetry::{self, Ended};
#[cfg(feature = "test-util")]
use crate::testing::{self, Double};
use crate::{
    connection,
    context::{self, Plan},
    error::{Attempt, Error, ErrorKind, whereto},
    response::trace_id,
    retry::{self, Outcome},
    runtime::{Instant, sleep, timeout_at},
    token::Tokens,
};

/// What all attempts of a call have in common.
pub(super) struct Exchange<'a> {
    pub(super) sender: &'a Sender,
    pub(super) http: &'a reqwest::Client,
    pub(super) operation: &'static Operation,
    pub(super) plan: Plan,
}

/// An attempt that was begun.
///
/// Requests are handed to plain functions only: a future that is given one has room for it until its end, and is moved
/// with it.
pub(super) struct Begun<R> {
    /// How many came before.
    resends: u32,
    at: Instant,
    sent: Sent<R>,
}

/// A request on its way.
enum Sent<R> {
    ByClient(R),
    /// Through the layers of the program.
    #[cfg(feature = "tower")]
    Layered(BoxFuture<'static, Result<Answer, Broken>>),
}

/// Where and after what delay a request is sent again.
struct Again {
    delay: Duration,
    url: Url,
}

impl Exchange<'_> {
    /// Begins an attempt.
    pub(super) fn begin(
        &self,
        mut request: Request,
    ) -> Begun<impl Future<Output = reqwest::Result<Response>> + MaybeSend + use<>> {
        let (resends, at) = context::begin_attempt();
        #[cfg(feature = "otel")]
        telemetry::propagate(request.headers_mut());
        let limit = self.plan.options.attempt_timeout.min(self.plan.deadline.saturating_duration_since(at));
        // The HTTP client knows the usual limit, if it is not the program's own.
        if Some(limit) != self.sender.http_timeout {
            *request.timeout_mut() = Some(limit);
        }
        #[cfg(feature = "tower")]
        if let Some(layers) = &self.sender.layers {
            let proxy = self.sender.proxy.as_deref();
            let answer = layered::exchange(layers, request, self.operation, limit, proxy);
            return Begun { resends, at, sent: Sent::Layered(answer) };
        }
        Begun { resends, at, sent: Sent::ByClient(connection::send(self.http, request)) }
    }

    /// The exchange with a double: once, and without a token.
    #[cfg(feature = "test-util")]
    pub(super) async fn with_double(&self, Double(double): &Double, request: Box<Request>) -> Result<Answer, Failure> {
        #[cfg(feature = "tower")]
        if self.sender.layers.is_some() {
            return self.go_on(self.begin(*request), None).await;
        }
        testing::exchange(&**double, &request, self.operation).await
    }

    /// Goes on after the first attempt was begun; after a 401 once more, with a new token.
    ///
    /// `repeat` has what is needed to send the request again; without, it is sent once. What happens seldom is boxed, so
    /// that the future of every call has no room for it.
    pub(super) async fn go_on<R>(&self, first: Begun<R>, repeat: Option<Repeat>) -> Result<Answer, Failure>
    where
        R: Future<Output = reqwest::Result<Response>>,
    {
        let mut answer = self.attempt(first).await;
        if let Some(repeat) = repeat {
            if let Some(again) = self.retry(1, &answer) {
                answer = Box::pin(self.attempt_again(again, &repeat)).await;
            }
            if let Ok(refusal) = &answer
                && refusal.status() == StatusCode::UNAUTHORIZED
                && let Identity::Environment(Some(tokens)) | Identity::Renewed(tokens) = &self.sender.identity
                && let Some(other) = Box::pin(self.attempt_with_another_token(tokens, repeat, refusal.url())).await
            {
                answer = other;
            }
        }
        match answer {
            Ok(answer) => {
                context::note_answer(answer.status(), answer.headers());
                Ok(answer)
            }
            Err(broken) => {
                let told = self.failure(&broken);
                Err(broken.passed_on(told))
            }
        }
    }

    /// Sends a request again until the answer is final, the deadline has come or no retry is left.
    async fn attempt_again(&self, mut again: Again, repeat: &Repeat) -> Result<Answer, Broken> {
        let mut tried = 1;
        loop {
            tracing::debug!(delay = ?again.delay, "sending again");
            sleep(again.delay).await;
            let answer = self.attempt(self.begin(repeat.request(again.url))).await;
            tried += 1;
            match self.retry(tried, &answer) {
                Some(next) => again = next,
                None => return answer,
            }
        }
    }

    /// Sends a request whose token was refused; none if there is no other token, or no time.
    async fn attempt_with_another_token(
        &self,
        tokens: &Arc<Tokens>,
        mut repeat: Repeat,
        url: &Url,
    ) -> Option<Result<Answer, Broken>> {
        let bearer = repeat.header_mut(&header::AUTHORIZATION)?;
        let other = timeout_at(self.plan.deadline, tokens.replace(bearer)).await;
        match other.unwrap_or_else(|_| Err(self.plan.overdue("token"))) {
            Ok(other) => *bearer = other?,
            Err(error) => {
                context::fail(error);
                return None;
            }
        }
        pause(self.sender.throttle.reserve(self.plan.deadline).ok()?).await;
        #[cfg(feature = "otel")]
        self.note_retry(StatusCode::UNAUTHORIZED);
        let mut answer = self.attempt(self.begin(repeat.request(url.clone()))).await;
        if let Some(again) = self.retry(1, &answer) {
            answer = self.attempt_again(again, &repeat).await;
        }
        if answer.as_ref().is_ok_and(|answer| answer.status() == StatusCode::UNAUTHORIZED) {
            tokens.note_refused_anew().await;
        }
        Some(answer)
    }

    /// Waits for the answer of an attempt and reads it at once, so that a connection that breaks within the body is seen
    /// while the request can still be sent again.
    async fn attempt<R>(&self, begun: Begun<R>) -> Result<Answer, Broken>
    where
        R: Future<Output = reqwest::Result<Response>>,
    {
        let answer = match begun.sent {
            Sent::ByClient(response) => match response.await {
                Ok(response) => Answer::read(response, self.operation).await.map_err(Broken::Exchange),
                Err(error) => Err(Broken::Exchange(error)),
            },
            #[cfg(feature = "tower")]
            Sent::Layered(answer) => answer.await,
        };
        self.note(begun.resends, begun.at, &answer);
        answer
    }

    /// What the caller is told of an exchange that has failed.
    fn failure(&self, broken: &Broken) -> Error {
        let proxy = self.sender.proxy.as_deref();
        if broken.kind() == ErrorKind::Timeout && self.plan.deadline <= Instant::now() {
            return self.plan.overdue(&format!("answer from {}", whereto(broken.url(), proxy)));
        }
        broken.told(proxy)
    }

    /// How a request is sent again after so many attempts; not at all if the last one was.
    fn retry(&self, tried: u32, answer: &Result<Answer, Broken>) -> Option<Again> {
        let (outcome, url) = match answer {
            Ok(answer) if !answer.is_refusal() => return None,
            Ok(answer) => (Outcome::Answered(answer.status(), retry::retry_after(answer.headers())), answer.url()),
            Err(broken) => (broken.outcome()?, broken.url()?),
        };
        let Plan { options, deadline, idempotency } = &self.plan;
        let delay = options.retry.delay(tried, *idempotency, outcome)?;
        // A wait beyond the deadline would only replace this answer by a timeout.
        if context::deadline(delay) >= *deadline || !self.sender.throttle.take_retry() {
            return None;
        }
        // The client's own rate limit may make the delay longer, or too long.
        let delay = delay.max(self.sender.throttle.reserve(*deadline).ok()?);
        #[cfg(feature = "otel")]
        match answer {
            Ok(answer) => self.note_retry(answer.status()),
            Err(broken) => self.sender.metrics.note_retry(self.operation, None, broken.kind()),
        }
        Some(Again { delay, url: url.clone() })
    }

    /// Counts that a request is sent again after that answer.
    #[cfg(feature = "otel")]
    fn note_retry(&self, after: StatusCode) {
        let kind = Attempt::from_status(after, Duration::ZERO).kind;
        self.sender.metrics.note_retry(self.operation, Some(after.as_u16()), kind);
    }

    /// Reports an attempt: to `tracing`, to the history of the call, and a used-up rate limit of the service
    /// to the client's other calls.
    fn note(&self, resends: u32, begun: Instant, answer: &Result<Answer, Broken>) {
        let failure = match answer {
            Ok(answer) => {
                if let Some(wait) = retry::rate_limit_wait(answer.status(), answer.headers()) {
                    // By the client's own setting: what is remembered is for all its calls.
                    let wait = self.sender.options.retry.remembered(wait);
                    self.sender.throttle.note_server_limit(self.operation.id, wait);
                }
                answer.is_refusal().then(|| Attempt::from_status(answer.status(), begun.elapsed()))
            }
            Err(broken) => Some(Attempt { kind: broken.kind(), status: None, took: begun.elapsed() }),
        };
        tracing::debug!(
            http.request.resend_count = resends,
            http.response.status_code = answer.as_ref().ok().map(|answer| answer.status().as_u16()),
            frontegg.trace_id = answer.as_ref().ok().and_then(|answer| trace_id(answer.headers())),
            error.type = failure.map(|failure| tracing::field::debug(failure.kind)),
            took = ?begun.elapsed(),
            "attempt"
        );
        #[cfg(feature = "otel")]
        self.sender.metrics.note_attempt(&Ended {
            operation: self.operation,
            took: begun.elapsed(),
            status: answer.as_ref().ok().map(|answer| answer.status().as_u16()),
            failure: failure.as_ref(),
        });
        if let Some(failure) = failure {
            context::note_failure(failure);
        }
    }
}

#[cfg(test)]
mod tests {
    use frontegg_model::operation;
    use reqwest::{Body, Method};

    use super::*;
    #[cfg(feature = "otel")]
    use crate::telemetry::Metrics;
    use crate::{Retry, RetryBudget, options::Options, throttle::Throttle};

    fn sender() -> Sender {
        let retry = Retry::default().base_delay(Duration::from_millis(1));
        Sender {
            identity: Identity::Anonymous,
            throttle: Arc::new(Throttle::new(RetryBudget::default(), None)),
            tenant: None,
            user: None,
            application: None,
            cookie: None,
            client_id: None,
            headers: Arc::default(),
            proxy: None,
            http_timeout: None,
            #[cfg(feature = "tower")]
            layers: None,
            #[cfg(feature = "otel")]
            metrics: Arc::new(Metrics::new(&telemetry::global_meter(), "http://127.0.0.1:1")),
            #[cfg(feature = "test-util")]
            double: None,
            options: Options { retry, ..Options::default() },
        }
    }

    /// How often a request with that body is sent when nobody listens.
    async fn sent(body: Body) -> u32 {
        let mut request = Request::new(Method::GET, "http://127.0.0.1:1/".parse().unwrap());
        *request.body_mut() = Some(body);
        let (sender, http) = (sender(), reqwest::Client::new());
        let before = sender.throttle.retries_left();
        let operation = operation("list_roles_v1").unwrap();
        let exchange = Exchange { sender: &sender, http: &http, operation, plan: context::plan(sender.options) };
        let repeat = Repeat::of(&request);
        let failure = exchange.go_on(exchange.begin(request), repeat).await.unwrap_err();
        assert!(matches!(failure, Failure::Broken(error) if error.is_connect()));
        before - sender.throttle.retries_left() + 1
    }

    #[tokio::test]
    async fn a_body_that_streams_is_sent_once() {
        assert_eq!(sent(Body::from("text")).await, 4);
        assert_eq!(sent(Body::from(Response::from(http::Response::new("text")))).await, 1);
    }
}
