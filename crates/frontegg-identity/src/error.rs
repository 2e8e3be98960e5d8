//! Errors of calls, as values that a program can match on.

#[cfg(feature = "test-util")]
mod builder;
mod config;
mod exchange;
mod http_status;
mod kind;

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use frontegg_client::{self as client, ResponseValue};
use frontegg_model::types::ApiError;
use http::{HeaderMap, StatusCode};

use crate::{
    decode,
    response::{Head, trace_id},
    retry,
};

#[cfg(feature = "test-util")]
pub use builder::ErrorBuilder;
pub use config::ConfigError;
#[cfg(not(target_family = "wasm"))]
pub(crate) use exchange::shown;
pub(crate) use exchange::{Cause, innermost, is_unsent, whereto};
pub use kind::ErrorKind;

/// The failure of a call.
///
/// As large as a pointer. Its text has the operation, status, code, messages and trace id of the
/// service's answer; never a token, a header or other values of the answer. The cause is
/// [`source`](StdError::source).
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
/// match frontegg.roles().list_roles_v1().await {
///     Ok(roles) => println!("{} roles", roles.len()),
///     Err(error) if error.is_rate_limited() => println!("again in {:?}", error.retry_after()),
///     Err(error) if error.is_forbidden() => println!("refused: {}", error.messages().join(", ")),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Error(Box<Failure>);

#[derive(Clone)]
struct Failure {
    kind: ErrorKind,
    operation: Option<&'static str>,
    status: Option<StatusCode>,
    code: Option<String>,
    messages: Vec<String>,
    trace_id: Option<String>,
    retry_after: Option<Duration>,
    attempts: u32,
    history: Vec<Attempt>,
    /// Whether it is the environment's own token or credentials that the call went by.
    by_environment: bool,
    /// Whether the exchange broke before anything was sent.
    #[cfg(feature = "tower")]
    not_sent: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// An attempt of a call that failed.
///
/// ```no_run
/// # fn example(error: &frontegg_identity::Error) {
/// for attempt in error.history() {
///     eprintln!("{:?} after {:?}, status {:?}", attempt.kind, attempt.took, attempt.status);
/// }
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// How it failed.
    pub kind: ErrorKind,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// How long it took.
    pub took: Duration,
}

impl Attempt {
    pub(crate) fn from_status(status: StatusCode, took: Duration) -> Self {
        Self { kind: ErrorKind::of(status), status: Some(status.as_u16()), took }
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let mut error = Self::empty(kind);
        error.0.messages.push(message.into());
        error
    }

    fn empty(kind: ErrorKind) -> Self {
        Self(Box::new(Failure {
            kind,
            operation: None,
            status: None,
            code: None,
            messages: Vec::new(),
            trace_id: None,
            retry_after: None,
            attempts: 0,
            history: Vec::new(),
            by_environment: false,
            #[cfg(feature = "tower")]
            not_sent: false,
            source: None,
        }))
    }

    fn from_status(status: StatusCode, headers: &HeaderMap) -> Self {
        let mut error = Self::empty(ErrorKind::of(status));
        error.0.status = Some(status);
        error.0.trace_id = trace_id(headers).map(str::to_owned);
        error.0.retry_after = retry::retry_after(headers);
        error
    }

    /// A call that was not sent because of a rate limit.
    pub(crate) fn rate_limited(wait: Duration) -> Self {
        let message = format!("the rate limit allows the call in {wait:.1?} only; nothing was sent");
        let mut error = Self::new(ErrorKind::RateLimited, message);
        error.0.retry_after = Some(wait);
        error
    }

    fn from_api_error(response: ResponseValue<ApiError>) -> Self {
        let mut error = Self::from_status(response.status(), response.headers());
        let body = response.into_inner();
        let mut messages = body.errors.unwrap_or_default();
        messages.extend(body.message.filter(|message| !messages.contains(message)));
        error.0.messages = messages;
        error.0.code = body.error_code.or_else(|| body.error_codes.and_then(|codes| codes.into_iter().next()));
        error
    }

    /// An exchange that failed: with whom, through which proxy, and why.
    pub(crate) fn of_exchange(error: &reqwest::Error, proxy: Option<&str>) -> Self {
        let cause = Cause::of(error);
        let mut built = Self::new(cause.kind(), exchange::told(error, &cause, proxy));
        built.0.status = error.status();
        #[cfg(feature = "tower")]
        {
            built.0.not_sent = is_unsent(error);
        }
        match exchange::Layers::below(error) {
            Some(layers) => built.caused_by(layers),
            None => built,
        }
    }

    /// The error of a program's own layer.
    #[cfg(feature = "tower")]
    pub(crate) fn of_layer(error: Box<dyn StdError + Send + Sync>) -> Self {
        let mut built = Self::new(ErrorKind::Layer, format!("a layer of the client failed: {error}"));
        built.0.source = Some(error.into());
        built
    }

    /// Whether the exchange broke before anything was sent.
    #[cfg(feature = "tower")]
    pub(crate) fn is_not_sent(&self) -> bool {
        self.0.not_sent
    }

    /// An answer of a status that no operation documents: a redirect, above all.
    pub(crate) fn from_unexpected(response: &reqwest::Response) -> Self {
        let mut error = Self::from_status(response.status(), response.headers());
        error.0.messages.extend(exchange::redirect(response));
        error
    }

    pub(crate) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// Adds what the call knows, where the error does not know it itself.
    pub(crate) fn in_call(mut self, operation: &'static str, attempts: u32, answer: Option<Head>) -> Self {
        let inner = &mut *self.0;
        inner.operation.get_or_insert(operation);
        inner.attempts = inner.attempts.max(attempts);
        if inner.kind == ErrorKind::Decode
            && let Some(answer) = answer
        {
            inner.status.get_or_insert(answer.status);
            inner.trace_id = inner.trace_id.take().or_else(|| answer.trace_id().map(str::to_owned));
        }
        self
    }

    /// Notes that the call went by the environment's own token or credentials.
    pub(crate) fn by_environment(mut self) -> Self {
        self.0.by_environment = true;
        self
    }

    /// Adds the attempts that failed, unless it is the error of another call, such as that for a token.
    pub(crate) fn with_history(mut self, history: Vec<Attempt>) -> Self {
        if self.0.history.is_empty() {
            self.0.history = history;
        }
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation that failed, e.g. `list_users_v3`. A failure to obtain a token names
    /// `authenticate_environment`.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status.map(|status| status.as_u16())
    }

    /// The service's error code, e.g. `ER-01097`.
    ///
    /// ```no_run
    /// # fn example(error: &frontegg_identity::Error) {
    /// if error.code() == Some("ER-01097") {
    ///     eprintln!("what the service's documentation says of this code");
    /// }
    /// # }
    /// ```
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The messages of the service's answer, or a message of this crate if there are none.
    ///
    /// ```no_run
    /// # fn example(error: &frontegg_identity::Error) {
    /// // Sentences of the service, e.g. for the person at a form.
    /// let text = error.messages().join("; ");
    /// # }
    /// ```
    pub fn messages(&self) -> &[String] {
        &self.0.messages
    }

    /// The id by which the vendor's support finds the exchange.
    ///
    /// ```no_run
    /// # fn example(error: &frontegg_identity::Error) {
    /// eprintln!("{error}, for the vendor's support: {}", error.trace_id().unwrap_or("no answer"));
    /// # }
    /// ```
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// How long the service asks to wait before the next call.
    ///
    /// ```no_run
    /// # fn example(error: &frontegg_identity::Error) {
    /// // A job that can wait puts itself off.
    /// let later = error.retry_after().filter(|_| error.is_rate_limited());
    /// # }
    /// ```
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How often the request was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The attempts that failed, in order.
    ///
    /// ```no_run
    /// # fn example(error: &frontegg_identity::Error) {
    /// let took: std::time::Duration = error.history().iter().map(|attempt| attempt.took).sum();
    /// eprintln!("{} attempts in {took:?}", error.attempts());
    /// # }
    /// ```
    pub fn history(&self) -> &[Attempt] {
        &self.0.history
    }

    /// 404: there is no such entity.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// let user = match frontegg.users().get_user_globally("u-1").await {
    ///     Err(error) if error.is_not_found() => None,
    ///     other => Some(other?),
    /// };
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_not_found(&self) -> bool {
        self.0.status == Some(StatusCode::NOT_FOUND)
    }

    /// 409: it exists already.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::types::AddRoleRequest;
    ///
    /// match frontegg.roles().create_roles(&[AddRoleRequest::new("admin", "Administrator", 0)]).await {
    ///     Err(error) if error.is_conflict() => println!("there is one already"),
    ///     other => drop(other?),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_conflict(&self) -> bool {
        self.0.status == Some(StatusCode::CONFLICT)
    }

    /// 400 or 422: the request breaks a rule of the service.
    pub fn is_bad_request(&self) -> bool {
        matches!(self.0.status, Some(StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY))
    }

    /// 401, or no token to send.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// match frontegg.authentication().login("ada@acme.test", "a guess").await {
    ///     Err(error) if error.is_unauthenticated() => println!("wrong address or password"),
    ///     other => drop(other?.into_session()?),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_unauthenticated(&self) -> bool {
        self.0.kind == ErrorKind::Unauthenticated
    }

    /// 403: the token is valid, but does not permit the operation.
    ///
    /// ```no_run
    /// # fn example(error: &frontegg_identity::Error) {
    /// let text = if error.is_forbidden() { "you may not do that" } else { "please try again later" };
    /// # }
    /// ```
    pub fn is_forbidden(&self) -> bool {
        self.0.status == Some(StatusCode::FORBIDDEN)
    }

    /// 429: too many calls.
    pub fn is_rate_limited(&self) -> bool {
        self.0.kind == ErrorKind::RateLimited
    }

    /// A timeout has passed. Whether the service acted is not known.
    ///
    /// ```no_run
    /// # fn example(error: &frontegg_identity::Error) {
    /// if error.is_timeout() {
    ///     eprintln!("look before it is done again: it may have been done");
    /// }
    /// # }
    /// ```
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// The same call may succeed later. Whether it is *safe* to send it again depends on the operation.
    ///
    /// ```no_run
    /// # fn example(error: &frontegg_identity::Error) {
    /// // A queue delivers again what may succeed later, and puts aside what never will.
    /// let again = error.is_retryable();
    /// # }
    /// ```
    pub fn is_retryable(&self) -> bool {
        match self.0.kind {
            ErrorKind::RateLimited | ErrorKind::Transport | ErrorKind::Timeout => true,
            ErrorKind::Api => self.0.status.is_some_and(retry::is_transient),
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { operation, status, code, messages, trace_id, attempts, .. } = &*self.0;
        let mut between = "";
        if let Some(operation) = operation {
            f.write_str(operation)?;
            between = ": ";
        }
        if let Some(status) = status {
            write!(f, "{between}{status}")?;
            between = ": ";
        }
        if let Some(code) = code {
            write!(f, "{between}{code}")?;
            between = ": ";
        }
        for message in messages {
            write!(f, "{between}{message}")?;
            between = "; ";
        }
        if let Some(trace_id) = trace_id {
            write!(f, " (trace {trace_id})")?;
        }
        if *attempts > 1 {
            write!(f, " (after {attempts} attempts)")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    /// All that is known; of a client that cannot be built, the sentence that says why, as `fn main` shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.kind == ErrorKind::Config
            && let Some(cause) = &self.0.source
        {
            return write!(f, "{self}: {cause}");
        }
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.0.operation)
            .field("status", &self.status())
            .field("code", &self.0.code)
            .field("messages", &self.0.messages)
            .field("trace_id", &self.0.trace_id)
            .field("retry_after", &self.0.retry_after)
            .field("attempts", &self.0.attempts)
            .field("history", &self.0.history)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::new(ErrorKind::Config, "the client cannot be built").caused_by(error)
    }
}

impl From<client::Error<ApiError>> for Error {
    /// For calls of the raw [`client`](crate::client); those of views return [`Error`].
    fn from(error: client::Error<ApiError>) -> Self {
        match error {
            client::Error::InvalidRequest(message) | client::Error::Custom(message) => {
                Self::new(ErrorKind::InvalidRequest, message)
            }
            client::Error::CommunicationError(error)
            | client::Error::InvalidUpgrade(error)
            | client::Error::ResponseBodyError(error) => Self::of_exchange(&error, None),
            client::Error::ErrorResponse(response) => Self::from_api_error(response),
            client::Error::UnexpectedResponse(response) => Self::from_unexpected(&response),
            client::Error::InvalidResponsePayload(body, error) => {
                Self::new(ErrorKind::Decode, "the answer is not as documented")
                    .caused_by(decode::explain(&body, &error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use frontegg_model::headers::TRACE_HEADER;
    use http::HeaderValue;

    use super::*;

    fn refusal(status: u16, body: &str) -> Error {
        let mut headers = HeaderMap::new();
        headers.insert(TRACE_HEADER, "t-1".parse().unwrap());
        let body = serde_json::from_str(body).unwrap();
        let response = ResponseValue::new(body, StatusCode::from_u16(status).unwrap(), headers);
        Error::from(client::Error::ErrorResponse(response)).in_call("update_role", 1, None)
    }

    #[test]
    fn an_error_is_as_large_as_a_pointer() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
    }

    #[test]
    fn the_text_says_what_happened() {
        let error = refusal(404, r#"{"errors":["no such role","really"],"errorCode":"ER-01008","message":"really"}"#);
        assert_eq!(error.to_string(), "update_role: 404 Not Found: ER-01008: no such role; really (trace t-1)");
        assert!(error.is_not_found() && !error.is_retryable());
        assert_eq!((error.status(), error.code(), error.trace_id()), (Some(404), Some("ER-01008"), Some("t-1")));
        let error = refusal(503, "{}").in_call("list_users_v3", 4, None);
        assert_eq!(error.to_string(), "update_role: 503 Service Unavailable (trace t-1) (after 4 attempts)");
    }

    #[test]
    fn statuses_decide_the_kind() {
        for (status, kind, retryable) in [
            (400, ErrorKind::Api, false),
            (401, ErrorKind::Unauthenticated, false),
            (403, ErrorKind::Api, false),
            (409, ErrorKind::Api, false),
            (429, ErrorKind::RateLimited, true),
            (500, ErrorKind::Api, false),
            (502, ErrorKind::Api, true),
            (504, ErrorKind::Api, true),
        ] {
            let error = refusal(status, "{}");
            assert_eq!((error.kind(), error.is_retryable()), (kind, retryable), "{status}");
        }
        assert!(
            refusal(403, "{}").is_forbidden()
                && refusal(409, "{}").is_conflict()
                && refusal(400, "{}").is_bad_request()
        );
    }

    #[test]
    fn an_undocumented_success_keeps_status_and_trace_but_no_values() {
        let body = r#"{"accessToken":"hunter2","expiresIn":"hunter3"}"#;
        let error = serde_json::from_str::<std::collections::HashMap<String, u8>>(body).unwrap_err();
        let error = Error::from(client::Error::InvalidResponsePayload(body.into(), error)).in_call(
            "authenticate_user",
            1,
            Some(Head { status: StatusCode::OK, trace_id: Some(HeaderValue::from_static("t-2")) }),
        );
        assert_eq!((error.kind(), error.status(), error.trace_id()), (ErrorKind::Decode, Some(200), Some("t-2")));
        let source = error.source().unwrap();
        let all = format!("{error} {error:?} {source} {source:?}");
        assert!(!all.contains("hunter"), "{all}");
        assert!(source.to_string().contains("accessToken"), "{source}");
    }

    #[test]
    fn a_configuration_error_keeps_its_cause() {
        let error = Error::from(ConfigError::MissingVariable(&["A", "B"]));
        assert_eq!(error.kind(), ErrorKind::Config);
        assert_eq!(error.source().unwrap().to_string(), "environment variable A or B is not set");
    }
}
