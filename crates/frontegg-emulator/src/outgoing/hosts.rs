//! Which hosts may be called, and how.

use std::{net::IpAddr, sync::Arc};

use reqwest::Url;

use super::{OutgoingError, networks};

/// Stands for every host with public addresses.
const ANY: &str = "*";

/// The hosts that an emulator may call. One that is named may have any address; [`ANY`] lets it call all others whose
/// addresses are public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hosts {
    /// As URLs have them.
    named: Arc<[String]>,
    any: bool,
}

impl Hosts {
    /// Reads a list of names and addresses; gives back one that is neither.
    pub(crate) fn parse(texts: &[String]) -> Result<Self, String> {
        let mut named = Vec::new();
        for text in texts.iter().map(|text| text.trim()).filter(|text| *text != ANY) {
            named.push(host(text).ok_or_else(|| text.to_owned())?);
        }
        Ok(Self { named: named.into(), any: texts.iter().any(|text| text.trim() == ANY) })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.named.is_empty() && !self.any
    }

    /// One of them that is not this machine, so that it is called by TLS only.
    pub(crate) fn another_machine(&self) -> Option<&str> {
        let named = self.named.iter().map(String::as_str).find(|host| !is_this_machine(host));
        named.or(self.any.then_some(ANY))
    }

    /// Whether a host is named, whatever its addresses.
    pub(super) fn names(&self, host: &str) -> bool {
        self.named.iter().any(|named| named == host)
    }

    /// Refuses addresses that may not be called, as far as they themselves tell.
    pub(super) fn require(&self, url: &Url) -> Result<(), OutgoingError> {
        let host = url.host_str().ok_or(OutgoingError::Address)?;
        let is_private = !url.username().is_empty() || url.password().is_some();
        let named = self.names(host);
        let fits = match url.scheme() {
            "https" => true,
            "http" => is_this_machine(host),
            _ => false,
        };
        if is_private || !fits {
            Err(OutgoingError::Address)
        } else if named {
            Ok(())
        } else if !self.any {
            Err(OutgoingError::Host(host.to_owned()))
        } else if is_this_machine(host) || literal(host).is_some_and(|address| !networks::is_public(address)) {
            Err(OutgoingError::NotPublic(host.to_owned()))
        } else {
            Ok(())
        }
    }
}

/// The host as URLs have it: a name in ASCII and lower case, or an address, that of IPv6 in brackets.
fn host(text: &str) -> Option<String> {
    let bracketed = text.parse::<std::net::Ipv6Addr>().map(|address| format!("[{address}]"));
    let text = bracketed.unwrap_or_else(|_| text.to_owned());
    let is_host = !text.is_empty() && !text.contains(['/', '\\', '@', '?', '#', '*', '%']);
    let url = Url::parse(&format!("https://{text}/")).ok().filter(|url| is_host && url.port().is_none())?;
    let ends_with_port = !text.ends_with(']') && text.contains(':');
    url.host_str().filter(|_| !ends_with_port).map(str::to_owned)
}

/// The address that a host is written as, if it is.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether a host is this machine by its name (RFC 6761 §6.3) or as an address.
pub(super) fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || literal(host).is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(texts: &[&str]) -> Hosts {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        Hosts::parse(&texts).expect("hosts")
    }

    fn refused(hosts: &Hosts, url: &str) -> Option<OutgoingError> {
        hosts.require(&Url::parse(url).expect("a URL")).err()
    }

    #[test]
    fn hosts_are_names_and_addresses() {
        for (text, host) in [
            ("Idp.Acme.Test", "idp.acme.test"),
            (" m\u{fc}nchen.example", "xn--mnchen-3ya.example"),
            ("127.0.0.1", "127.0.0.1"),
            ("::1", "[::1]"),
            ("[::1]", "[::1]"),
        ] {
            assert!(hosts(&[text]).names(host), "{text}");
        }
        for text in
            ["", "acme.test:443", "acme.test:8443", "https://acme.test", "a/b", "ada@acme.test", "*.test", "a b"]
        {
            assert_eq!(Hosts::parse(&[text.to_owned()]), Err(text.to_owned()));
        }
        assert!(hosts(&[]).is_empty() && !hosts(&["*"]).is_empty() && !hosts(&["acme.test"]).is_empty());
    }

    #[test]
    fn only_what_is_named_is_called() {
        let named = hosts(&["idp.acme.test", "localhost", "10.0.0.7", "[::1]"]);
        for url in [
            "https://idp.acme.test/token?x",
            "https://IDP.acme.test:8443",
            "http://localhost:8080",
            "https://localhost",
            "https://10.0.0.7",
            "http://[::1]:8080",
        ] {
            assert!(refused(&named, url).is_none(), "{url}");
        }
        for url in ["https://other.test", "https://idp.acme.test.other.test", "https://127.0.0.1", "https://localhost."]
        {
            assert!(matches!(refused(&named, url), Some(OutgoingError::Host(_))), "{url}");
        }
        for url in [
            "http://idp.acme.test",
            "http://10.0.0.7",
            "file:///etc/passwd",
            "ftp://idp.acme.test",
            "data:,x",
            "https://ada@idp.acme.test",
            "https://:secret@idp.acme.test",
        ] {
            assert!(matches!(refused(&named, url), Some(OutgoingError::Address)), "{url}");
        }
    }

    #[test]
    fn any_host_is_one_with_public_addresses() {
        let any = hosts(&["*"]);
        assert!(refused(&any, "https://idp.acme.test").is_none());
        assert!(refused(&any, "https://93.184.215.14").is_none());
        for url in [
            "https://localhost",
            "https://127.0.0.1",
            "https://2130706433",
            "https://0x7f.1",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]",
            "https://[::ffff:10.0.0.1]",
            "https://[fd00::1]",
        ] {
            assert!(matches!(refused(&any, url), Some(OutgoingError::NotPublic(_))), "{url}");
        }
        assert!(matches!(refused(&any, "http://idp.acme.test"), Some(OutgoingError::Address)));
    }
}
