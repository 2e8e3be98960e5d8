//! Sends the requests of the generated client: token, scope headers, attempts.

mod broken;
mod exchange;
#[cfg(feature = "tower")]
mod layered;
mod repeat;

use std::{fmt, sync::Arc, time::Duration};

use exchange::Exchange;
use frontegg_client::{Answer, BoxFuture, Failure, Transport};
use frontegg_model::{Need, Operation, Token};
use http::{HeaderValue, header};
use repeat::Repeat;
use reqwest::Request;

#[cfg(feature = "tower")]
use crate::layer::Next;
#[cfg(feature = "otel")]
use crate::telemetry::Metrics;
#[cfg(feature = "test-util")]
use crate::testing::Double;
use crate::{
    context::{self, Plan},
    custom_headers::{CustomHeaders, Refusal, is_carried},
    error::{Error, ErrorKind},
    header::{APPLICATION, TENANT, USER},
    options::Options,
    retry::Idempotency,
    runtime::{sleep, timeout_at},
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
    /// Of every request.
    pub(crate) headers: Arc<CustomHeaders>,
    /// Through which the service is reached, as errors tell it.
    pub(crate) proxy: Option<Arc<str>>,
    /// The limit of an attempt that the HTTP client has itself.
    pub(crate) http_timeout: Option<Duration>,
    /// What requests go through, if there are layers.
    #[cfg(feature = "tower")]
    pub(crate) layers: Option<Next>,
    #[cfg(feature = "otel")]
    pub(crate) metrics: Arc<Metrics>,
    /// What answers in place of the service.
    #[cfg(feature = "test-util")]
    pub(crate) double: Option<Double>,
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

impl fmt::Debug for ScopeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Transport for Sender {
    fn send<'a>(
        &'a self,
        http: &'a reqwest::Client,
        request: Request,
        operation: &'static Operation,
    ) -> BoxFuture<'a, Result<Answer, Failure>> {
        // A future has room until its end for what it is given.
        let mut request = Box::new(request);
        Box::pin(async move {
            let exchange = Exchange { sender: self, http, operation, plan: self.plan(operation) };
            let refused = |error| Failure::Refused(context::fail(error));
            self.complete(&mut request, operation).map_err(refused)?;
            #[cfg(feature = "test-util")]
            if let Some(double) = &self.double {
                return Box::pin(exchange.with_double(double, request)).await;
            }
            if let Some(bearer) = self.admission(operation, &exchange.plan).await.map_err(refused)? {
                request.headers_mut().insert(header::AUTHORIZATION, bearer);
            }
            let span = tracing::Span::current();
            span.record("http.request.method", operation.method.as_str());
            span.record("url.template", operation.path);
            span.record("server.address", request.url().host_str());
            let repeat = Repeat::of(&request);
            exchange.go_on(exchange.begin(*request), repeat).await
        })
    }
}

impl Sender {
    /// Says in one line for whom a scope calls, and where.
    pub(crate) fn describe(&self, f: &mut fmt::Formatter<'_>, base_url: &str) -> fmt::Result {
        let Self { identity, tenant, user, application, .. } = self;
        let name = match (identity, tenant, user) {
            (Identity::Anonymous, ..) => "Anonymous",
            (Identity::Environment(_), None, None) => "Environment",
            (Identity::Environment(_), Some(_), None) => "Tenant",
            (Identity::Environment(_), _, Some(_)) => "User",
            (Identity::User(_) | Identity::Renewed(_), ..) => "Session",
        };
        let mut scope = f.debug_struct(name);
        for (field, value) in [("tenant", tenant), ("user", user), ("application", application)] {
            if let Some(value) = value {
                scope.field(field, value);
            }
        }
        scope.field("base_url", &base_url).finish()
    }

    fn plan(&self, operation: &Operation) -> Plan {
        let mut plan = context::plan(self.options);
        if operation.idempotent {
            plan.idempotency = Idempotency::Idempotent;
        }
        plan
    }

    /// Adds scope headers and cookies to a request, or refuses it.
    fn complete(&self, request: &mut Request, operation: &'static Operation) -> Result<(), Error> {
        let headers = request.headers_mut();
        for (name, value) in &*headers {
            // Of the operation's own arguments.
            if !str::from_utf8(value.as_bytes()).is_ok_and(is_carried) {
                return Err(not_carried(name.as_str()));
            }
        }
        if let Identity::Environment(_) = self.identity {
            for (what, name, need, value) in
                [("tenant id", &TENANT, operation.tenant, &self.tenant), ("user id", &USER, operation.user, &self.user)]
            {
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
            Some(_) if headers.contains_key(&APPLICATION) => {}
            Some(ScopeValue(_, Some(value))) => _ = headers.insert(&APPLICATION, value.clone()),
            Some(_) => return Err(not_carried("application id")),
            None => {}
        }
        if let Some(cookie) = &self.cookie {
            headers.insert(header::COOKIE, cookie.clone());
        }
        context::add_headers(|custom| {
            for (name, value) in custom.checked()? {
                headers.insert(name, value.clone());
            }
            Ok(())
        })?;
        for (name, value) in self.headers.checked()? {
            // Those of the call come before those of all calls.
            headers.entry(name).or_insert_with(|| value.clone());
        }
        Ok(())
    }

    /// Waits until a call may be sent: for the rate limits, the service's and the client's own, and for the token, which
    /// it returns. Fails at once when the limits do not allow the call before its deadline.
    async fn admission(&self, operation: &Operation, plan: &Plan) -> Result<Option<HeaderValue>, Error> {
        self.throttle.earn_retry();
        let wait = self.throttle.server_wait(operation.id);
        if !wait.is_zero() && (!plan.options.retry.allows_wait(wait) || context::deadline(wait) >= plan.deadline) {
            return Err(Error::rate_limited(wait));
        }
        pause(wait).await;
        pause(self.throttle.reserve(plan.deadline).map_err(Error::rate_limited)?).await;
        let tokens = match self.bearer(operation)? {
            Bearer::None => return Ok(None),
            Bearer::Known(bearer) => return Ok(Some(bearer.clone())),
            Bearer::Of(tokens) => tokens,
        };
        if let Some(bearer) = tokens.ready() {
            return Ok(Some(bearer));
        }
        // Seldom, so that it has no room of its own in the future of every call.
        let bearer = Box::pin(timeout_at(plan.deadline, tokens.bearer())).await;
        bearer.unwrap_or_else(|_| Err(plan.overdue("token"))).map(Some)
    }

    /// Where the token of a call comes from.
    fn bearer(&self, operation: &Operation) -> Result<Bearer<'_>, Error> {
        let wrong = |message| Err(Error::new(ErrorKind::WrongToken, message));
        match (operation.token, &self.identity) {
            (Token::None, _) => Ok(Bearer::None),
            (Token::User, Identity::Environment(_)) => wrong("takes a user's token, not the environment's"),
            (Token::Environment, Identity::User(_) | Identity::Renewed(_)) => {
                wrong("takes the environment's token, not a user's")
            }
            (_, Identity::Anonymous) => wrong("takes a token"),
            (_, Identity::Environment(None)) => {
                context::note_environment();
                Err(Error::new(ErrorKind::Unauthenticated, "the client was built without credentials"))
            }
            (_, Identity::Environment(Some(tokens))) => {
                context::note_environment();
                Ok(Bearer::Of(tokens))
            }
            (_, Identity::Renewed(tokens)) => Ok(Bearer::Of(tokens)),
            (_, Identity::User(Some(bearer))) => Ok(Bearer::Known(bearer)),
            (_, Identity::User(None)) => {
                Err(Error::new(ErrorKind::Unauthenticated, "the session's token is empty or fits no header"))
            }
        }
    }
}

/// Where the token of a call comes from.
enum Bearer<'a> {
    /// It takes none.
    None,
    /// It is always the same.
    Known(&'a HeaderValue),
    /// It is renewed.
    Of(&'a Arc<Tokens>),
}

/// Waits, most often not at all.
async fn pause(wait: Duration) {
    if !wait.is_zero() {
        Box::pin(sleep(wait)).await;
    }
}

impl From<&Refusal> for Error {
    fn from(refusal: &Refusal) -> Self {
        Self::new(ErrorKind::InvalidRequest, format!("{refusal}; nothing was sent"))
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
