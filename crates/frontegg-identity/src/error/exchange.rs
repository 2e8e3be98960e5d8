//! What is told of an exchange that went wrong: with whom, why, and where a redirect leads.

use std::{error::Error, fmt};

use http::header;
use reqwest::{Response, Url};

/// Most characters of a redirect's target.
const TARGET: usize = 200;

/// The host of a URL, with its port if that is not the scheme's.
pub(super) fn host(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
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

/// The errors around an innermost cause, as one.
#[derive(Debug)]
pub(super) struct Layers(String);

impl Layers {
    /// Those of an error; none if it is its own cause.
    pub(super) fn between(error: &dyn Error) -> Option<Self> {
        let (mut layers, mut outer) = (Vec::new(), error);
        while let Some(inner) = outer.source() {
            layers.push(outer.to_string());
            outer = inner;
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
    fn hosts_are_told_with_a_port_that_is_not_the_usual_one() {
        let told = |url: &str| host(&url.parse().unwrap());
        assert_eq!(told("https://api.acme.test/x?token=hunter2").unwrap(), "api.acme.test");
        assert_eq!(told("http://[::1]:8100/").unwrap(), "[::1]:8100");
        assert_eq!(told("data:x"), None);
    }
}
