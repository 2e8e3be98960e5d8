//! Turns the results of handlers into responses.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::context::RequestContext;
use crate::failure::{ApiFailure, ApiResult, json_response};
use crate::schema::Contract;
use crate::validate::{ValidationErrors, validate};

/// Whether answers are validated against the document before they are sent; an invalid one becomes a
/// 500.
const VALIDATE_ANSWERS: bool = cfg!(debug_assertions);

/// Answers with JSON.
pub fn json<T: Serialize>(
    context: &RequestContext,
    contract: &'static Contract,
    answer: ApiResult<T>,
) -> ApiResult<Response> {
    let body = answer.and_then(|answer| serde_json::to_vec(&answer).map_err(ApiFailure::internal));
    with_body(context, contract, body)
}

/// Answers without a body.
pub fn empty(context: &RequestContext, answer: ApiResult<()>) -> ApiResult<Response> {
    let headers = context.take_reply_headers();
    let status = documented(context);
    match answer {
        Ok(()) => Ok(with_headers(status.into_response(), headers)),
        Err(failure) => Err(failed(failure, headers)),
    }
}

/// A file, in place of JSON.
#[derive(Debug)]
pub struct File {
    /// What it holds, which may still be on its way.
    pub body: Body,
    /// The name under which a browser keeps it instead of showing it.
    pub name: Option<&'static str>,
}

/// Answers with a file of that media type.
pub fn file(context: &RequestContext, media_type: &'static str, answer: ApiResult<File>) -> ApiResult<Response> {
    let headers = context.take_reply_headers();
    let File { body, name } = match answer {
        Ok(file) => file,
        Err(failure) => return Err(failed(failure, headers)),
    };
    let mut response = with_headers((documented(context), body).into_response(), headers);
    let charset = if media_type.starts_with("text/") { "; charset=utf-8" } else { "" };
    let disposition = name.map(|name| format!("attachment; filename=\"{name}\""));
    let said = [
        (header::CONTENT_TYPE, Some(format!("{media_type}{charset}"))),
        (header::CONTENT_DISPOSITION, disposition),
        // What it is is said, and not to be guessed from what others wrote into it.
        (header::X_CONTENT_TYPE_OPTIONS, Some("nosniff".to_owned())),
    ];
    for (name, value) in said {
        if let Some(value) = value {
            let value = HeaderValue::try_from(value).map_err(ApiFailure::internal)?;
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

fn with_body(context: &RequestContext, contract: &Contract, body: ApiResult<Vec<u8>>) -> ApiResult<Response> {
    let headers = context.take_reply_headers();
    let status = documented(context);
    let body = match body {
        Ok(body) => body,
        Err(failure) => return Err(failed(failure, headers)),
    };
    if VALIDATE_ANSWERS {
        check(contract, &body)?;
    }
    if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        return Ok(with_headers(status.into_response(), headers));
    }
    Ok(with_headers(json_response(status, body), headers))
}

fn check(contract: &Contract, body: &[u8]) -> ApiResult<()> {
    let Some(schema) = contract.answer else {
        return Ok(());
    };
    let value = serde_json::from_slice(body).map_err(ApiFailure::internal)?;
    let mut errors = ValidationErrors::default();
    validate("", &value, schema, &mut errors);
    if errors.is_empty() {
        return Ok(());
    }
    let (id, errors) = (contract.id, errors.into_messages().join("; "));
    Err(ApiFailure::internal(format_args!("the answer of {id} breaks the document: {errors}")))
}

fn documented(context: &RequestContext) -> StatusCode {
    StatusCode::from_u16(context.operation.status).unwrap_or(StatusCode::OK)
}

fn with_headers(mut response: Response, headers: Vec<(HeaderName, HeaderValue)>) -> Response {
    for (name, value) in headers {
        response.headers_mut().append(name, value);
    }
    response
}

fn failed(mut failure: ApiFailure, headers: Vec<(HeaderName, HeaderValue)>) -> ApiFailure {
    failure.headers.extend(headers);
    failure
}

#[cfg(test)]
mod tests {
    use frontegg_model::OPERATIONS;
    use http::HeaderMap;
    use serde_json::json;

    use super::*;
    use crate::principal::Principal;
    use crate::schema::{Member, Presence, Schema};

    static ANSWER: Schema = Schema::Object(&[Member("id", Presence::Required, &Schema::STRING)]);
    static CONTRACT: Contract = Contract { id: "example", parameters: &[], body: None, answer: Some(&ANSWER) };

    fn context() -> RequestContext {
        let trace_id = "trace".to_owned();
        RequestContext::new(&OPERATIONS[0], Principal::Anonymous, HeaderMap::new(), trace_id).unwrap()
    }

    #[test]
    fn the_documented_status_is_sent() {
        let cx = context();
        let response = json(&cx, &CONTRACT, Ok(json!({"id": "1"}))).unwrap();
        assert_eq!(response.status().as_u16(), OPERATIONS[0].status);
        assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    }

    #[test]
    fn an_answer_that_breaks_the_document_is_not_sent() {
        let failure = json(&context(), &CONTRACT, Ok(json!({"id": 1}))).unwrap_err();
        assert_eq!(failure.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(failure.messages(), ["Internal server error"]);
    }

    #[test]
    fn a_file_says_what_it_is() {
        let file = |name| Ok(File { body: Body::from("a,b\r\n"), name });
        let response = super::file(&context(), "text/csv", file(Some("a.csv"))).unwrap();
        assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
        assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"a.csv\"");
        let response = super::file(&context(), "application/x-pem-file", file(None)).unwrap();
        assert_eq!(response.headers()["content-type"], "application/x-pem-file");
        assert!(!response.headers().contains_key("content-disposition"));
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }

    #[test]
    fn headers_are_added_to_an_error_too() {
        let cx = context();
        cx.add_header(header::SET_COOKIE, HeaderValue::from_static("a=; Max-Age=0"));
        let failure = empty(&cx, Err(ApiFailure::unauthorized("Session not found"))).unwrap_err();
        let response = failure.into_response();
        assert_eq!(response.headers()["set-cookie"], "a=; Max-Age=0");
    }
}
