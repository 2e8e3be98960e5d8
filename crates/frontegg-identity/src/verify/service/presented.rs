//! The token that a request brings.

use cookie::Cookie;
use http::{HeaderMap, HeaderValue, header};

use crate::verify::{Claims, Refusal, Verifier, VerifyError};

/// Header in which machine access tokens travel.
const API_KEY: &str = "x-api-key";

/// A token as it was presented.
pub(super) enum Presented {
    Bearer(String),
    ApiKey(String),
}

impl Presented {
    /// The token of a request: in its headers, else in that cookie.
    pub(super) fn read(headers: &HeaderMap, cookie: Option<&str>) -> Result<Self, Refusal> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            // Another scheme is for somebody else, e.g. a proxy. It is read without case (RFC 9110 §11.1).
            if let Some((scheme, token)) = text(value)?.split_once(' ')
                && scheme.eq_ignore_ascii_case("bearer")
            {
                return Ok(Self::Bearer(token.trim().to_owned()));
            }
        }
        if let Some(value) = headers.get(API_KEY) {
            return Ok(Self::ApiKey(text(value)?.to_owned()));
        }
        let found = cookie.and_then(|name| {
            let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
            let mut cookies = lines.flat_map(Cookie::split_parse).flatten();
            cookies.find(|cookie| cookie.name() == name && !cookie.value_trimmed().is_empty())
        });
        found.map(|cookie| Self::Bearer(cookie.value_trimmed().to_owned())).ok_or(Refusal::Missing)
    }

    pub(super) async fn verify(self, verifier: &Verifier) -> Result<Claims, Refusal> {
        let claims = match self {
            Self::Bearer(token) => verifier.verify(&token).await?,
            Self::ApiKey(token) => verifier.verify_access_token(&token).await?,
        };
        Ok(claims)
    }
}

fn text(value: &HeaderValue) -> Result<&str, Refusal> {
    value.to_str().map_err(|_| Refusal::Invalid(VerifyError::Malformed("its header is no text")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &'static str)], cookie: Option<&str>) -> Option<(char, String)> {
        let header = |(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value));
        let headers: HeaderMap = pairs.iter().copied().map(header).collect();
        match Presented::read(&headers, cookie) {
            Ok(Presented::Bearer(token)) => Some(('b', token)),
            Ok(Presented::ApiKey(token)) => Some(('k', token)),
            Err(Refusal::Missing) => None,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_cookie_counts_if_it_is_asked_for_and_after_the_headers() {
        let cookies = ("cookie", "theme=dark; session=t-1; session=t-2");
        let bearer = |token: &str| Some(('b', token.to_owned()));
        assert_eq!(read(&[cookies], None), None);
        assert_eq!(read(&[cookies], Some("other")), None);
        assert_eq!(read(&[cookies], Some("session")), bearer("t-1"));
        assert_eq!(read(&[("cookie", "a=b"), ("cookie", "session=\"t-3\"")], Some("session")), bearer("t-3"));
        assert_eq!(read(&[("cookie", "session=")], Some("session")), None);
        assert_eq!(read(&[cookies, ("authorization", "bEARER t-0")], Some("session")), bearer("t-0"));
        assert_eq!(read(&[cookies, ("x-api-key", "k-1")], Some("session")), Some(('k', "k-1".to_owned())));
        assert_eq!(read(&[cookies, ("authorization", "Basic YWRhOng=")], Some("session")), bearer("t-1"));
    }
}
