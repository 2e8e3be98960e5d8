//! What an error tells of the connection of an exchange.

use std::{error::Error, io};

use super::{Cause, innermost};

/// Whether there was no connection, so that nothing was sent.
pub(crate) fn is_unsent(error: &reqwest::Error) -> bool {
    error.is_connect()
}

/// What it says of the reason.
pub(super) fn reason(error: &reqwest::Error) -> String {
    innermost(error)
}

/// Whether no address belongs to the name.
pub(super) fn is_unknown_name(error: &reqwest::Error) -> bool {
    error.is_dns() || has_layer(error, "dns error")
}

/// Whether the proxy asks for other credentials.
pub(super) fn is_refused_by_proxy(error: &reqwest::Error) -> bool {
    has_layer(error, "tunnel error: proxy authorization required")
}

/// Whether what came as an answer is no HTTP at all, although the request was sent.
pub(super) fn is_foreign(error: &reqwest::Error) -> bool {
    let is_plain = error.url().is_some_and(|url| url.scheme() == "http");
    is_plain && find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse)
}

/// Why TLS does not come about; none where another cause has nothing to do with it.
#[cfg(feature = "rustls")]
pub(super) fn of_handshake(error: &reqwest::Error) -> Option<Cause> {
    match find::<rustls::Error>(error)? {
        rustls::Error::InvalidCertificate(error) => Some(Cause::Certificate(untrusted(error))),
        rustls::Error::InvalidMessage(_) => Some(Cause::AnswersWithoutTls),
        _ => None,
    }
}

/// The system's libraries tell their reasons in words of their own.
#[cfg(not(feature = "rustls"))]
pub(super) fn of_handshake(error: &reqwest::Error) -> Option<Cause> {
    let text = innermost(error);
    match () {
        () if text.contains("certificate") => Some(Cause::Certificate(text)),
        () if text.contains("wrong version number") => Some(Cause::AnswersWithoutTls),
        () => None,
    }
}

/// Why a certificate is not trusted, and what there is to do.
#[cfg(feature = "rustls")]
fn untrusted(error: &rustls::CertificateError) -> String {
    use rustls::CertificateError as Reason;
    let moment = |time: &rustls::pki_types::UnixTime| {
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        chrono::DateTime::from_timestamp(seconds, 0).map_or_else(|| "long ago".to_owned(), |time| time.to_rfc3339())
    };
    match error {
        Reason::ExpiredContext { not_after, .. } => format!("it expired at {}", moment(not_after)),
        Reason::Expired => "it has expired".to_owned(),
        Reason::NotValidYetContext { not_before, .. } => format!("it is valid from {} on", moment(not_before)),
        Reason::NotValidForNameContext { expected, presented } => {
            format!("it is not for {} but for {}", expected.to_str(), presented.join(", "))
        }
        Reason::UnknownIssuer => {
            "its issuer is not known here; `Builder::root_certificate` adds that of a private authority".to_owned()
        }
        other => other.to_string(),
    }
}

/// The first cause of a type.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        next = inner(cause);
    }
    None
}

/// The cause of an error. One of the operating system's type hands on that of the error that it is made of.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    held.map(|held| held as &(dyn Error + 'static)).or_else(|| error.source())
}

/// Whether one of the causes has that text: not every library shows its types.
fn has_layer(error: &(dyn Error + 'static), text: &str) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.to_string() == text {
            return true;
        }
        next = inner(cause);
    }
    false
}
