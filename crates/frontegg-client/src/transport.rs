//! The interface between generated calls and what sends them.
//!
//! Every generated call is passed to a [`Transport`] twice: before it is sent ([`Transport::prepare`])
//! and to be sent ([`Transport::execute`]). This file does what is the same for every transport: it
//! refuses paths that would reach another operation, turns every error response of a server or proxy into an
//! [`ApiError`], and every other one into a body that can be read.

use std::{fmt::Debug, pin::Pin, sync::Arc};

use frontegg_model::{Operation, operation, read, types::ApiError};
use http::{HeaderMap, StatusCode, header};
use progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
use reqwest::{Request, Response, ResponseBuilderExt, Url};
use serde_json::Value;

use crate::generated::Client;

/// A boxed future, so that [`Transport`] is dyn compatible.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The most characters of a message that is made from an undocumented error body.
const MAX_MESSAGE_LENGTH: usize = 500;

/// Operations that answer with one entity, or with 200 and an empty list if it does not exist.
const EMPTY_LIST_IS_NOT_FOUND: [&str; 1] = ["get_tenant_v2"];

/// Authorises and sends the requests of the generated client.
pub trait Transport: Send + Sync + Debug {
    /// Completes a request with its token, scope headers and other headers.
    ///
    /// An error fails the call before anything is sent; its text becomes [`Error::Custom`].
    fn prepare<'a>(
        &'a self,
        request: &'a mut Request,
        operation: &'static Operation,
    ) -> BoxFuture<'a, Result<(), String>>;

    /// Sends a request, and again as far as it is to be retried.
    fn execute<'a>(
        &'a self,
        http: &'a reqwest::Client,
        request: Request,
        operation: &'static Operation,
    ) -> BoxFuture<'a, reqwest::Result<Response>>;
}

/// The transport of a [`Client`], as its generated code holds it.
#[derive(Clone, Debug)]
pub struct Inner(pub Arc<dyn Transport>);

impl ClientHooks<Inner> for Client {
    async fn pre<E>(&self, request: &mut Request, info: &OperationInfo) -> Result<(), Error<E>> {
        let Some(operation) = operation(info.operation_id) else {
            return Err(Error::InvalidRequest(format!("{} is not in the table of operations", info.operation_id)));
        };
        // progenitor sends the version of the document, which the service does not use.
        request.headers_mut().remove("api-version");
        if !matches_template(base_path(self.baseurl()), operation.path, request.url().path()) {
            return Err(Error::InvalidRequest(format!(
                "a path value of {} is empty, `.` or `..`, which would reach another operation",
                operation.id
            )));
        }
        self.inner().0.prepare(request, operation).await.map_err(Error::Custom)
    }

    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let Some(operation) = operation(info.operation_id) else {
            // Not reached: `pre` fails such a call.
            return self.client().execute(request).await;
        };
        let response = self.inner().0.execute(self.client(), request, operation).await?;
        let status = response.status();
        if status.is_client_error() || status.is_server_error() {
            Ok(with_api_error(response).await)
        } else if EMPTY_LIST_IS_NOT_FOUND.contains(&operation.id) {
            empty_list_as_not_found(readable(response, operation).await?).await
        } else if operation.answer.is_some() {
            readable(response, operation).await
        } else {
            Ok(response)
        }
    }
}

/// Percent-encodes a path value so that it stays one segment.
///
/// Beyond progenitor's own function it encodes `\`, which URL parsers take for `/`. A value that cannot be
/// encoded as a segment (`.` and `..`) becomes empty, which [`matches_template`] rejects.
pub(crate) fn encode_path(value: &str) -> String {
    if matches!(value, "." | "..") {
        return String::new();
    }
    progenitor_client::encode_path(value).replace('\\', "%5C")
}

/// The path of a base URL, without a trailing slash.
fn base_path(base: &str) -> &str {
    let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
    rest.find('/').map_or("", |at| rest[at..].trim_end_matches('/'))
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

/// Gives an error response a body that is an [`ApiError`]; status, headers and URL stay.
async fn with_api_error(response: Response) -> Response {
    let head = Head::of(&response);
    // The status is reported even if the body cannot be read.
    let body = response.bytes().await.unwrap_or_default();
    let body = body.slice_ref(read::without_byte_order_mark(&body));
    if serde_json::from_slice::<ApiError>(&body).is_ok_and(|error| has_content(&error)) {
        head.with_body(body)
    } else {
        head.with_other_body(serde_json::to_vec(&to_api_error(&body)).unwrap_or_default())
    }
}

/// Reads a response without the byte order mark that may stand before its body, and `null` in place of a list
/// as an empty list.
async fn readable(response: Response, operation: &Operation) -> reqwest::Result<Response> {
    let head = Head::of(&response);
    let url = head.url.clone();
    let body = response.bytes().await.map_err(|error| error.with_url(url))?;
    let rest = body.slice_ref(read::without_byte_order_mark(&body));
    let is_list = operation.answer.is_some_and(|answer| answer.starts_with('['));
    Ok(if is_list && rest.trim_ascii() == b"null" {
        head.with_other_body("[]")
    } else if rest.len() < body.len() {
        head.with_other_body(rest)
    } else {
        head.with_body(body)
    })
}

/// Turns an empty list in place of an entity into a 404.
async fn empty_list_as_not_found(response: Response) -> reqwest::Result<Response> {
    let mut head = Head::of(&response);
    let body = response.bytes().await?;
    if serde_json::from_slice::<[(); 0]>(&body).is_err() {
        return Ok(head.with_body(body));
    }
    head.status = StatusCode::NOT_FOUND;
    Ok(head.with_other_body(r#"{"errors":["Not found"]}"#))
}

/// What is kept of a response whose body has been read.
struct Head {
    status: StatusCode,
    url: Url,
    headers: HeaderMap,
}

impl Head {
    fn of(response: &Response) -> Self {
        Self { status: response.status(), url: response.url().clone(), headers: response.headers().clone() }
    }

    /// The response with the body that was read.
    fn with_body(self, body: impl Into<reqwest::Body>) -> Response {
        let rebuilt = http::Response::builder().status(self.status).url(self.url).body(body.into());
        let mut rebuilt = rebuilt.unwrap_or_default();
        *rebuilt.headers_mut() = self.headers;
        rebuilt.into()
    }

    /// The response with another body, whose length is not `Content-Length`.
    fn with_other_body(mut self, body: impl Into<reqwest::Body>) -> Response {
        self.headers.remove(header::CONTENT_LENGTH);
        self.with_body(body)
    }
}

fn has_content(error: &ApiError) -> bool {
    error.errors.as_ref().is_some_and(|errors| !errors.is_empty())
        || error.message.is_some()
        || error.error_code.is_some()
        || error.error_codes.is_some()
}

/// Makes an [`ApiError`] from an error body that is not as documented.
fn to_api_error(body: &[u8]) -> Value {
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
    let mut error = serde_json::json!({ "errors": messages });
    if let Some(code) = value["errorCode"].as_str() {
        error["errorCode"] = code.into();
    }
    if let Some(context) = value["context"].as_object() {
        error["context"] = context.clone().into();
    }
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
    use super::*;

    fn url(base: &str, template: &str, value: &str) -> bool {
        let text = format!("{base}{}", template.replace("{id}", &encode_path(value)));
        let url = reqwest::Url::parse(&text).unwrap();
        matches_template(base_path(base), template, url.path())
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

    fn answer(status: u16, body: &'static str) -> Response {
        http::Response::builder().status(status).header("frontegg-trace-id", "t-1").body(body).unwrap().into()
    }

    async fn api_error(status: u16, body: &'static str) -> ApiError {
        let response = with_api_error(answer(status, body)).await;
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.headers()["frontegg-trace-id"], "t-1");
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
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
        let response = empty_list_as_not_found(answer(200, " [ ] ")).await.unwrap();
        assert_eq!(response.status(), 404);
        assert_eq!(response.headers()["frontegg-trace-id"], "t-1");
        let error: ApiError = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(error.errors.unwrap(), ["Not found"]);
        for body in [r#"{"tenantId":"a"}"#, "[1]", ""] {
            let response = empty_list_as_not_found(answer(200, body)).await.unwrap();
            assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (200, body));
        }
    }

    #[tokio::test]
    async fn a_byte_order_mark_and_null_for_a_list_are_read() {
        let read_as = async |id: &str, body| {
            let response = readable(answer(200, body), operation(id).unwrap()).await.unwrap();
            String::from_utf8(response.bytes().await.unwrap().to_vec()).unwrap()
        };
        assert_eq!(read_as("list_roles_v1", "\u{feff}[1]").await, "[1]");
        assert_eq!(read_as("list_roles_v1", " null\n").await, "[]");
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
}
