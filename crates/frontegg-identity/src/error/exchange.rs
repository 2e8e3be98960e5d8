//! What is told of an exchange that went wrong: with whom, why, and where a redirect leads.

#[cfg_attr(target_family = "wasm", path = "exchange/fetched.rs")]
mod connected;

use std::{error::Error, fmt, sync::Arc};

use http::header;
use reqwest::{Response, Url};

pub(crate) use self::connected::is_unsent;
use self::connected::{is_foreign, is_refused_by_proxy, is_unknown_name, of_handshake, reason};
use super::ErrorKind;

/// Most characters of a redirect's target.
const TARGET: usize = 200;

/// Why an exchange broke off.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(target_family = "wasm", expect(dead_code, reason = "`fetch` does not tell every cause"))]
pub(crate) enum Cause {
    /// There was no answer in time, or no connection.
    Overdue,
    /// No address belongs to the name.
    UnknownName(String),
    /// The certificate is not trusted, for that reason.
    Certificate(String),
    /// TLS was spoken to somebody who does not.
    AnswersWithoutTls,
    /// Plain HTTP was spoken to somebody who answers in another protocol.
    AnswersOtherwise,
    /// The proxy asks for other credentials.
    ProxyCredentials,
    /// Anything else, by its innermost cause.
    Other(String),
}

impl Cause {
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        let text = || reason(error);
        match () {
            () if error.is_timeout() => Self::Overdue,
            () if is_unknown_name(error) => Self::UnknownName(text()),
            () if is_refused_by_proxy(error) => Self::ProxyCredentials,
            () if is_unsent(error) => of_handshake(error).unwrap_or_else(|| Self::Other(text())),
            () if is_foreign(error) => Self::AnswersOtherwise,
            () => Self::Other(text()),
        }
    }

    /// The kind of failure that it is.
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Overdue => ErrorKind::Timeout,
            Self::UnknownName(_) | Self::Other(_) => ErrorKind::Transport,
            Self::Certificate(_) | Self::AnswersWithoutTls | Self::AnswersOtherwise | Self::ProxyCredentials => {
                ErrorKind::Misconfigured
            }
        }
    }
}

/// What a failed exchange was about: where it led and through which proxy, and why it failed.
pub(super) fn told(error: &reqwest::Error, cause: &Cause, proxy: Option<&str>) -> String {
    let to = whereto(error.url(), proxy);
    let host = error.url().and_then(Url::host_str).unwrap_or("the service");
    match cause {
        Cause::Overdue if is_unsent(error) => format!("no connection to {to} in time"),
        Cause::Overdue => format!("no answer from {to} in time"),
        Cause::UnknownName(reason) => {
            // Behind a proxy, that one looks the service's name up.
            let name = if proxy.is_some() { "the proxy's name".to_owned() } else { format!("the name {host}") };
            format!("no connection to {to}: {name} was not found: {reason}")
        }
        Cause::Certificate(reason) => format!("no connection to {to}: its certificate is not trusted: {reason}"),
        Cause::AnswersWithoutTls => {
            format!("no connection to {to}: it answers without TLS, as if its address began with http://")
        }
        Cause::AnswersOtherwise => {
            format!(
                "the exchange with {to} broke off: it does not answer in HTTP, as if its address began with https://"
            )
        }
        Cause::ProxyCredentials => format!("no connection to {to}: the proxy asks for other credentials"),
        Cause::Other(reason) if is_unsent(error) => format!("no connection to {to}: {reason}"),
        Cause::Other(reason) => format!("the exchange with {to} broke off: {reason}"),
    }
}

/// Scheme, host and port of a URL, and the proxy on the way.
pub(crate) fn whereto(url: Option<&Url>, proxy: Option<&str>) -> String {
    let host = url.and_then(shown).map_or_else(|| "the service".to_owned(), |host| host.to_string());
    proxy.map_or_else(|| host.clone(), |proxy| format!("{host} through the proxy {proxy}"))
}

/// A URL's scheme, host and port: without user, password and path.
pub(crate) fn shown(url: &Url) -> Option<Arc<str>> {
    let host = url.host_str()?;
    let port = url.port_or_known_default().or_else(|| url.scheme().starts_with("socks").then_some(1080));
    Some(match port {
        Some(port) => format!("{}://{host}:{port}", url.scheme()).into(),
        None => format!("{}://{host}", url.scheme()).into(),
    })
}

/// The innermost cause, which is the specific one.
pub(crate) fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// Where a redirect leads, and what to do about it; none for other answers.
///
/// Without user, query and fragment: they may hold a token.
pub(super) fn redirect(response: &Response) -> Option<String> {
    let location = response.headers().get(header::LOCATION).filter(|_| response.status().is_redirection())?;
    let mut target = response.url().join(location.to_str().ok()?).ok()?;
    target.set_query(None);
    target.set_fragment(None);
    // Refused where there can be none.
    let _ = (target.set_username(""), target.set_password(None));
    let target: String = target.as_str().chars().take(TARGET).collect();
    Some(format!("redirected to {target}, which is not followed: the base URL must be the API's own"))
}

/// The causes of an error, as one.
#[derive(Debug)]
pub(super) struct Layers(String);

impl Layers {
    /// Those below an error, which may itself quote a URL with its values; none if there are none.
    pub(super) fn below(error: &dyn Error) -> Option<Self> {
        let (mut layers, mut next) = (Vec::new(), error.source());
        while let Some(layer) = next {
            layers.push(layer.to_string());
            next = layer.source();
        }
        (!layers.is_empty()).then(|| Self(layers.join(": ")))
    }
}

impl fmt::Display for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Layers {}

#[cfg(test)]
mod tests {
    use reqwest::ResponseBuilderExt as _;

    use super::*;

    fn redirected(status: u16, location: &str) -> Option<String> {
        let url = "https://api.acme.test/identity?token=hunter2".parse().unwrap();
        let response = http::Response::builder().status(status).header("location", location).url(url).body("").unwrap();
        redirect(&response.into())
    }

    #[test]
    fn a_redirect_names_its_target_without_secrets() {
        let told = |location| redirected(301, location).unwrap();
        assert!(told("https://api.us.acme.test/identity").contains("to https://api.us.acme.test/identity,"));
        assert!(told("/login?next=hunter2#hunter2").contains("to https://api.acme.test/login,"));
        assert!(told("//me:hunter2@other.test").contains("to https://other.test/,"));
        assert!(told(&format!("/{}", "x".repeat(9_000))).len() < 400);
        assert_eq!(redirected(201, "https://api.acme.test/"), None);
        assert_eq!(redirected(302, "https://"), None);
    }

    #[test]
    fn an_address_is_told_with_scheme_port_and_proxy_and_without_values() {
        let told = |url: &str, proxy| whereto(Some(&url.parse().unwrap()), proxy);
        assert_eq!(told("https://me:hunter2@api.acme.test/x?token=hunter2", None), "https://api.acme.test:443");
        assert_eq!(told("http://[::1]:8100/", None), "http://[::1]:8100");
        let proxy = Some("http://proxy.acme.test:3128");
        let through = "https://api.acme.test:443 through the proxy http://proxy.acme.test:3128";
        assert_eq!(told("https://api.acme.test", proxy), through);
        assert_eq!(told("data:x", None), "the service");
    }
}
