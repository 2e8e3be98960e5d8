//! From a request to what a handler takes: token, scope, parameters, body.
//!
//! The order is that of the service: who calls (401), whether they may (403), then everything
//! that is wrong with the input at once (400). The body is read last, so nobody without a token
//! makes the server read one.

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, Request};
use bytes::Bytes;
use frontegg_model::{Need, Operation, Token};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::context::RequestContext;
use crate::failure::{ApiFailure, ApiResult};
use crate::generated::ALSO_ANONYMOUS;
use crate::json_text;
use crate::params;
use crate::principal::{Authenticate, Principal};
use crate::schema::{Contract, Schema};
use crate::sight::Sight;
use crate::trace::TraceId;
use crate::validate::{Faults, refuse_nul, validate};

/// Most bytes of a body.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// Most values in a body. A megabyte of `0,0,0,…` would otherwise become 30 megabytes of values.
const VALUE_LIMIT: usize = 100_000;

/// Header that older clients send in place of `Authorization`.
const ACCESS_TOKEN_HEADER: &str = "x-access-token";

/// A request that passed all checks.
#[derive(Debug)]
pub struct Received {
    /// What the handler gets to know about the request.
    pub context: RequestContext,
    parameters: Vec<Value>,
    body: Value,
}

impl Received {
    /// Takes out the parameter at this place of the contract.
    pub fn parameter<T: DeserializeOwned>(&mut self, index: usize) -> ApiResult<T> {
        parse(self.parameters.get_mut(index).map(Value::take).unwrap_or_default())
    }

    /// Takes out the body.
    pub fn body<T: DeserializeOwned>(&mut self) -> ApiResult<T> {
        parse(self.body.take())
    }
}

/// The value was checked before; that a type refuses it nevertheless is a matter of its own
/// narrower rules. The cause may quote the value, so it goes to the log of developers only.
fn parse<T: DeserializeOwned>(value: Value) -> ApiResult<T> {
    serde_json::from_value(value).map_err(|cause| {
        tracing::debug!(%cause, "a checked value does not fit its type");
        ApiFailure::bad_request("request has a value that does not fit")
    })
}

/// Checks a request against the contract of its operation.
pub async fn receive<A: Authenticate>(
    service: &A,
    contract: &'static Contract,
    request: Request,
) -> ApiResult<Received> {
    let (parts, body) = request.into_parts();
    let operation = declared(contract)?;
    if let Some(sight) = parts.extensions.get::<Sight>() {
        sight.learn_contract(contract);
    }
    let given = match bearer(&parts.headers) {
        Some(token) => Some(service.authenticate(token).await),
        None => None,
    };
    let principal = admit(operation, given)?;
    accept(operation, contract, principal, parts, body).await
}

fn declared(contract: &Contract) -> ApiResult<&'static Operation> {
    frontegg_model::operation(contract.id)
        .ok_or_else(|| ApiFailure::internal(format_args!("{} is not in the table", contract.id)))
}

/// The token of a request: `Authorization: Bearer …`, or `x-access-token`.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let token = text(header::AUTHORIZATION.as_str())
        .and_then(without_scheme)
        .or_else(|| text(ACCESS_TOKEN_HEADER).map(|value| without_scheme(value).unwrap_or(value)))?;
    Some(token.trim()).filter(|token| !token.is_empty())
}

fn without_scheme(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Whether the caller's kind of token is the one that the operation takes.
fn admit(operation: &Operation, given: Option<ApiResult<Principal>>) -> ApiResult<Principal> {
    if operation.token == Token::None {
        // A back end may send its token along; a browser sends one that may have expired.
        return Ok(given.and_then(Result::ok).unwrap_or(Principal::Anonymous));
    }
    let principal = given.unwrap_or(Ok(Principal::Anonymous))?;
    match (&principal, operation.token) {
        (Principal::Anonymous, _) if ALSO_ANONYMOUS.contains(&operation.id) => Ok(principal),
        (Principal::Anonymous, _) => Err(ApiFailure::unauthorized("Unauthorized")),
        (Principal::Environment(_), Token::User) => Err(ApiFailure::unauthorized("Failed to verify user JWT")),
        (Principal::User(_), Token::Environment) => Err(ApiFailure::forbidden("An environment token is required")),
        _ => Ok(principal),
    }
}

async fn accept(
    operation: &'static Operation,
    contract: &Contract,
    principal: Principal,
    mut parts: Parts,
    body: Body,
) -> ApiResult<Received> {
    let path = path_values(&mut parts).await?;
    let trace_id = parts.extensions.remove::<TraceId>().unwrap_or_default();
    hide_secrets(&mut parts.headers);
    let query = parts.uri.query().unwrap_or_default();
    let mut context = RequestContext::new(operation, principal, parts.headers, trace_id.into());
    query.clone_into(&mut context.query);
    context.extensions = parts.extensions;
    let sight = context.extensions.get::<Sight>();
    if let Some(sight) = sight {
        sight.learn_caller(&context);
    }
    if operation.token != Token::None {
        if operation.tenant == Need::Required {
            context.tenant()?;
        }
        if operation.user == Need::Required {
            context.user()?;
        }
    }
    let mut faults = Faults::default();
    let parameters = params::read(contract.parameters, &path, query, &context.headers, &mut faults);
    let body = match contract.body {
        Some(schema) => {
            let bytes = read_body(&context.headers, body).await?;
            if let Some(sight) = sight {
                sight.learn_body(&bytes);
            }
            let mut value = parse_body(&bytes, schema)?;
            refuse_nul("", &value, &mut faults);
            json_text::write(&mut value, schema);
            validate("", &value, schema, &mut faults);
            value
        }
        None => Value::Null,
    };
    if !faults.is_empty() {
        return Err(ApiFailure::invalid(faults.into_texts()));
    }
    Ok(Received { context, parameters, body })
}

async fn path_values(parts: &mut Parts) -> ApiResult<Vec<String>> {
    match RawPathParams::from_request_parts(parts, &()).await {
        Ok(values) => Ok(values.iter().map(|(_, value)| value.to_owned()).collect()),
        Err(_) => Err(ApiFailure::bad_request("path must be UTF-8 text")),
    }
}

/// Keeps tokens out of what `Debug` prints.
fn hide_secrets(headers: &mut HeaderMap) {
    let secret = [header::AUTHORIZATION.as_str(), header::COOKIE.as_str(), ACCESS_TOKEN_HEADER];
    for (name, value) in headers.iter_mut() {
        if secret.contains(&name.as_str()) {
            value.set_sensitive(true);
        }
    }
}

async fn read_body(headers: &HeaderMap, body: Body) -> ApiResult<Bytes> {
    let bytes = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(cause) if cause.is::<LengthLimitError>() || is_too_long(&*cause) => {
            let message = format!("Request body is larger than {BODY_LIMIT} bytes");
            return Err(ApiFailure::new(StatusCode::PAYLOAD_TOO_LARGE, message));
        }
        Err(_) => return Err(ApiFailure::bad_request("Request body could not be read")),
    };
    if !bytes.is_empty() && !is_plain_json(headers) {
        let message = "Content type must be application/json, without content encoding";
        return Err(ApiFailure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    Ok(bytes)
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

fn parse_body(bytes: &[u8], schema: &'static Schema) -> ApiResult<Value> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        // Also for objects with required members: their names say more than a complaint about
        // the missing body.
        let empty = Value::Object(Map::new());
        return Ok(if matches!(schema.inner(), Schema::Object(_)) { empty } else { Value::Null });
    }
    if count_values(bytes) > VALUE_LIMIT {
        return Err(ApiFailure::bad_request("Request body has too many values"));
    }
    serde_json::from_slice(bytes).map_err(|_| ApiFailure::bad_request("Invalid input json").code("ER-00006"))
}

/// Commas and brackets outside of strings: no fewer than there are values, give or take one.
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
            assert_eq!(bearer(&headers(list)), token, "{list:?}");
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

    static NAMED: Schema = Schema::Object(&[]);

    #[test]
    fn an_empty_body_is_an_empty_object() {
        assert_eq!(parse_body(b" \n", &NAMED).unwrap(), json!({}));
        assert_eq!(parse_body(b"", &Schema::STRING).unwrap(), Value::Null);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        let deep = "[".repeat(10_000);
        let lone = r#"{"name": "\ud800"}"#;
        let number = r#"{"level": 1e400}"#;
        for body in ["{", "{} {}", "{'a': 1}", "\u{feff}{}", lone, number, &deep] {
            let failure = parse_body(body.as_bytes(), &NAMED).unwrap_err();
            assert_eq!(failure.messages(), ["Invalid input json"], "{body:.20}");
            assert_eq!(failure.error.error_code.as_deref(), Some("ER-00006"));
        }
        assert!(parse_body(b"{\"a\": \"\xff\"}", &NAMED).is_err());
    }

    #[test]
    fn a_flood_of_values_is_refused_before_it_is_parsed() {
        let flood = format!("[{}0]", "0,".repeat(VALUE_LIMIT));
        let failure = parse_body(flood.as_bytes(), &NAMED).unwrap_err();
        assert_eq!(failure.messages(), ["Request body has too many values"]);
        let text = format!("[\"{}\\\",\"]", ",[{".repeat(VALUE_LIMIT));
        assert!(parse_body(text.as_bytes(), &NAMED).is_ok());
    }
}
