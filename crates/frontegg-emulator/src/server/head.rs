//! What is refused by its head alone: requests for nobody in particular, or with a body in a code that
//! nobody reads (RFC 9112, 3.2 and 6.1).

use frontegg_contract::ApiFailure;
use http::{HeaderMap, StatusCode, Version, header, request::Parts, uri::Authority};

/// Why a request is refused, if it is. The connection is to be closed then.
pub(crate) fn check(head: &Parts) -> Result<(), ApiFailure> {
    check_host(head)?;
    check_encoding(&head.headers)
}

/// There is one `Host`, and it is a host.
fn check_host(head: &Parts) -> Result<(), ApiFailure> {
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let message = match (hosts.next(), hosts.next()) {
        (None, _) if head.version < Version::HTTP_11 => return Ok(()),
        (None, _) => "Host is missing",
        (Some(_), Some(_)) => "Host must be given once",
        (Some(host), None) => {
            let is_host = |text: &str| !text.contains('@') && text.parse::<Authority>().is_ok();
            // It is empty where there is none, as for a request about the server as a whole.
            if host.is_empty() || host.to_str().is_ok_and(is_host) {
                return Ok(());
            }
            "Host must be a host"
        }
    };
    Err(ApiFailure::bad_request(message))
}

/// The body comes as it is, or in chunks, once.
fn check_encoding(headers: &HeaderMap) -> Result<(), ApiFailure> {
    let lines = headers.get_all(header::TRANSFER_ENCODING).iter();
    let codings = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    let codings: Vec<_> = codings.filter(|coding| !coding.is_empty()).collect();
    let is_chunked = |coding: &&&[u8]| coding.eq_ignore_ascii_case(b"chunked");
    let chunked = codings.iter().filter(is_chunked).count();
    if chunked > 1 {
        return Err(ApiFailure::bad_request("Transfer-Encoding must name chunked once"));
    }
    match codings.iter().find(|coding| !is_chunked(coding)) {
        None => Ok(()),
        Some(other) => {
            let message = format!("Transfer coding {} is not supported", String::from_utf8_lossy(other));
            Err(ApiFailure::new(StatusCode::NOT_IMPLEMENTED, message))
        }
    }
}
