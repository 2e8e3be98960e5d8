//! The interface between generated calls and what sends them.
//!
//! Every generated call is passed to a [`Transport`]. This file does what is the same for every call and every
//! transport: it refuses paths that would reach another operation, and makes of each [`Answer`] the result of the call.

use std::{fmt::Debug, sync::Arc};

use frontegg_model::{OPERATIONS, Operation, types::ApiError};
use http::{HeaderValue, StatusCode, header};
use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};
use reqwest::Request;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    answer::Answer,
    generated::Client,
    threads::{BoxFuture, MaybeSend},
};

/// The most characters of a message that is made from an undocumented error body.
const MAX_MESSAGE_LENGTH: usize = 500;

/// Operations that answer with one entity, or with 200 and an empty list if it does not exist.
const EMPTY_LIST_IS_NOT_FOUND: [&str; 1] = ["get_tenant_v2"];

/// Authorises and sends the requests of the generated client.
pub trait Transport: Send + Sync + Debug {
    /// Completes a request with its token, scope headers and other headers, sends it, and again as far as it is to be
    /// retried, and reads the answer.
    fn send<'a>(
        &'a self,
        http: &'a reqwest::Client,
        request: Request,
        operation: &'static Operation,
    ) -> BoxFuture<'a, Result<Answer, Failure>>;
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// The request is refused before anything is sent; the text becomes [`Error::Custom`].
    Refused(String),
    /// The exchange has failed.
    Broken(reqwest::Error),
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Broken(error)
    }
}

impl<E> From<Failure> for Error<E> {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(text) => Self::Custom(text),
            Failure::Broken(error) => Self::CommunicationError(error),
        }
    }
}

/// The transport of a [`Client`], as its generated code holds it.
#[derive(Clone, Debug)]
pub struct Inner(pub Arc<dyn Transport>);

impl Client {
    /// A client of the same API that sends through another transport.
    #[must_use]
    pub fn with_transport(&self, transport: Inner) -> Self {
        Self { inner: transport, ..self.clone() }
    }

    /// Sends the request of an operation and reads a `T` from the answer.
    ///
    /// A plain function, as are the others: a future that is given a request has room for it until its end.
    pub(crate) fn read<T: DeserializeOwned>(
        &self,
        request: Request,
        operation: &'static Operation,
    ) -> impl Future<Output = Result<ResponseValue<T>, Error<ApiError>>> + MaybeSend {
        let answer = self.send(request, operation);
        async move {
            let answer = judged(answer.map_err(Error::InvalidRequest)?.await?, operation)?;
            match serde_json::from_slice(answer.body()) {
                Ok(value) => Ok(answer.with(value)),
                Err(error) => Err(Error::InvalidResponsePayload(answer.into_body(), error)),
            }
        }
    }

    /// Sends the request of an operation whose answer has a status only.
    pub(crate) fn acknowledge(
        &self,
        request: Request,
        operation: &'static Operation,
    ) -> impl Future<Output = Result<ResponseValue<()>, Error<ApiError>>> + MaybeSend {
        let answer = self.send(request, operation);
        async move { Ok(judged(answer.map_err(Error::InvalidRequest)?.await?, operation)?.with(())) }
    }

    /// Sends the request of an operation that answers with a file, which is read as it comes.
    pub(crate) fn download(
        &self,
        request: Request,
        operation: &'static Operation,
    ) -> impl Future<Output = Result<ResponseValue<ByteStream>, Error<ApiError>>> + MaybeSend {
        let answer = self.send(request, operation);
        async move { Ok(judged(answer.map_err(Error::InvalidRequest)?.await?, operation)?.into_stream()) }
    }

    /// Hands a request to the transport, unless its path is no longer that of the operation: the error says why.
    fn send(
        &self,
        mut request: Request,
        operation: &'static Operation,
    ) -> Result<BoxFuture<'_, Result<Answer, Failure>>, String> {
        if !is_kept(self.baseurl.path(), operation.path, request.url().path()) {
            return Err(format!(
                "a path value of {} is empty, `.` or `..`, which would reach another operation",
                operation.id
            ));
        }
        request.headers_mut().insert(header::ACCEPT, accept(operation)?);
        Ok(self.inner().0.send(self.client(), request, operation))
    }
}

/// What an operation may answer with: JSON, or a file and JSON where it is refused.
fn accept(operation: &Operation) -> Result<HeaderValue, String> {
    let Some(kind) = operation.file else { return Ok(HeaderValue::from_static("application/json")) };
    HeaderValue::try_from(format!("{kind}, application/json")).map_err(|error| error.to_string())
}

/// The row of an operation, found while a call is compiled.
pub(crate) const fn known(id: &str) -> &'static Operation {
    let mut row = 0;
    while !is_same(OPERATIONS[row].id.as_bytes(), id.as_bytes()) {
        row += 1;
    }
    &OPERATIONS[row]
}

const fn is_same(text: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < text.len() && at < other.len() && text[at] == other[at] {
        at += 1;
    }
    at == text.len() && at == other.len()
}

/// Makes the result of a call from its answer: every error response of a server or proxy becomes an [`ApiError`],
/// every other one a body that can be read.
#[allow(clippy::result_large_err, reason = "the error of all generated calls")]
fn judged(mut answer: Answer, operation: &Operation) -> Result<Answer, Error<ApiError>> {
    if answer.is_refusal() {
        let error = api_error(answer.body());
        return Err(Error::ErrorResponse(answer.with(error)));
    }
    if !answer.status().is_success() {
        return Err(answer.unexpected());
    }
    if EMPTY_LIST_IS_NOT_FOUND.contains(&operation.id) && is_empty_list(answer.body()) {
        let error = ApiError::with_messages(["Not found"]);
        return Err(Error::ErrorResponse(answer.with_status(StatusCode::NOT_FOUND, error)));
    }
    let is_list = operation.answer.is_some_and(|answer| answer.starts_with('['));
    if is_list && answer.body().trim_ascii() == b"null" {
        answer.replace_body("[]");
    }
    Ok(answer)
}

/// Percent-encodes a path value so that it stays one segment.
///
/// Beyond progenitor's own function it encodes `\`, which URL parsers take for `/`. A value that cannot be
/// encoded as a segment (`.` and `..`) becomes empty, which [`matches_template`] rejects.
pub(crate) fn encode_path(value: &str) -> String {
    if matches!(value, "." | "..") {
        return String::new();
    }
    let encoded = progenitor_client::encode_path(value);
    if encoded.contains('\\') { encoded.replace('\\', "%5C") } else { encoded }
}

/// Whether the values in a path have left it that of the operation; where there are none, nothing can have changed it.
fn is_kept(base: &str, template: &str, path: &str) -> bool {
    !template.contains('{') || matches_template(base, template, path)
}

/// Whether `path` is `base` followed by `template` with a value for every parameter.
fn matches_template(base: &str, template: &str, path: &str) -> bool {
    let Some(path) = path.strip_prefix(base) else { return false };
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(place), Some(value)) if place.starts_with('{') && !value.is_empty() => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => return false,
        }
    }
}

/// What an error body says: as documented, or as much of it as there is.
fn api_error(body: &[u8]) -> ApiError {
    match serde_json::from_slice(body) {
        Ok(error) if has_content(&error) => error,
        _ => to_api_error(body),
    }
}

fn is_empty_list(body: &[u8]) -> bool {
    serde_json::from_slice::<[(); 0]>(body).is_ok()
}

fn has_content(error: &ApiError) -> bool {
    error.errors.as_ref().is_some_and(|errors| !errors.is_empty())
        || error.message.is_some()
        || error.error_code.is_some()
        || error.error_codes.is_some()
}

/// Makes an [`ApiError`] from an error body that is not as documented.
fn to_api_error(body: &[u8]) -> ApiError {
    let text = String::from_utf8_lossy(body);
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut messages = Vec::new();
    for member in ["errors", "message", "error", "error_description"] {
        collect(&value[member], &mut messages);
    }
    messages.dedup();
    if messages.is_empty() && !matches!(text.trim(), "" | "{}" | "null") {
        messages.push(text.trim().chars().take(MAX_MESSAGE_LENGTH).collect());
    }
    let mut error = ApiError::with_messages(messages);
    error.error_code = value["errorCode"].as_str().map(str::to_owned);
    error.context = value["context"].as_object().cloned();
    error
}

fn collect(value: &Value, messages: &mut Vec<String>) {
    match value {
        Value::String(text) => messages.push(text.chars().take(MAX_MESSAGE_LENGTH).collect()),
        Value::Array(list) => list.iter().for_each(|entry| collect(entry, messages)),
        Value::Object(_) => collect(&value["message"], messages),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use frontegg_model::operation;
    use reqwest::Response;

    use super::*;

    #[derive(Debug)]
    struct Nowhere;

    impl Transport for Nowhere {
        fn send<'a>(
            &'a self,
            _: &'a reqwest::Client,
            _: Request,
            _: &'static Operation,
        ) -> BoxFuture<'a, Result<Answer, Failure>> {
            Box::pin(async { Err(Failure::Refused("nothing is sent".to_owned())) })
        }
    }

    fn client(base: &str) -> Client {
        Client::new_with_client(base, reqwest::Client::new(), Inner(Arc::new(Nowhere)))
    }

    /// Whether a value stays a segment of the path, which it then has in `text`.
    fn url(base: &str, template: &str, value: &str) -> bool {
        let (client, path) = (client(base), template.replace("{id}", &encode_path(value)));
        let url = client.url(&path).unwrap();
        let is_kept = matches_template(client.baseurl.path(), template, url.path());
        assert!(!is_kept || url == format!("{base}{path}").parse().unwrap(), "{url}");
        is_kept
    }

    #[test]
    fn a_base_url_may_have_a_path_and_must_be_a_url() {
        let url = |base: &str| client(base).url("/users/v1").map(String::from);
        assert_eq!(url("http://localhost:1").unwrap(), "http://localhost:1/users/v1");
        assert_eq!(url("http://localhost:1/").unwrap(), "http://localhost:1/users/v1");
        assert_eq!(url("https://acme.test/a/b/").unwrap(), "https://acme.test/a/b/users/v1");
        assert!(url("nowhere").unwrap_err().is_builder());
    }

    #[test]
    fn ordinary_values_stay_one_segment() {
        for value in
            ["u-1", "a/b", "a b", "ä", "50%", "...", ".a", "a\\b", "?x", "#x", "a\nb", "%2e%2e", "\\..\\", ";", "{id}"]
        {
            for base in ["http://localhost:1", "http://localhost:1/frontegg"] {
                assert!(url(base, "/users/v1/{id}/roles", value), "{value}");
                assert!(url(base, "/users/v1/{id}", value), "{value}");
            }
        }
    }

    #[test]
    fn values_that_change_the_path_are_refused() {
        for value in ["", ".", ".."] {
            assert!(!url("http://localhost:1", "/users/v1/{id}/roles", value), "{value}");
            assert!(!url("http://localhost:1/frontegg", "/users/v1/{id}", value), "{value}");
        }
    }

    #[test]
    fn the_template_must_stand_under_the_base() {
        assert!(matches_template("", "/auth/vendor", "/auth/vendor"));
        assert!(matches_template("", "/auth/vendor/", "/auth/vendor/"));
        assert!(!matches_template("", "/users/{id}", "/users/a/b"));
        assert!(!matches_template("", "/users/v1/{id}", "/users/v2/a"));
        assert!(!matches_template("/frontegg", "/users/{id}", "/users/a"));
    }

    const LIST: &str = "list_roles_v1";

    /// What is made of an answer to an operation.
    async fn judge(id: &str, status: u16, body: &'static str) -> Result<String, Error<ApiError>> {
        let response = http::Response::builder().status(status).header("frontegg-trace-id", "t-1").body(body).unwrap();
        let operation = operation(id).unwrap();
        let answer = judged(Answer::read(Response::from(response), operation).await.unwrap(), operation)?;
        Ok(String::from_utf8(answer.into_body().to_vec()).unwrap())
    }

    async fn error_of(id: &str, status: u16, body: &'static str) -> ResponseValue<ApiError> {
        let Error::ErrorResponse(error) = judge(id, status, body).await.unwrap_err() else { panic!("another error") };
        assert_eq!(error.headers()["frontegg-trace-id"], "t-1");
        error
    }

    async fn api_error(status: u16, body: &'static str) -> ApiError {
        let error = error_of(LIST, status, body).await;
        assert_eq!(error.status().as_u16(), status);
        error.into_inner()
    }

    #[tokio::test]
    async fn documented_errors_pass_unchanged() {
        let error = api_error(400, r#"{"errors":["MFA is not enrolled"],"errorCode":"ER-01097"}"#).await;
        assert_eq!(error.errors.unwrap(), ["MFA is not enrolled"]);
        assert_eq!(error.error_code.unwrap(), "ER-01097");
        assert_eq!(api_error(400, r#"{"message":"only this"}"#).await.message.unwrap(), "only this");
    }

    #[tokio::test]
    async fn other_forms_become_messages() {
        let messages = async |body| api_error(422, body).await.errors.unwrap();
        assert_eq!(messages(r#"{"errors":"one"}"#).await, ["one"]);
        assert_eq!(messages(r#"{"message":["a","b"],"error":"Bad Request"}"#).await, ["a", "b", "Bad Request"]);
        assert_eq!(messages(r#"{"errors":[{"message":"deep"}]}"#).await, ["deep"]);
        assert_eq!(messages(r#"{"error":"invalid_grant"}"#).await, ["invalid_grant"]);
        assert_eq!(api_error(400, r#"{"errors":"x","errorCode":"ER-1"}"#).await.error_code.unwrap(), "ER-1");
    }

    #[tokio::test]
    async fn an_empty_list_in_place_of_one_thing_means_not_found() {
        let error = error_of("get_tenant_v2", 200, " [ ] ").await;
        assert_eq!(error.status(), 404);
        assert_eq!(error.into_inner().errors.unwrap(), ["Not found"]);
        for body in [r#"{"tenantId":"a"}"#, "[1]", ""] {
            assert_eq!(judge("get_tenant_v2", 200, body).await.unwrap(), body);
        }
    }

    #[tokio::test]
    async fn a_byte_order_mark_and_null_for_a_list_are_read() {
        let read_as = async |id: &str, body| judge(id, 200, body).await.unwrap();
        assert_eq!(read_as(LIST, "\u{feff}[1]").await, "[1]");
        assert_eq!(read_as(LIST, " null\n").await, "[]");
        assert_eq!(read_as("list_users", "null").await, "null", "a page is no list");
        assert_eq!(read_as("list_users", r#"{"items":null}"#).await, r#"{"items":null}"#);
        assert_eq!(api_error(400, "\u{feff}{\"errors\":[\"no\"]}").await.errors.unwrap(), ["no"]);
    }

    #[tokio::test]
    async fn bodies_that_are_no_errors_keep_their_text() {
        assert_eq!(api_error(502, "<html>Bad Gateway</html>").await.errors.unwrap(), ["<html>Bad Gateway</html>"]);
        assert_eq!(api_error(500, "[1]").await.errors.unwrap(), ["[1]"]);
        assert!(api_error(413, "").await.errors.unwrap().is_empty());
        assert!(api_error(500, "{}").await.errors.unwrap().is_empty());
    }

    #[tokio::test]
    async fn other_answers_are_unexpected() {
        let error = judge(LIST, 302, "elsewhere").await.unwrap_err();
        assert!(matches!(error, Error::UnexpectedResponse(response) if response.status() == 302));
    }

    #[tokio::test]
    async fn a_body_in_pieces_is_put_together() {
        let pieces = ["[", "1,2", ",3]"].map(|piece| Ok::<_, std::io::Error>(piece.as_bytes()));
        let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
        let operation = operation(LIST).unwrap();
        let answer = Answer::read(Response::from(http::Response::new(body)), operation).await.unwrap();
        assert_eq!(answer.body(), b"[1,2,3]");
    }
}
