//! Sends the requests of the generated client: token, scope headers, attempts.

use std::{fmt, sync::Arc, time::Duration};

use frontegg_client::{BoxFuture, Transport};
use frontegg_model::{
    Need, Operation, Token,
    headers::{APPLICATION_HEADER, TENANT_HEADER, USER_HEADER},
};
use http::{HeaderValue, StatusCode, header};
use reqwest::{Request, Response, ResponseBuilderExt};
use tokio::time::{Instant, sleep};

use crate::{
    context::{self, Plan},
    error::{Attempt, Error, ErrorKind},
    options::Options,
    response::trace_id,
    retry::{self, Idempotency, Outcome},
    throttle::Throttle,
    token::Tokens,
};

/// Sends the requests of one scope.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    pub(crate) identity: Identity,
    /// Shared by all scopes of a client.
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) tenant: Option<ScopeValue>,
    pub(crate) user: Option<ScopeValue>,
    pub(crate) application: Option<ScopeValue>,
    /// Cookies of a sign-in: the refresh token, the remembered device.
    pub(crate) cookie: Option<HeaderValue>,
    /// Of the environment, whose cookies bear it in their names.
    pub(crate) client_id: Option<Arc<str>>,
    pub(crate) options: Options,
}

/// On whose behalf a scope calls.
#[derive(Clone)]
pub(crate) enum Identity {
    /// Nobody: only operations without a token can be called.
    Anonymous,
    /// The environment, if it has credentials.
    Environment(Option<Arc<Tokens>>),
    /// A user, by the header to send; none if the token is not valid in a header.
    User(Option<HeaderValue>),
    /// A user or machine whose tokens are renewed.
    Renewed(Arc<Tokens>),
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("Anonymous"),
            Self::Environment(tokens) => f.debug_tuple("Environment").field(tokens).finish(),
            Self::User(_) => f.write_str("User(…)"),
            Self::Renewed(tokens) => f.debug_tuple("Renewed").field(tokens).finish(),
        }
    }
}

/// An id that is sent in a header, and the header if that carries the id unchanged.
#[derive(Clone)]
pub(crate) struct ScopeValue(String, Option<HeaderValue>);

impl ScopeValue {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn new(id: String) -> Self {
        let header = HeaderValue::from_bytes(id.as_bytes()).ok().filter(|_| is_carried(&id));
        Self(id, header)
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.1.is_some()
    }
}

/// Whether a header carries a text unchanged, as UTF-8: receivers drop blanks at both ends (RFC 9110 §5.5), and
/// control characters are refused or replaced on the way.
fn is_carried(text: &str) -> bool {
    let is_blank = |char: char| char.is_whitespace() || char == '\u{feff}';
    !text.is_empty() && !text.starts_with(is_blank) && !text.ends_with(is_blank) && !text.contains(char::is_control)
}

impl fmt::Debug for ScopeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Transport for Sender {
    fn prepare<'a>(
        &'a self,
        request: &'a mut Request,
        operation: &'static Operation,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move { self.complete(request, operation).await.map_err(context::fail) })
    }

    fn execute<'a>(
        &'a self,
        http: &'a reqwest::Client,
        request: Request,
        operation: &'static Operation,
    ) -> BoxFuture<'a, reqwest::Result<Response>> {
        Box::pin(self.send(http, request, operation))
    }
}

impl Sender {
    /// Adds scope headers, cookies and token to a request, or refuses it.
    async fn complete(&self, request: &mut Request, operation: &'static Operation) -> Result<(), Error> {
        let headers = request.headers_mut();
        for (name, value) in &*headers {
            // Of the operation's own arguments.
            if !str::from_utf8(value.as_bytes()).is_ok_and(is_carried) {
                return Err(not_carried(name.as_str()));
            }
        }
        if let Identity::Environment(_) = self.identity {
            for (what, name, need, value) in [
                ("tenant id", TENANT_HEADER, operation.tenant, &self.tenant),
                ("user id", USER_HEADER, operation.user, &self.user),
            ] {
                match (need, value) {
                    // Whether the operation reads it or not: it is not the scope that was meant.
                    (_, Some(ScopeValue(_, None))) => return Err(not_carried(what)),
                    (Need::None, _) | (Need::Optional, None) => {}
                    (_, Some(ScopeValue(_, Some(value)))) => _ = headers.insert(name, value.clone()),
                    (Need::Required, None) => return Err(missing_scope(what)),
                }
            }
        }
        match &self.application {
            // The operation's own argument takes precedence.
            Some(_) if headers.contains_key(APPLICATION_HEADER) => {}
            Some(ScopeValue(_, Some(value))) => _ = headers.insert(APPLICATION_HEADER, value.clone()),
            Some(_) => return Err(not_carried("application id")),
            None => {}
        }
        if let Some(cookie) = &self.cookie {
            headers.insert(header::COOKIE, cookie.clone());
        }
        self.await_rate_limit(operation).await?;
        if let Some(bearer) = self.bearer(operation).await? {
            request.headers_mut().insert(header::AUTHORIZATION, bearer);
        }
        Ok(())
    }

    /// Waits for the rate limits, the service's and the client's own. Fails at once when they do not
    /// allow the call before its deadline.
    async fn await_rate_limit(&self, operation: &Operation) -> Result<(), Error> {
        let Plan { options, deadline, .. } = context::plan(self.options);
        self.throttle.earn_retry();
        let wait = self.throttle.server_wait(operation.id);
        if !wait.is_zero() {
            if !options.retry.allows_wait(wait) || context::deadline(wait) >= deadline {
                return Err(Error::rate_limited(wait));
            }
            sleep(wait).await;
        }
        let wait = self.throttle.reserve(deadline).map_err(Error::rate_limited)?;
        if !wait.is_zero() {
            sleep(wait).await;
        }
        Ok(())
    }

    async fn bearer(&self, operation: &Operation) -> Result<Option<HeaderValue>, Error> {
        let wrong = |message| Err(Error::new(ErrorKind::WrongToken, message));
        match (operation.token, &self.identity) {
            (Token::None, _) => Ok(None),
            (Token::User, Identity::Environment(_)) => wrong("takes a user's token, not the environment's"),
            (Token::Environment, Identity::User(_) | Identity::Renewed(_)) => {
                wrong("takes the environment's token, not a user's")
            }
            (_, Identity::Anonymous) => wrong("takes a token"),
            (_, Identity::Environment(None)) => {
                Err(Error::new(ErrorKind::Unauthenticated, "the client was built without credentials"))
            }
            (_, Identity::Environment(Some(tokens)) | Identity::Renewed(tokens)) => tokens.bearer().await.map(Some),
            (_, Identity::User(Some(bearer))) => Ok(Some(bearer.clone())),
            (_, Identity::User(None)) => {
                Err(Error::new(ErrorKind::Unauthenticated, "the session's token is empty or fits no header"))
            }
        }
    }

    /// Sends a request; after a 401 once more, with a new token.
    async fn send(
        &self,
        http: &reqwest::Client,
        request: Request,
        operation: &'static Operation,
    ) -> reqwest::Result<Response> {
        let span = tracing::Span::current();
        span.record("http.request.method", operation.method.as_str());
        span.record("url.template", operation.path);
        span.record("server.address", request.url().host_str());
        let mut plan = context::plan(self.options);
        if operation.idempotent {
            plan.idempotency = Idempotency::Idempotent;
        }
        let (response, request) = self.attempt_all(http, request, operation, plan).await;
        let response = match (response, request, &self.identity) {
            (Ok(response), Some(mut request), Identity::Environment(Some(tokens)) | Identity::Renewed(tokens))
                if response.status() == StatusCode::UNAUTHORIZED =>
            {
                let Some(refused) = request.headers().get(header::AUTHORIZATION) else { return Ok(response) };
                match tokens.replace(refused).await {
                    Ok(Some(bearer)) if self.await_reservation(plan).await => {
                        request.headers_mut().insert(header::AUTHORIZATION, bearer);
                        let response = self.attempt_all(http, request, operation, plan).await.0;
                        if response.as_ref().is_ok_and(|answer| answer.status() == StatusCode::UNAUTHORIZED) {
                            tokens.note_refused_anew().await;
                        }
                        response
                    }
                    Ok(_) => Ok(response),
                    Err(error) => {
                        context::fail(error);
                        Ok(response)
                    }
                }
            }
            (response, ..) => response,
        };
        if let Ok(response) = &response {
            context::note_answer(response.status(), response.headers());
        }
        response
    }

    /// Waits for the client's own rate limit; false when it allows no attempt before the deadline.
    async fn await_reservation(&self, plan: Plan) -> bool {
        let Ok(wait) = self.throttle.reserve(plan.deadline) else { return false };
        if !wait.is_zero() {
            sleep(wait).await;
        }
        true
    }

    /// Sends a request until the answer is final, the deadline has come or no retry is left.
    ///
    /// Returns the request too, unless its body cannot be sent again: then it was sent once.
    async fn attempt_all(
        &self,
        http: &reqwest::Client,
        request: Request,
        operation: &'static Operation,
        plan: Plan,
    ) -> (reqwest::Result<Response>, Option<Request>) {
        let (mut tried, mut next) = (0, request);
        loop {
            let again = next.try_clone();
            let left = plan.deadline.saturating_duration_since(Instant::now());
            *next.timeout_mut() = Some(plan.options.attempt_timeout.min(left));
            tried += 1;
            let (resends, started) = context::begin_attempt();
            let mut response = http.execute(next).await;
            if plan.idempotency == Idempotency::Idempotent && again.is_some() {
                response = buffered(response).await;
            }
            self.note(operation, resends, &response, started.elapsed());
            let outcome = match &response {
                Ok(response) => Outcome::Answered(response.status(), retry::retry_after(response.headers())),
                Err(error) if error.is_connect() => Outcome::NotSent,
                Err(_) => Outcome::Broken,
            };
            let Some(request) = again else { return (response, None) };
            let delay = plan.options.retry.delay(tried, plan.idempotency, outcome);
            // A wait beyond the deadline would only replace this answer by a timeout.
            let delay = delay.filter(|delay| context::deadline(*delay) < plan.deadline && self.throttle.take_retry());
            // The client's own rate limit may make the delay longer, or too long.
            let Some(delay) = delay.and_then(|delay| Some(delay.max(self.throttle.reserve(plan.deadline).ok()?)))
            else {
                return (response, Some(request));
            };
            tracing::debug!(?delay, "sending again");
            sleep(delay).await;
            next = request;
        }
    }

    /// Reports an attempt: to `tracing`, to the history of the call, and a used-up rate limit of the service
    /// to the client's other calls.
    fn note(&self, operation: &'static Operation, resends: u32, response: &reqwest::Result<Response>, took: Duration) {
        let failure = match response {
            Ok(response) => {
                if let Some(wait) = retry::rate_limit_wait(response.status(), response.headers()) {
                    // By the client's own setting: what is remembered is for all its calls.
                    self.throttle.note_server_limit(operation.id, self.options.retry.remembered(wait));
                }
                let status = response.status();
                let is_failure = status.is_client_error() || status.is_server_error();
                is_failure.then(|| Attempt::from_status(status, took))
            }
            Err(error) => Some(Attempt::from_reqwest(error, took)),
        };
        tracing::debug!(
            http.request.resend_count = resends,
            http.response.status_code = response.as_ref().ok().map(|response| response.status().as_u16()),
            frontegg.trace_id = response.as_ref().ok().and_then(|response| trace_id(response.headers())),
            error.type = failure.map(|failure| tracing::field::debug(failure.kind)),
            ?took,
            "attempt"
        );
        if let Some(failure) = failure {
            context::note_failure(failure);
        }
    }
}

fn missing_scope(what: &str) -> Error {
    Error::new(ErrorKind::MissingScope, format!("needs a {what}, which the scope does not name; nothing was sent"))
}

fn not_carried(what: &str) -> Error {
    let message = format!(
        "no header carries the {what} unchanged: it is empty, begins or ends with a blank, or has a control character; \
         nothing was sent"
    );
    Error::new(ErrorKind::InvalidRequest, message)
}

/// The response with its body read, so that a connection that breaks within the body is seen while
/// the request can still be sent again.
async fn buffered(response: reqwest::Result<Response>) -> reqwest::Result<Response> {
    let response = response?;
    if !response.status().is_success() {
        return Ok(response);
    }
    let (status, url, mut headers) = (response.status(), response.url().clone(), response.headers().clone());
    let body = response.bytes().await.map_err(|error| error.with_url(url.clone()))?;
    let mut read = http::Response::builder().status(status).url(url).body(body).unwrap_or_default();
    read.headers_mut().extend(headers.drain());
    Ok(read.into())
}

#[cfg(test)]
mod tests {
    use frontegg_model::operation;
    use reqwest::{Body, Method};

    use super::*;
    use crate::{Retry, RetryBudget};

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
            options: Options { retry, ..Options::default() },
        }
    }

    /// How often a request with that body is sent when nobody listens, and whether it can be sent again.
    async fn sent(body: Body) -> (u32, bool) {
        let mut request = Request::new(Method::GET, "http://127.0.0.1:1/".parse().unwrap());
        *request.body_mut() = Some(body);
        let sender = sender();
        let before = sender.throttle.retries_left();
        let plan = context::plan(sender.options);
        let operation = operation("list_roles_v1").unwrap();
        let (response, again) = sender.attempt_all(&reqwest::Client::new(), request, operation, plan).await;
        assert!(response.unwrap_err().is_connect());
        (before - sender.throttle.retries_left() + 1, again.is_some())
    }

    #[tokio::test]
    async fn a_body_that_streams_is_sent_once() {
        assert_eq!(sent(Body::from("text")).await, (4, true));
        let streams = Body::from(Response::from(http::Response::new("text")));
        assert_eq!(sent(streams).await, (1, false));
    }
}
