//! How a host is reached: by which HTTP client, through which proxy, and whose certificates are trusted.

#[cfg(feature = "rustls")]
mod tls;

use std::{fmt, sync::Arc, time::Duration};

use frontegg_model::Secret;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{ClientBuilder, Proxy, Request, Response, Url, redirect::Policy};

use crate::error::{ConfigError, innermost, shown};

/// Whether this build speaks TLS.
const TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// Settings of connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    pub(crate) proxy: ProxySetting,
    /// Certificates to trust beside the platform's, as PEM.
    pub(crate) roots: Vec<Pem>,
    /// None for the usual limit.
    pub(crate) connect_timeout: Option<Duration>,
    /// The client to use in place of one that is built by the settings above.
    pub(crate) given: Option<Given>,
}

/// The settings of connections, for every type that has them.
macro_rules! with_connection {
    () => {
        /// Limits the opening of connections. Default: 10 s.
        pub fn connect_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.connection.connect_timeout = Some(timeout);
            self
        }

        /// Sends everything through a proxy, e.g. `http://user:password@proxy.acme.test:3128`; with the feature `socks` also
        /// `socks5h://…`. Checked by [`build`](Self::build).
        ///
        /// Without this setting the variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name the proxy; an
        /// address on this machine is then reached without.
        pub fn proxy(mut self, url: impl Into<frontegg_model::Secret>) -> Self {
            self.connection.proxy = $crate::connection::ProxySetting::Always(url.into());
            self
        }

        /// Uses no proxy, whatever the environment's variables say.
        pub fn no_proxy(mut self) -> Self {
            self.connection.proxy = $crate::connection::ProxySetting::Never;
            self
        }

        /// Trusts certificates of these authorities beside the platform's: one or several in PEM, such as that of a company's
        /// own authority. Can be repeated. Checked by [`build`](Self::build).
        ///
        /// The platform's on Linux are those of the system, or of the file or folder that `SSL_CERT_FILE` or
        /// `SSL_CERT_DIR` names.
        pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
            self.connection.roots.push($crate::connection::Pem(pem.as_ref().into()));
            self
        }
    };
}
pub(crate) use with_connection;

/// Which proxy is used.
#[derive(Clone, Debug, Default)]
pub(crate) enum ProxySetting {
    /// That of the variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`; none for loopback addresses.
    #[default]
    OfEnvironment,
    Never,
    /// With this URL, which may hold a password.
    Always(Secret),
}

/// Certificates as a program has them.
#[derive(Clone)]
pub(crate) struct Pem(pub(crate) Arc<[u8]>);

impl Pem {
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    fn without_certificate() -> ConfigError {
        ConfigError::InvalidCertificate("no certificate in PEM is in it".to_owned())
    }
}

/// Whose certificates are trusted.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
enum Trust<'a> {
    Nobody,
    /// The platform's, and these.
    Platform {
        and: &'a [Pem],
    },
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// A program's own HTTP client.
#[derive(Clone)]
pub(crate) struct Given(pub(crate) reqwest::Client);

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its headers and proxies may hold secrets.
        f.write_str("reqwest::Client")
    }
}

/// An HTTP client, and what is told of its way to the host.
pub(crate) struct Connected {
    pub(crate) http: reqwest::Client,
    /// The proxy in use, without user and password.
    pub(crate) proxy: Option<Arc<str>>,
    /// How long it lets an exchange take by itself; not known of a program's own.
    pub(crate) timeout: Option<Duration>,
}

impl Connection {
    /// How long a connection may take to open.
    pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

    /// Makes the HTTP client for a URL from a builder that has all but what these settings are about: TLS by feature, no
    /// redirects, no proxy of the environment for loopback addresses and no certificates where nothing is encrypted.
    pub(crate) fn open(
        &self,
        url: &str,
        mut builder: ClientBuilder,
        timeout: Duration,
    ) -> Result<Connected, ConfigError> {
        if let Some(Given(http)) = &self.given {
            return match self.overridden() {
                Some(setting) => Err(ConfigError::HttpClientGiven(setting)),
                None => Ok(Connected { http: http.clone(), proxy: None, timeout: None }),
            };
        }
        if !TLS && (url.starts_with("https:") || !self.roots.is_empty()) {
            return Err(ConfigError::NoTls);
        }
        // An API does not redirect; following one could carry scope headers to another host.
        builder = builder.redirect(Policy::none()).timeout(timeout);
        builder = builder.connect_timeout(self.connect_timeout.unwrap_or(Self::CONNECT_TIMEOUT));
        #[cfg(feature = "rustls")]
        {
            builder = builder.tls_backend_preconfigured(tls::config(&self.trust(url))?);
        }
        #[cfg(all(feature = "native-tls", not(feature = "rustls")))]
        {
            builder = self.trusting(url, builder)?;
        }
        let (builder, proxy) = self.proxied(url, builder)?;
        let http = builder.build().map_err(|error| self.refused(&error))?;
        Ok(Connected { http, proxy, timeout: Some(timeout) })
    }

    /// A setting that a given HTTP client has already.
    fn overridden(&self) -> Option<&'static str> {
        [
            (!matches!(self.proxy, ProxySetting::OfEnvironment), "the proxy"),
            (!self.roots.is_empty(), "the root certificates"),
            (self.connect_timeout.is_some(), "the time limit of connections"),
        ]
        .into_iter()
        .find_map(|(is_set, setting)| is_set.then_some(setting))
    }

    /// Whose certificates are trusted on the way to a URL.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    fn trust(&self, url: &str) -> Trust<'_> {
        // The certificates of the system are some hundred to read, and here nobody shows one.
        if is_loopback(url) && url.starts_with("http:") && self.roots.is_empty() {
            return Trust::Nobody;
        }
        Trust::Platform { and: &self.roots }
    }

    #[cfg(all(feature = "native-tls", not(feature = "rustls")))]
    fn trusting(&self, url: &str, builder: ClientBuilder) -> Result<ClientBuilder, ConfigError> {
        let Trust::Platform { and } = self.trust(url) else { return Ok(builder.tls_certs_only([])) };
        let mut roots = Vec::new();
        for pem in and {
            let found = reqwest::Certificate::from_pem_bundle(&pem.0);
            let found = found.map_err(|error| ConfigError::InvalidCertificate(innermost(&error)))?;
            if found.is_empty() {
                return Err(Pem::without_certificate());
            }
            roots.extend(found);
        }
        Ok(if roots.is_empty() { builder } else { builder.tls_certs_merge(roots) })
    }

    fn proxied(&self, url: &str, builder: ClientBuilder) -> Result<(ClientBuilder, Option<Arc<str>>), ConfigError> {
        match &self.proxy {
            ProxySetting::Never => Ok((builder.no_proxy(), None)),
            // The environment's proxy cannot reach this machine's loopback interface.
            ProxySetting::OfEnvironment if is_loopback(url) => Ok((builder.no_proxy(), None)),
            ProxySetting::OfEnvironment => Ok((builder, of_environment(url))),
            ProxySetting::Always(proxy) => {
                let proxy = read_proxy(proxy.expose())?;
                let shown = shown(&proxy).ok_or(ConfigError::InvalidProxy("it has no host"))?;
                let proxy = Proxy::all(proxy).map_err(|_| ConfigError::InvalidProxy("it cannot be used"))?;
                Ok((builder.proxy(proxy), Some(shown)))
            }
        }
    }

    fn refused(&self, error: &reqwest::Error) -> ConfigError {
        // Certificates are read at last.
        let reason = innermost(error);
        if self.roots.is_empty() { ConfigError::Http(reason) } else { ConfigError::InvalidCertificate(reason) }
    }
}

/// Sends a request. Errors name its address.
pub(crate) fn send(
    http: &reqwest::Client,
    request: Request,
) -> impl Future<Output = reqwest::Result<Response>> + Send + use<> {
    http.execute(request)
}

/// The URL of a proxy, as far as this build can use it.
fn read_proxy(text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text.trim());
    let url = url.map_err(|_| ConfigError::InvalidProxy("it is no URL such as http://proxy.acme.test:3128"))?;
    match url.scheme() {
        "http" => Ok(url),
        "https" if TLS => Ok(url),
        "https" => Err(ConfigError::NoTls),
        "socks4" | "socks4a" | "socks5" | "socks5h" if cfg!(feature = "socks") => Ok(url),
        "socks4" | "socks4a" | "socks5" | "socks5h" => Err(ConfigError::InvalidProxy("it needs the feature `socks`")),
        _ => Err(ConfigError::InvalidProxy("its scheme is none of http, https, socks4, socks4a, socks5 and socks5h")),
    }
}

/// The proxy that the environment's variables name for a URL, by the HTTP client's own rules.
fn of_environment(url: &str) -> Option<Arc<str>> {
    let proxy = Matcher::from_system().intercept(&url.parse().ok()?)?;
    shown(&proxy.uri().to_string().parse().ok()?)
}

/// Whether a URL leads to this machine.
pub(crate) fn is_loopback(base_url: &str) -> bool {
    Url::parse(base_url).ok().is_some_and(|url| match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(connection: &Connection) -> Result<Connected, ConfigError> {
        connection.open("http://api.acme.test", reqwest::Client::builder(), Duration::from_secs(1))
    }

    fn through(proxy: &str) -> Connection {
        Connection { proxy: ProxySetting::Always(proxy.into()), ..Connection::default() }
    }

    #[test]
    fn loopback_hosts_are_known() {
        for base in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"] {
            assert!(is_loopback(base), "{base}");
        }
        for base in ["https://api.frontegg.com", "http://127.0.0.1.acme.test", "http://10.0.0.1"] {
            assert!(!is_loopback(base), "{base}");
        }
    }

    #[test]
    fn proxies_are_told_without_their_password() {
        for (proxy, told) in [
            ("http://ada:hunter2@proxy.acme.test:3128/x", "http://proxy.acme.test:3128"),
            ("http://proxy.acme.test", "http://proxy.acme.test:80"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            let connection = through(proxy);
            assert_eq!(open(&connection).unwrap().proxy.as_deref(), Some(told));
            assert!(!format!("{connection:?}").contains("hunter2"), "{connection:?}");
        }
        let never = Connection { proxy: ProxySetting::Never, ..Connection::default() };
        assert!(open(&never).unwrap().proxy.is_none());
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_being_quoted() {
        for bad in ["", "hunter2", "proxy.acme.test:3128", "ftp://ada:hunter2@proxy.acme.test"] {
            let Err(error) = open(&through(bad)) else { panic!("{bad:?} is a proxy") };
            assert!(matches!(error, ConfigError::InvalidProxy(_)), "{bad}: {error:?}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        let socks = open(&through("socks5h://proxy.acme.test"));
        match socks {
            Ok(connected) if cfg!(feature = "socks") => {
                assert_eq!(connected.proxy.as_deref(), Some("socks5h://proxy.acme.test:1080"));
            }
            Err(error) if !cfg!(feature = "socks") => assert!(error.to_string().contains("`socks`"), "{error}"),
            _ => panic!("the feature decides"),
        }
    }

    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[test]
    fn what_is_no_certificate_is_refused() {
        for bad in ["", "hunter2", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            let roots = vec![Pem(bad.as_bytes().into())];
            let Err(error) = open(&Connection { roots, ..Connection::default() }) else { panic!("{bad:?} is one") };
            assert!(matches!(error, ConfigError::InvalidCertificate(_)), "{bad}: {error:?}");
        }
    }

    #[test]
    fn a_given_client_has_its_own_settings() {
        let given = Some(Given(reqwest::Client::new()));
        assert!(open(&Connection { given: given.clone(), ..Connection::default() }).is_ok());
        for (setting, connection) in [
            ("proxy", Connection { proxy: ProxySetting::Never, ..Connection::default() }),
            ("certificates", Connection { roots: vec![Pem([].into())], ..Connection::default() }),
            ("limit", Connection { connect_timeout: Some(Duration::ZERO), ..Connection::default() }),
        ] {
            let Err(error) = open(&Connection { given: given.clone(), ..connection }) else { panic!("{setting}") };
            assert!(matches!(error, ConfigError::HttpClientGiven(_)) && error.to_string().contains(setting), "{error}");
        }
    }
}
