//! Headers as text. One rule for every header whose value counts: what cannot be read is refused, never
//! taken for absent, or a call would reach further than its caller asked.

use http::HeaderMap;

use crate::failure::{ApiFailure, ApiResult};

/// The text of a header, without the blanks around it; `None` when it was not sent.
///
/// 400 when it is empty, was sent more than once, or is not UTF-8: ids may be any text, so the value is
/// not limited to ASCII.
pub fn text<'a>(headers: &'a HeaderMap, name: &str) -> ApiResult<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(ApiFailure::bad_request(format!("{name} must be sent once")));
    }
    match std::str::from_utf8(value.as_bytes()).map(str::trim) {
        Ok("") => Err(ApiFailure::bad_request(format!("{name} should not be empty"))),
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(ApiFailure::bad_request(format!("{name} must be UTF-8 text"))),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_cannot_be_read_is_refused() {
        let read = |values: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("frontegg-tenant-id", HeaderValue::from_bytes(value).unwrap());
            }
            text(&headers, "frontegg-tenant-id")
                .map(|text| text.map(str::to_owned))
                .map_err(|failure| failure.messages().join("; "))
        };
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[b" acme "]), Ok(Some("acme".to_owned())));
        assert_eq!(read(&["müller".as_bytes()]), Ok(Some("müller".to_owned())));
        assert_eq!(read(&[b"m\xfcller"]), Err("frontegg-tenant-id must be UTF-8 text".to_owned()));
        assert_eq!(read(&[b" "]), Err("frontegg-tenant-id should not be empty".to_owned()));
        assert_eq!(read(&[b"a", b"a"]), Err("frontegg-tenant-id must be sent once".to_owned()));
    }
}
