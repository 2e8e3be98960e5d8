//! Receives requests: authentication, scope, parameters, body.
//!
//! The order is that of the service: authentication (401), permission and scope (403), then all errors of the
//! input at once (400). The body is read last, so that a request without a token does not make the
//! server read one.

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, Request};
use bytes::Bytes;
use frontegg_model::{Need, Operation, Token};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::authenticate::Authenticate;
use crate::capture::Capture;
use crate::context::RequestContext;
use crate::failure::{ApiFailure, ApiResult};
use crate::forms;
use crate::generated::{ALSO_ANONYMOUS, ALSO_FORMS, SESSIONS_ONLY};
use crate::headers;
use crate::json_text;
use crate::numbers;
use crate::params;
use crate::permit::check_permission;
use crate::principal::{Principal, TokenKind};
use crate::schema::{Body as Expected, Contract, Presence, Schema};
use crate::trace::TraceId;
use crate::validate::{ValidationErrors, reject_nul, undeclared, validate};

/// The most bytes of a body.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// The most characters of a media type that are repeated to whoever sent it.
const MEDIA_TYPE_SHOWN: usize = 100;

/// The most values in a body. A megabyte of `0,0,0,…` would otherwise become 30 megabytes of values.
const VALUE_LIMIT: usize = 100_000;

/// Header that older clients send instead of `Authorization`.
const ACCESS_TOKEN_HEADER: &str = "x-access-token";

/// In the extensions of a request: a member of its body that the document does not declare is an error. Without it,
/// such members are ignored, as the service does.
#[derive(Debug, Clone, Copy)]
pub struct Strict;

/// A request that passed all checks.
#[derive(Debug)]
pub struct Received {
    /// The context for the handler.
    pub context: RequestContext,
    parameters: Vec<Value>,
    body: Value,
}

impl Received {
    /// Takes out the parameter at this index of the contract.
    pub fn parameter<T: DeserializeOwned>(&mut self, index: usize) -> ApiResult<T> {
        parse(self.parameters.get_mut(index).map(Value::take).unwrap_or_default())
    }

    /// Takes out the body.
    pub fn body<T: DeserializeOwned>(&mut self) -> ApiResult<T> {
        parse(self.body.take())
    }
}

/// Deserialises a validated value, which fails only if the type is narrower than the schema. The error
/// may quote the value, so it is logged at debug level and not sent.
fn parse<T: DeserializeOwned>(value: Value) -> ApiResult<T> {
    serde_json::from_value(value).map_err(|cause| {
        tracing::debug!(%cause, "a checked value does not fit its type");
        ApiFailure::bad_request("request has a value that does not fit")
    })
}

/// Authenticates a request and validates it against the contract of its operation.
pub async fn receive<A: Authenticate>(
    service: &A,
    contract: &'static Contract,
    request: Request,
) -> ApiResult<Received> {
    let (parts, body) = request.into_parts();
    let operation = declared(contract)?;
    if let Some(capture) = parts.extensions.get::<Capture>() {
        capture.set_contract(contract);
    }
    let given = match bearer(&parts.headers)? {
        Some(token) => Some(service.authenticate(token).await),
        None => None,
    };
    let principal = check_token(operation, given)?;
    let received = check_input(operation, contract, principal, parts, body).await?;
    service.admitted(&received.context);
    Ok(received)
}

fn declared(contract: &Contract) -> ApiResult<&'static Operation> {
    frontegg_model::operation(contract.id)
        .ok_or_else(|| ApiFailure::internal(format_args!("{} is not in the table", contract.id)))
}

/// The bearer token of a request: `Authorization: Bearer …`, or `x-access-token`; 400 when one of them
/// cannot be read.
pub fn bearer(headers: &HeaderMap) -> ApiResult<Option<&str>> {
    let authorization = headers::text(headers, header::AUTHORIZATION.as_str())?;
    let access_token = headers::text(headers, ACCESS_TOKEN_HEADER)?;
    let token = authorization
        .and_then(without_scheme)
        .or_else(|| access_token.map(|value| without_scheme(value).unwrap_or(value)));
    Ok(token.map(str::trim).filter(|token| !token.is_empty()))
}

fn without_scheme(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Whether the operation takes the caller's kind of token.
fn check_token(operation: &Operation, given: Option<ApiResult<Principal>>) -> ApiResult<Principal> {
    if operation.token == Token::None {
        // Back ends may send their token all the same; browsers send one that may have expired.
        return Ok(given.and_then(Result::ok).unwrap_or(Principal::Anonymous));
    }
    let principal = given.unwrap_or(Ok(Principal::Anonymous))?;
    let no_user = || ApiFailure::unauthorized("Failed to verify user JWT");
    match (&principal, operation.token) {
        (Principal::User(token), _) if token.kind != TokenKind::User && SESSIONS_ONLY.contains(&operation.id) => {
            Err(no_user())
        }
        // Nobody in particular acts with it.
        (Principal::User(token), Token::User) if token.kind == TokenKind::TenantApi => Err(no_user()),
        (Principal::Anonymous, _) if ALSO_ANONYMOUS.contains(&operation.id) => Ok(principal),
        (Principal::Anonymous, _) => Err(ApiFailure::unauthorized("Unauthorized")),
        (Principal::Environment(_), Token::User) => Err(no_user()),
        (Principal::User(_), Token::Environment) => Err(ApiFailure::forbidden("An environment token is required")),
        _ => Ok(principal),
    }
}

async fn check_input(
    operation: &'static Operation,
    contract: &Contract,
    principal: Principal,
    mut parts: Parts,
    body: Body,
) -> ApiResult<Received> {
    let path = path_values(&mut parts).await?;
    let trace_id = parts.extensions.remove::<TraceId>().unwrap_or_default();
    mark_sensitive(&mut parts.headers);
    let query = parts.uri.query().unwrap_or_default();
    let mut context = RequestContext::new(operation, principal, parts.headers, trace_id.into())?;
    query.clone_into(&mut context.query);
    context.extensions = parts.extensions;
    if let Some(capture) = context.extensions.get::<Capture>() {
        capture.set_caller(&context);
    }
    check_permission(operation, &context.principal, &path)?;
    if operation.token != Token::None {
        if operation.tenant == Need::Required {
            context.tenant()?;
        }
        if operation.user == Need::Required {
            context.user()?;
        }
    }
    let mut errors = ValidationErrors::default();
    let parameters = params::read(contract.parameters, &path, query, &context.headers, &mut errors);
    let body = match contract.body {
        Some(Expected(presence, schema)) => {
            let sent = read_body(operation, &context, body).await?;
            let missing = sent.is_none();
            let mut value = sent.unwrap_or_else(|| missing_body(schema));
            reject_nul("", &value, &mut errors);
            json_text::stringify(&mut value, schema);
            numbers::settle(&mut value, schema);
            validate("", &value, schema, &mut errors);
            let undeclared = undeclared(&value, schema);
            if context.extensions.get::<Strict>().is_some() {
                for member in &undeclared {
                    errors.push(format!("{member} should not exist"));
                }
            }
            if let Some(capture) = context.extensions.get::<Capture>().filter(|_| !undeclared.is_empty()) {
                capture.set_undeclared(undeclared);
            }
            if missing && presence == Presence::Required && errors.is_empty() {
                errors.push("body is required".to_owned());
            }
            value
        }
        None => Value::Null,
    };
    if !errors.is_empty() {
        return Err(ApiFailure::invalid(errors.into_messages()));
    }
    context.path = path;
    Ok(Received { context, parameters, body })
}

async fn path_values(parts: &mut Parts) -> ApiResult<Vec<String>> {
    match RawPathParams::from_request_parts(parts, &()).await {
        Ok(values) => Ok(values.iter().map(|(_, value)| value.to_owned()).collect()),
        Err(_) => Err(ApiFailure::bad_request("path must be UTF-8 text")),
    }
}

/// Hides tokens from `Debug`.
fn mark_sensitive(headers: &mut HeaderMap) {
    let secret = [header::AUTHORIZATION.as_str(), header::COOKIE.as_str(), ACCESS_TOKEN_HEADER];
    for (name, value) in headers.iter_mut() {
        if secret.contains(&name.as_str()) {
            value.set_sensitive(true);
        }
    }
}

/// The value of a body, if there is one.
async fn read_body(operation: &Operation, context: &RequestContext, body: Body) -> ApiResult<Option<Value>> {
    let headers = &context.headers;
    let bytes = read_bytes(headers, body).await?;
    let capture = context.extensions.get::<Capture>();
    if ALSO_FORMS.contains(&operation.id) && forms::is_form(headers) {
        let form = forms::read(headers, bytes).await?;
        if let Some(capture) = capture {
            capture.set_body(&form.to_string().into());
        }
        return Ok(Some(form));
    }
    if !bytes.is_empty() && !is_plain_json(headers) {
        return Err(ApiFailure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, unsupported(headers)));
    }
    if let Some(capture) = capture {
        capture.set_body(&bytes);
    }
    if is_blank(&bytes) { Ok(None) } else { parse_body(&bytes).map(Some) }
}

async fn read_bytes(headers: &HeaderMap, body: Body) -> ApiResult<Bytes> {
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(cause) if cause.is::<LengthLimitError>() || is_too_long(&*cause) => {
            Err(ApiFailure::new(StatusCode::PAYLOAD_TOO_LARGE, too_large(headers)))
        }
        Err(_) => Err(ApiFailure::bad_request("Request body could not be read")),
    }
}

/// What is said of a body that is too large.
fn too_large(headers: &HeaderMap) -> String {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let came = length.map_or_else(String::new, |length| format!(" of {length} bytes"));
    format!("Request body{came} is larger than {BODY_LIMIT} bytes")
}

/// What is said of a body that is no plain JSON.
fn unsupported(headers: &HeaderMap) -> String {
    let came = |name| {
        let value = headers.get(name)?;
        let text: String = String::from_utf8_lossy(value.as_bytes()).chars().take(MEDIA_TYPE_SHOWN).collect();
        Some(format!("{text:?}"))
    };
    let kind = came(header::CONTENT_TYPE).unwrap_or_else(|| "none".to_owned());
    let encoded =
        came(header::CONTENT_ENCODING).map_or_else(String::new, |coding| format!(" in the encoding {coding}"));
    format!("Content type must be application/json, without content encoding; what came is {kind}{encoded}")
}

fn is_too_long(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.source().is_some_and(|source| source.is::<LengthLimitError>() || is_too_long(source))
}

fn is_plain_json(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::CONTENT_ENCODING).is_some_and(|value| !value.eq_ignore_ascii_case("identity")) {
        return false;
    }
    let mut parts = text(header::CONTENT_TYPE).unwrap_or_default().split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    is_json && parts.all(is_utf8_or_no_charset)
}

fn is_utf8_or_no_charset(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    !name.trim().eq_ignore_ascii_case("charset") || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

/// What a missing body is read as: for objects an empty one, whether the body is optional or not. Errors that
/// name required members say more than one about the body.
fn missing_body(schema: &'static Schema) -> Value {
    if matches!(schema.inner(), Schema::Object(_) | Schema::Open(_)) { Value::Object(Map::new()) } else { Value::Null }
}

fn parse_body(bytes: &[u8]) -> ApiResult<Value> {
    if count_values(bytes) > VALUE_LIMIT {
        return Err(ApiFailure::bad_request("Request body has too many values"));
    }
    serde_json::from_slice(bytes).map_err(|_| ApiFailure::bad_request("Invalid input json").code("ER-00006"))
}

/// The number of commas and opening brackets outside of strings: at least the number of values less one.
fn count_values(bytes: &[u8]) -> usize {
    let (mut count, mut in_string, mut escaped) = (0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn tokens_come_by_two_headers() {
        for (list, token) in [
            (&[("authorization", "Bearer t1")][..], Some("t1")),
            (&[("authorization", "bearer  t1 ")], Some("t1")),
            (&[("x-access-token", "t2")], Some("t2")),
            (&[("x-access-token", "Bearer t2")], Some("t2")),
            (&[("authorization", "Basic eDp5"), ("x-access-token", "t2")], Some("t2")),
            (&[("authorization", "Bearer t1"), ("x-access-token", "t2")], Some("t1")),
            (&[("authorization", "Basic eDp5")], None),
            (&[("authorization", "Bearer ")], None),
            (&[], None),
        ] {
            assert_eq!(bearer(&headers(list)).unwrap(), token, "{list:?}");
        }
    }

    #[test]
    fn only_plain_json_is_read() {
        for (list, fits) in [
            (&[("content-type", "application/json")][..], true),
            (&[("content-type", "Application/JSON; charset=UTF-8")], true),
            (&[("content-type", "application/json; charset=\"utf-8\"")], true),
            (&[("content-type", "application/json"), ("content-encoding", "identity")], true),
            (&[("content-type", "application/json"), ("content-encoding", "gzip")], false),
            (&[("content-type", "application/json; charset=latin1")], false),
            (&[("content-type", "text/plain")], false),
            (&[("content-type", "application/jsonp")], false),
            (&[], false),
        ] {
            assert_eq!(is_plain_json(&headers(list)), fits, "{list:?}");
        }
    }

    #[test]
    fn refusals_name_what_came() {
        let text = headers(&[("content-type", "text/plain"), ("content-encoding", "gzip")]);
        assert_eq!(
            unsupported(&text),
            "Content type must be application/json, without content encoding; \
             what came is \"text/plain\" in the encoding \"gzip\""
        );
        assert!(unsupported(&headers(&[])).ends_with("what came is none"));
        let large = headers(&[("content-length", "2097152")]);
        assert_eq!(too_large(&large), "Request body of 2097152 bytes is larger than 1048576 bytes");
        assert_eq!(too_large(&headers(&[])), "Request body is larger than 1048576 bytes");
    }

    static NAMED: Schema = Schema::Object(&[]);

    #[test]
    fn a_missing_body_is_an_empty_object() {
        assert!(is_blank(b" \n") && is_blank(b"") && !is_blank(b"{}"));
        assert_eq!(missing_body(&NAMED), json!({}));
        assert_eq!(missing_body(&Schema::STRING), Value::Null);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        let deep = "[".repeat(10_000);
        let lone = r#"{"name": "\ud800"}"#;
        let number = r#"{"level": 1e400}"#;
        for body in ["{", "{} {}", "{'a': 1}", "\u{feff}{}", lone, number, &deep] {
            let failure = parse_body(body.as_bytes()).unwrap_err();
            assert_eq!(failure.messages(), ["Invalid input json"], "{body:.20}");
            assert_eq!(failure.error.error_code.as_deref(), Some("ER-00006"));
        }
        assert!(parse_body(b"{\"a\": \"\xff\"}").is_err());
    }

    #[test]
    fn a_flood_of_values_is_refused_before_it_is_parsed() {
        let flood = format!("[{}0]", "0,".repeat(VALUE_LIMIT));
        let failure = parse_body(flood.as_bytes()).unwrap_err();
        assert_eq!(failure.messages(), ["Request body has too many values"]);
        let text = format!("[\"{}\\\",\"]", ",[{".repeat(VALUE_LIMIT));
        assert!(parse_body(text.as_bytes()).is_ok());
    }
}
