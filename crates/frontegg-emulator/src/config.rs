//! What an emulator is told at its start.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

#[cfg(feature = "tls")]
use bytes::Bytes;
use http::Uri;
use ipnet::IpNet;
#[cfg(feature = "tls")]
use secrecy::SecretSlice;
use secrecy::SecretString;

use crate::{
    domain::passwords::Cost,
    error::Error,
    gate::{faults::Fault, limits::RateLimit},
    outgoing::Hosts,
    seed::SeedSource,
    store::{Audits, StoreTarget, Wished},
};

/// Everything that can be chosen, with its defaults.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) store: StoreTarget,
    pub(crate) identity: Wished,
    pub(crate) admin_token: Option<SecretString>,
    pub(crate) base_url: Option<String>,
    /// Who may say for whom they ask.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// The hosts that may be called, as they were given.
    pub(crate) outgoing: Vec<String>,
    pub(crate) environment_token_lifetime: Duration,
    /// For how long after its use a refresh token gets the same answer again.
    pub(crate) refresh_grace: Duration,
    /// How long a connection is kept on which nothing is asked.
    pub(crate) idle_timeout: Duration,
    /// How long a client may take to send the head of a request, from its first byte on.
    pub(crate) head_timeout: Duration,
    /// How long a request may take altogether, with the sending of its body.
    pub(crate) request_timeout: Duration,
    pub(crate) faults: Vec<Fault>,
    pub(crate) rate_limits: Vec<RateLimit>,
    /// How many requests are recorded, the newest.
    pub(crate) recorded_requests: usize,
    /// How many entries the audit trail has.
    pub(crate) audits: Audits,
    /// Whether members of bodies that the documents do not declare are refused.
    pub(crate) strict: bool,
    pub(crate) password_hashing: PasswordHashing,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<TlsFiles>,
    /// What a fresh store is filled with.
    pub(crate) seeds: Vec<SeedSource>,
}

/// How much work it is to hash a password, and to try one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "program", derive(clap::ValueEnum))]
#[non_exhaustive]
pub enum PasswordHashing {
    /// Next to none where passwords end with the process and nobody else reaches it (in memory, on a loopback address);
    /// else normal.
    #[default]
    Auto,
    /// As OWASP recommends for argon2id.
    Normal,
    /// Next to none, wherever the state is kept: whoever gets it can find out weak passwords.
    Cheap,
}

/// What TLS is served with: a certificate with those that lead to it, and its key, as PEM.
#[cfg(feature = "tls")]
#[derive(Clone, Debug)]
pub(crate) struct TlsFiles {
    pub(crate) certificates: Bytes,
    pub(crate) key: SecretSlice<u8>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            store: StoreTarget::Memory,
            identity: Wished::default(),
            admin_token: None,
            base_url: None,
            trusted_proxies: Vec::new(),
            outgoing: Vec::new(),
            environment_token_lifetime: Duration::from_hours(1),
            refresh_grace: Duration::ZERO,
            idle_timeout: Duration::from_secs(75),
            head_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            faults: Vec::new(),
            rate_limits: Vec::new(),
            recorded_requests: 1000,
            audits: Audits::default(),
            strict: false,
            password_hashing: PasswordHashing::default(),
            #[cfg(feature = "tls")]
            tls: None,
            seeds: Vec::new(),
        }
    }
}

impl Config {
    /// How much work hashing passwords is.
    pub(crate) fn hashing_cost(&self) -> Cost {
        let ends_with_process = matches!(self.store, StoreTarget::Memory) && self.listen.ip().is_loopback();
        match self.password_hashing {
            PasswordHashing::Cheap => Cost::Cheap,
            PasswordHashing::Auto if ends_with_process => Cost::Cheap,
            PasswordHashing::Auto | PasswordHashing::Normal => Cost::Normal,
        }
    }

    /// The hosts that may be called.
    pub(crate) fn outgoing_hosts(&self) -> Result<Hosts, Error> {
        let hosts = Hosts::parse(&self.outgoing).map_err(Error::OutgoingHost)?;
        if !cfg!(feature = "tls")
            && let Some(host) = hosts.another_machine()
        {
            return Err(Error::OutgoingTls(host.to_owned()));
        }
        Ok(hosts)
    }

    /// Refuses what would be unsafe, and what makes no sense.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if let Some(url) = self.base_url.as_deref().filter(|url| !is_base_url(url)) {
            return Err(Error::BaseUrl(url.to_owned()));
        }
        self.outgoing_hosts()?;
        if !self.listen.ip().is_loopback() && self.admin_token.is_none() {
            return Err(Error::Exposed(self.listen));
        }
        Ok(())
    }
}

/// Whether links and issuers can begin with it: a scheme and a host, and nothing that would end it.
fn is_base_url(text: &str) -> bool {
    let Ok(url) = text.parse::<Uri>() else {
        return false;
    };
    let is_web = url.scheme_str().is_some_and(|scheme| ["http", "https"].contains(&scheme));
    let host = url.authority().filter(|authority| !authority.host().is_empty() && !authority.as_str().contains('@'));
    is_web && host.is_some() && url.query().is_none() && !text.contains('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_a_url() {
        for good in ["http://localhost:8100", "https://auth.acme.test", "https://acme.test/auth", "http://[::1]:8100"] {
            assert!(is_base_url(good), "{good}");
        }
        for bad in [
            "localhost:8100",
            "localhost",
            "127.0.0.1:8100",
            "/",
            "",
            "http://",
            "http:localhost",
            "ftp://localhost",
            "http://ada@localhost",
            "http://localhost?x",
            "http://localhost#x",
            "http://local host",
            "javascript:alert(1)",
        ] {
            assert!(!is_base_url(bad), "{bad}");
        }
    }
}
