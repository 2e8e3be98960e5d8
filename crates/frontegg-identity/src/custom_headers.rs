//! Headers that a program adds to requests, and those that are not for it to set.

use std::fmt;

use frontegg_model::headers::{APPLICATION_HEADER, TENANT_HEADER, USER_HEADER};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Headers that the client sets itself, or that say how a message travels (RFC 9110 §7.6.1).
const RESERVED: [&str; 20] = [
    APPLICATION_HEADER,
    TENANT_HEADER,
    USER_HEADER,
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Headers to add to requests. Their values never show.
#[derive(Clone, Debug, Default)]
pub(crate) struct CustomHeaders(Option<Box<Set>>);

#[derive(Clone, Debug, Default)]
struct Set {
    headers: HeaderMap,
    /// Why one of them cannot be sent; the first one.
    refusal: Option<Refusal>,
}

impl CustomHeaders {
    /// Sets a header, in place of one of that name. What cannot be sent is reported by [`checked`](Self::checked).
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let set = self.0.get_or_insert_default();
        match read(name, value) {
            Ok((name, value)) => _ = set.headers.insert(name, value),
            Err(refusal) => _ = set.refusal.get_or_insert(refusal),
        }
    }

    /// The headers, or why one of them cannot be sent.
    pub(crate) fn checked(&self) -> Result<impl Iterator<Item = (&HeaderName, &HeaderValue)>, &Refusal> {
        let set = self.0.as_deref();
        match set.and_then(|set| set.refusal.as_ref()) {
            Some(refusal) => Err(refusal),
            None => Ok(set.into_iter().flat_map(|set| &set.headers)),
        }
    }
}

/// Why a header cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not quoted: it may be the value.
    Name,
    Reserved(&'static str),
    Value(HeaderName),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("a header's name is empty or has a character that no name has (RFC 9110 §5.1)"),
            Self::Reserved(name) => write!(f, "the header `{name}` is set by the client itself"),
            Self::Value(name) => write!(
                f,
                "no header carries the value of `{name}` unchanged: it is empty, begins or ends with a blank, or has a \
                 control character"
            ),
        }
    }
}

pub(crate) fn read(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Refusal> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Refusal::Name)?;
    if let Some(reserved) = RESERVED.into_iter().find(|reserved| name == *reserved) {
        return Err(Refusal::Reserved(reserved));
    }
    match HeaderValue::from_bytes(value.as_bytes()).ok().filter(|_| is_carried(value)) {
        Some(mut value) => {
            value.set_sensitive(true);
            Ok((name, value))
        }
        None => Err(Refusal::Value(name)),
    }
}

/// Whether a header carries a text unchanged, as UTF-8: receivers drop blanks at both ends (RFC 9110 §5.5), and
/// control characters are refused or replaced on the way.
pub(crate) fn is_carried(text: &str) -> bool {
    let is_blank = |char: char| char.is_whitespace() || char == '\u{feff}';
    !text.is_empty() && !text.starts_with(is_blank) && !text.ends_with(is_blank) && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, value: &str) -> CustomHeaders {
        let mut headers = CustomHeaders::default();
        headers.set(name, value);
        headers
    }

    #[test]
    fn the_last_value_of_a_name_counts_and_none_shows() {
        let mut headers = set("X-Request-Id", "hunter1");
        headers.set("x-request-id", "hunter2");
        let all: Vec<_> = headers.checked().unwrap().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        assert_eq!(all, [("x-request-id", &b"hunter2"[..])]);
        assert!(!format!("{headers:?}").contains("hunter"), "{headers:?}");
    }

    #[test]
    fn what_the_client_sets_itself_is_refused() {
        for name in ["Authorization", "frontegg-tenant-id", "HOST", "content-length", "cookie"] {
            let refused = set(name, "x");
            let refusal = refused.checked().err().expect(name);
            assert_eq!(
                refusal.to_string(),
                format!("the header `{}` is set by the client itself", name.to_lowercase())
            );
        }
        for (at, name) in RESERVED.iter().enumerate() {
            assert_eq!(set(name, "x").checked().err(), Some(&Refusal::Reserved(RESERVED[at])));
        }
    }

    #[test]
    fn what_no_header_carries_is_refused_without_being_quoted() {
        let value = || Refusal::Value(HeaderName::from_static("x-y"));
        for (name, value, refusal) in [
            ("", "x", Refusal::Name),
            ("hunter 2", "x", Refusal::Name),
            ("x-y", "hunter2\r\nhost: z", value()),
            ("x-y", "", value()),
            ("x-y", " hunter2", value()),
        ] {
            let refused = set(name, value);
            assert_eq!(refused.checked().err(), Some(&refusal), "{name}: {value}");
            assert!(!refusal.to_string().contains("hunter"));
        }
        // The first refusal stays, whatever comes after.
        let mut headers = set("host", "x");
        headers.set("x-y", "z");
        assert_eq!(headers.checked().err(), Some(&Refusal::Reserved("host")));
    }
}
