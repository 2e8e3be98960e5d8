//! What surrounds the routes: unknown paths, wrong methods, normalized paths, limits, trace ids.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::uri::PathAndQuery;
use http::{HeaderMap, StatusCode, Uri};
use tracing::Instrument;

use crate::failure::ApiFailure;
use crate::trace::{TRACE_HEADER, TraceId};

/// The most bytes of path and query together.
pub const URI_LIMIT: usize = 12 * 1024;

/// The most bytes of all headers together.
pub const HEADERS_LIMIT: usize = 32 * 1024;

/// Services of the vendor beside those of the documents, by the first segment of their paths.
const OTHER_SERVICES: [&str; 14] = [
    "audits",
    "directory",
    "entitlements",
    "event",
    "flags",
    "integrations",
    "notification",
    "oauth",
    "reports",
    "security-center",
    "security-engines",
    "subscriptions",
    "vendors",
    "webhook",
];

/// A path template with numbered parameters: `/users/{userId}` becomes `/users/{p0}`. The router needs
/// the same name at the same position of a path, the documents have several.
pub fn positional(template: &str) -> String {
    let mut count = 0;
    let segments = template.split('/').map(|segment| {
        if !segment.starts_with('{') {
            return segment.to_owned();
        }
        count += 1;
        format!("{{p{}}}", count - 1)
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Adds to a router what is not an operation: 404 and 405 in the form of the service, 501 for the
/// vendor's other services, the same paths under `/frontegg` and with a trailing slash, limits of URI
/// and headers, and a trace id for every request.
pub fn finish(router: Router) -> Router {
    let router = router.fallback(unknown).method_not_allowed_fallback(not_allowed);
    // The layers of a router run after routing; those of a router around it run before.
    Router::new().fallback_service(router).layer(middleware::from_fn(edge))
}

/// What no route leads to: a path that does not exist, or one of a service that is not served, be it in
/// part.
async fn unknown(request: Request) -> ApiFailure {
    let (method, path) = (request.method(), request.uri().path());
    let first = path.split('/').nth(1).unwrap_or_default();
    if OTHER_SERVICES.contains(&first) {
        tracing::warn!(%method, path, service = first, "a service beside the documented ones was asked for");
        return ApiFailure::service_not_served(first);
    }
    ApiFailure::not_found(format!("Cannot {method} {path}")).code("ER-00004")
}

async fn not_allowed(request: Request) -> ApiFailure {
    let (method, path) = (request.method(), request.uri().path());
    let message = format!("Cannot {method} {path}");
    ApiFailure::new(StatusCode::METHOD_NOT_ALLOWED, message)
}

async fn edge(mut request: Request, next: Next) -> Response {
    let trace_id = TraceId::new();
    let header = trace_id.header();
    let span = tracing::info_span!("request", %trace_id);
    let mut response = if let Some(failure) = exceeded_limit(&request) {
        failure.into_response()
    } else {
        if let Some(uri) = normalized(request.uri()) {
            *request.uri_mut() = uri;
        }
        request.extensions_mut().insert(trace_id);
        next.run(request).instrument(span).await
    };
    response.headers_mut().insert(TRACE_HEADER, header);
    response
}

fn exceeded_limit(request: &Request) -> Option<ApiFailure> {
    let uri = request.uri().path_and_query().map_or(0, |text| text.as_str().len());
    if uri > URI_LIMIT {
        let message = format!("URI of {uri} bytes is longer than {URI_LIMIT} bytes");
        return Some(ApiFailure::new(StatusCode::URI_TOO_LONG, message));
    }
    let headers = size(request.headers());
    (headers > HEADERS_LIMIT).then(|| {
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        let largest = request.headers().iter().max_by_key(|(_, value)| value.len());
        let largest = largest.map_or_else(String::new, |(name, value)| format!(", {name} alone {}", value.len()));
        let message = format!("Request headers have {headers} bytes{largest}; the most are {HEADERS_LIMIT}");
        ApiFailure::new(status, message)
    })
}

fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// The URI without the prefix `/frontegg` and without a trailing slash; `None` when it has neither.
pub fn normalized(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let short = path.strip_prefix("/frontegg").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    let short = short.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(short);
    if short.len() == path.len() {
        return None;
    }
    let whole = match uri.query() {
        Some(query) => format!("{short}?{query}"),
        None => short.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(whole.parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_path_has_several_forms() {
        for (given, path) in [
            ("/auth/vendor/", Some("/auth/vendor")),
            ("/frontegg/auth/vendor", Some("/auth/vendor")),
            ("/frontegg/auth/vendor/?a=/frontegg/", Some("/auth/vendor?a=/frontegg/")),
            ("http://host/frontegg/x/", Some("http://host/x")),
            ("/frontegg/", Some("/")),
            ("/frontegg", None),
            ("/fronteggs/x", None),
            ("/auth/vendor", None),
            ("/", None),
        ] {
            let uri = normalized(&given.parse().unwrap()).map(|uri| uri.to_string());
            assert_eq!(uri.as_deref(), path, "{given}");
        }
    }

    #[test]
    fn parameters_are_numbered() {
        assert_eq!(positional("/a/{userId}/b/{id}"), "/a/{p0}/b/{p1}");
    }
}
