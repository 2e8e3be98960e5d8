//! The relying party: the domain that credentials belong to, and the pages that may use them.
//!
//! Both follow from the base URL. Browsers take no address for a relying party's id, so on a loopback
//! address it is `localhost`, and since front ends under development are served from ports of their
//! own, every port of this machine is accepted then. Elsewhere the base URL's own origin is the only
//! one, as on the service, where only its own login pages are on the environment's domain.

use http::Uri;

use crate::domain::input::{LOCALHOST, is_local};

/// Who asks for credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RelyingParty {
    id: String,
    /// None where every page of this machine is accepted.
    origin: Option<String>,
}

/// The parts of an origin (RFC 6454).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    /// None for the scheme's own.
    port: Option<u16>,
}

impl RelyingParty {
    /// The one of an emulator at that address; none where it is no address of the web.
    pub(crate) fn at(base_url: &str) -> Option<Self> {
        let origin = Origin::of(base_url)?;
        if is_local(&origin.host) {
            return Some(Self { id: LOCALHOST.to_owned(), origin: None });
        }
        Some(Self { origin: Some(origin.to_string()), id: origin.host })
    }

    /// The domain.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Whether a page of that origin may use the credentials.
    pub(crate) fn accepts(&self, origin: &str) -> bool {
        match &self.origin {
            Some(own) => origin == own,
            // Compared as browsers write it, so that nothing hides behind the host.
            None => Origin::of(origin).is_some_and(|parts| is_local(&parts.host) && parts.to_string() == origin),
        }
    }
}

impl Origin {
    fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
        let own_port = if scheme == "http" { 80 } else { 443 };
        Some(Self {
            scheme: scheme.to_owned(),
            host: uri.host().filter(|host| !host.is_empty())?.to_ascii_lowercase(),
            port: uri.port_u16().filter(|port| *port != own_port),
        })
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(base_url: &str) -> RelyingParty {
        RelyingParty::at(base_url).expect("an address")
    }

    #[test]
    fn credentials_belong_to_the_host_of_the_base_url() {
        let party = at("https://Auth.acme.test/frontegg");
        assert_eq!(party.id(), "auth.acme.test");
        assert!(party.accepts("https://auth.acme.test"));
        for other in [
            "http://auth.acme.test",
            "https://auth.acme.test:8443",
            "https://auth.acme.test/",
            "https://acme.test",
            "https://x.auth.acme.test",
            "https://auth.acme.test.evil.test",
            "https://localhost",
            "null",
            "",
        ] {
            assert!(!party.accepts(other), "{other}");
        }
        assert!(at("https://auth.acme.test:443").accepts("https://auth.acme.test"));
        assert!(at("https://auth.acme.test:8443").accepts("https://auth.acme.test:8443"));
        assert_eq!(RelyingParty::at("nowhere"), None);
        assert_eq!(RelyingParty::at("ftp://acme.test"), None);
    }

    #[test]
    fn on_this_machine_every_port_is_accepted() {
        for base_url in ["http://127.0.0.1:8100", "http://localhost:8100", "http://[::1]:8100", "http://0.0.0.0:8100"] {
            let party = at(base_url);
            assert_eq!(party.id(), "localhost", "{base_url}");
            for own in ["http://localhost:3000", "https://localhost", "http://127.0.0.1:5173", "http://[::1]:3000"] {
                assert!(party.accepts(own), "{own}");
            }
            for other in [
                "http://evil.test",
                "http://localhost.evil.test:3000",
                "http://localhost:3000@evil.test",
                "http://evil.test@localhost:3000",
                "http://localhost:3000/",
                "http://localhost:80",
                "HTTP://LOCALHOST:3000",
                "http://192.168.0.1:3000",
                "ftp://localhost",
                "localhost:3000",
            ] {
                assert!(!party.accepts(other), "{other}");
            }
        }
    }
}
