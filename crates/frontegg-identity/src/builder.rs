//! Builds [`Frontegg`], the entry to everything.

use std::{env, ffi::OsString, sync::Arc, time::Duration};

use frontegg_client::{Client, Inner};
use frontegg_model::Secret;
use reqwest::redirect::Policy;
use tokio::sync::Mutex;

use crate::{
    credentials::Credentials,
    error::{ConfigError, innermost},
    input::trimmed,
    options::Options,
    region::{Host, Region},
    retry::Retry,
    scope::{Anonymous, Core, Environment, Scope, User},
    throttle::{RateLimit, RetryBudget, Throttle},
    token::{ApiTokenSource, EnvironmentSource, Tokens},
    transport::{Identity, ScopeValue, Sender},
};

/// Client id of the environment.
const CLIENT_ID: &str = "FRONTEGG_CLIENT_ID";
/// API key: our name first, then the one that the vendor's guides use.
const API_KEY: [&str; 2] = ["FRONTEGG_API_KEY", "FRONTEGG_SECRET_KEY"];
/// Base URL. `FRONTEGG_BASE_URL` is not read: other clients use it for the users' host.
const BASE_URL: [&str; 2] = ["FRONTEGG_API_GATEWAY_URL", "FRONTEGG_API_BASE_URL"];
/// Region, when no base URL is given.
const REGION: &str = "FRONTEGG_REGION";

/// The API of one environment.
///
/// Cheap to clone; all clones, scopes and views share connections and the environment token. They belong to
/// one Tokio runtime: a program with several, such as a set of tests, builds a client for each.
///
/// ```no_run
/// # async fn example() -> Result<(), frontegg_identity::Error> {
/// use frontegg_identity::{Frontegg, Region};
///
/// let frontegg = Frontegg::builder().region(Region::Us).credentials("client id", "API key").build()?;
/// for role in frontegg.management().roles().list_roles_v1().await? {
///     println!("{}", role.key);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Frontegg {
    pub(crate) core: Core<Environment>,
}

impl Frontegg {
    /// Starts to build a client.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A client configured by environment variables:
    ///
    /// | variable | what |
    /// |---|---|
    /// | `FRONTEGG_CLIENT_ID` | client id of the environment |
    /// | `FRONTEGG_API_KEY`, else `FRONTEGG_SECRET_KEY` | its API key |
    /// | `FRONTEGG_API_GATEWAY_URL`, else `FRONTEGG_API_BASE_URL` | base URL, if it is not a region's |
    /// | `FRONTEGG_REGION` | `eu` (default), `us`, `ca` or `au` |
    ///
    /// ```no_run
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// let frontegg = frontegg_identity::Frontegg::from_env()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_env() -> Result<Self, ConfigError> {
        Builder::from_env()?.build()
    }

    /// The scope of a tenant: the environment's token with the tenant's header.
    pub fn tenant(&self, id: impl Into<String>) -> Scope<Environment> {
        self.environment().tenant(id)
    }

    /// The scope of a user across tenants. For a user in a tenant: `frontegg.tenant(t).user(u)`.
    pub fn user(&self, id: impl Into<String>) -> Scope<Environment> {
        self.environment().user(id)
    }

    /// The whole environment as a scope: every tag, without tenant and user.
    pub fn environment(&self) -> Scope<Environment> {
        Scope { core: self.core.clone() }
    }

    /// The scope of a signed-in user with this access token, which is not refreshed.
    pub fn session(&self, access_token: impl Into<Secret>) -> Scope<User> {
        Scope { core: self.core.session(access_token.into().expose()) }
    }

    /// The scope of a machine: the client credentials of an API token (of a tenant) or a personal
    /// token (of a user). Their access token is fetched and refreshed like the environment's.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::Frontegg;
    ///
    /// // No credentials of the environment are needed.
    /// let frontegg = Frontegg::builder().subdomain("app-xyz").build()?;
    /// let machine = frontegg.api_token("client id", "secret");
    /// machine.user_management().get_my_authorization().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn api_token(&self, client_id: impl Into<String>, secret: impl Into<Secret>) -> Scope<User> {
        let credentials = Credentials::new(&client_id.into(), &secret.into());
        let client = self.core.anonymous().raw().clone();
        let source = ApiTokenSource { client, credentials, refresh: Mutex::default() };
        let tokens = Tokens::new(source, None, self.core.options());
        Scope { core: self.core.renewed(Arc::new(tokens)) }
    }

    /// The operations that take no token, and only these.
    pub fn anonymous(&self) -> Scope<Anonymous> {
        Scope { core: self.core.anonymous() }
    }

    /// The raw generated client with this client's tokens and retries; see
    /// [`Scope::client`] and [`frontegg_identity::client`](crate::client).
    pub fn client(&self) -> &Client {
        self.core.raw()
    }
}

/// Configures a client.
///
/// ```
/// # fn main() -> Result<(), frontegg_identity::ConfigError> {
/// use std::time::Duration;
/// use frontegg_identity::{Frontegg, Retry};
///
/// let frontegg = Frontegg::builder()
///     .base_url("http://127.0.0.1:8100")
///     .credentials("client id", "API key")
///     .timeout(Duration::from_secs(20))
///     .retry(Retry::default().max_attempts(3))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    host: Host,
    credentials: Option<Credentials>,
    application: Option<String>,
    options: Options,
    budget: RetryBudget,
    rate_limit: Option<RateLimit>,
    connect_timeout: Duration,
    user_agent_suffix: Option<String>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            host: Host::Region(Region::default()),
            credentials: None,
            application: None,
            options: Options::default(),
            budget: RetryBudget::default(),
            rate_limit: None,
            connect_timeout: Duration::from_secs(10),
            user_agent_suffix: None,
        }
    }
}

impl Builder {
    /// A builder configured by environment variables; see
    /// [`Frontegg::from_env`](crate::Frontegg::from_env) for the variables.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// use std::time::Duration;
    /// use frontegg_identity::Builder;
    ///
    /// let frontegg = Builder::from_env()?.timeout(Duration::from_secs(5)).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(|name| env::var_os(name))
    }

    fn from_variables(get: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let read = |names: &'static [&'static str]| {
            for &name in names {
                match get(name).map(OsString::into_string) {
                    // An empty variable counts as not set: compose files and CI set such variables.
                    Some(Ok(value)) if trimmed(&value).is_empty() => {}
                    Some(Ok(value)) => return Ok(Some((name, value))),
                    Some(Err(_)) => {
                        return Err(ConfigError::InvalidVariable { name, reason: "it is not Unicode".into() });
                    }
                    None => {}
                }
            }
            Ok(None)
        };
        let needed = |names| read(names)?.ok_or(ConfigError::MissingVariable(names));
        let (_, client_id) = needed(&[CLIENT_ID])?;
        let (_, api_key) = needed(&API_KEY)?;
        let builder = Self::default().credentials(client_id, api_key);
        let (name, host) = if let Some((name, url)) = read(&BASE_URL)? {
            (name, Host::Url(url))
        } else if let Some((name, region)) = read(&[REGION])? {
            let region = region.parse().map_err(|error| ConfigError::in_variable(name, &error))?;
            (name, Host::Region(region))
        } else {
            return Ok(builder);
        };
        host.base_url().map_err(|error| ConfigError::in_variable(name, &error))?;
        Ok(builder.host(host))
    }

    /// The region's API host. Default: [`Region::Eu`].
    pub fn region(self, region: Region) -> Self {
        self.host(Host::Region(region))
    }

    /// The environment's own host, `https://{name}.frontegg.com`.
    pub fn subdomain(self, name: impl Into<String>) -> Self {
        self.host(Host::Subdomain(name.into()))
    }

    /// Any other host, e.g. a custom domain or an emulator; checked by [`build`](Self::build).
    pub fn base_url(self, url: impl Into<String>) -> Self {
        self.host(Host::Url(url.into()))
    }

    fn host(mut self, host: Host) -> Self {
        self.host = host;
        self
    }

    /// Client id and API key of the environment; blanks and line ends around them, as files have them, are
    /// dropped. Without them only operations that take no token or a user's can be called.
    pub fn credentials(mut self, client_id: impl Into<String>, api_key: impl Into<Secret>) -> Self {
        self.credentials = Some(Credentials::new(&client_id.into(), &api_key.into()));
        self
    }

    /// Application that calls are about (`frontegg-application-id`), for environments with several.
    pub fn application_id(mut self, id: impl Into<String>) -> Self {
        self.application = Some(id.into());
        self
    }

    /// Limits every call as a whole: token, all attempts and the delays between. Default: 1 minute.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// Limits every attempt, its body included. Default: 30 s.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.options.attempt_timeout = timeout;
        self
    }

    /// Limits the opening of connections. Default: 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How calls are retried; each call can override it.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.options.retry = retry;
        self
    }

    /// How many retries all calls may make together.
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.budget = budget;
        self
    }

    /// How many attempts are sent in a time at most. Default: no limit but the service's, which is
    /// obeyed as soon as an answer reports it.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// Appends the name of the program to the user agent, e.g. `acme-portal/1.2`.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent_suffix = Some(suffix.into());
        self
    }

    /// Builds the client. Nothing is sent.
    pub fn build(self) -> Result<Frontegg, ConfigError> {
        let base_url = self.host.base_url()?;
        let http = self.http(&base_url)?;
        let application = self.application.map(ScopeValue::new);
        if application.as_ref().is_some_and(|id| !id.is_valid()) {
            return Err(ConfigError::InvalidHeader("the application id"));
        }
        let throttle = Arc::new(Throttle::new(self.budget, self.rate_limit));
        let client_id: Option<Arc<str>> = self.credentials.as_ref().map(|known| known.client_id.as_str().into());
        let sender = |identity, application| Sender {
            identity,
            throttle: throttle.clone(),
            tenant: None,
            user: None,
            application,
            cookie: None,
            client_id: client_id.clone(),
            options: self.options,
        };
        let tokens = self.credentials.map(|credentials| -> Arc<Tokens> {
            // The token is that of the credentials; an application would only narrow what it reaches.
            let bare = Inner(Arc::new(sender(Identity::Anonymous, None)));
            let client = Client::new_with_client(&base_url, http.clone(), bare);
            Arc::new(Tokens::new(EnvironmentSource { client, credentials }, None, self.options))
        });
        let core = Core::new(&base_url, &http, sender(Identity::Environment(tokens), application));
        Ok(Frontegg { core })
    }

    fn http(&self, base_url: &str) -> Result<reqwest::Client, ConfigError> {
        let mut agent = format!("frontegg-identity-rust/{}", env!("CARGO_PKG_VERSION"));
        if let Some(suffix) = &self.user_agent_suffix {
            agent = format!("{agent} {suffix}");
        }
        let agent = http::HeaderValue::try_from(agent).map_err(|_| ConfigError::InvalidHeader("the user agent"))?;
        let http = reqwest::Client::builder().user_agent(agent).connect_timeout(self.connect_timeout);
        build_http(base_url, http.timeout(self.options.attempt_timeout))
    }
}

/// A client for single documents, with limits of its own.
#[cfg(feature = "verify")]
pub(crate) fn plain_http(url: &str) -> Result<reqwest::Client, ConfigError> {
    const TIMEOUT: Duration = Duration::from_secs(10);
    build_http(url, reqwest::Client::builder().timeout(TIMEOUT))
}

/// Builds an HTTP client: TLS by feature, no redirects, no proxy for loopback addresses and no certificates
/// where nothing is encrypted.
fn build_http(url: &str, mut builder: reqwest::ClientBuilder) -> Result<reqwest::Client, ConfigError> {
    let tls = cfg!(any(feature = "rustls", feature = "native-tls"));
    if url.starts_with("https:") && !tls {
        return Err(ConfigError::NoTls);
    }
    // An API does not redirect; following one could carry scope headers to another host.
    builder = builder.redirect(Policy::none());
    #[cfg(feature = "rustls")]
    {
        builder = builder.tls_backend_rustls();
    }
    if is_loopback(url) {
        // A proxy cannot reach this machine's loopback interface.
        builder = builder.no_proxy();
        // The certificates of the system are some hundred to read, and here nobody shows one.
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        if url.starts_with("http:") {
            builder = builder.tls_certs_only([]);
        }
    }
    builder.build().map_err(|error| ConfigError::Http(innermost(&error)))
}

/// Whether a URL leads to this machine.
pub(crate) fn is_loopback(base_url: &str) -> bool {
    reqwest::Url::parse(base_url).ok().is_some_and(|url| match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn bad_settings_are_refused() {
        let build = |builder: Builder| builder.build().unwrap_err();
        assert!(matches!(build(Builder::default().base_url("nowhere")), ConfigError::InvalidBaseUrl { .. }));
        assert!(matches!(build(Builder::default().subdomain("a.b")), ConfigError::InvalidSubdomain(_)));
        for bad in ["", "a\nb", " a", "a\t"] {
            assert_eq!(build(Builder::default().application_id(bad)), ConfigError::InvalidHeader("the application id"));
        }
        assert_eq!(build(Builder::default().user_agent_suffix("a\nb")), ConfigError::InvalidHeader("the user agent"));
    }

    #[test]
    fn nothing_shows_a_secret() {
        let builder = Frontegg::builder().base_url("http://127.0.0.1:1").credentials("id", "hunter2");
        let frontegg = builder.clone().build().unwrap();
        let session = frontegg.session("hunter2");
        let all = format!("{builder:?} {frontegg:?} {:?} {session:?} {:?}", frontegg.tenant("acme"), session.client());
        assert!(!all.contains("hunter2"), "{all}");
        assert!(all.contains("acme") && all.contains("127.0.0.1"), "{all}");
    }

    fn read(variables: &[(&str, &str)]) -> Result<Builder, ConfigError> {
        Builder::from_variables(|name| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into()))
    }

    const BOTH: [(&str, &str); 2] = [("FRONTEGG_CLIENT_ID", "id"), ("FRONTEGG_API_KEY", "key")];

    #[test]
    fn missing_variables_are_named() {
        let error = read(&[]).unwrap_err();
        assert!(error.to_string().contains("FRONTEGG_CLIENT_ID"), "{error}");
        let error = read(&BOTH[..1]).unwrap_err();
        assert!(matches!(error, ConfigError::MissingVariable(names) if names == API_KEY));
        assert!(error.to_string().contains("FRONTEGG_API_KEY or FRONTEGG_SECRET_KEY"), "{error}");
    }

    #[test]
    fn empty_variables_count_as_missing() {
        assert!(matches!(read(&[BOTH[0], ("FRONTEGG_API_KEY", "")]), Err(ConfigError::MissingVariable(_))));
        assert!(matches!(read(&[BOTH[0], ("FRONTEGG_API_KEY", " \n")]), Err(ConfigError::MissingVariable(_))));
        assert!(read(&[BOTH[0], ("FRONTEGG_API_KEY", ""), ("FRONTEGG_SECRET_KEY", "key")]).is_ok());
    }

    #[test]
    fn credentials_lose_what_files_leave_at_their_ends() {
        let variables = [("FRONTEGG_CLIENT_ID", " id\n"), ("FRONTEGG_API_KEY", "\u{feff}the key\r\n")];
        let Credentials { client_id, api_key } = read(&variables).unwrap().credentials.unwrap();
        assert_eq!((client_id.as_str(), api_key.expose()), ("id", "the key"));
    }

    #[test]
    fn the_api_key_wins_over_the_secret_key() {
        let builder = read(&[BOTH[0], BOTH[1], ("FRONTEGG_SECRET_KEY", "other")]).unwrap();
        assert_eq!(builder.credentials.unwrap().api_key.expose(), "key");
    }

    #[test]
    fn a_base_url_wins_over_a_region() {
        let host = |more: &[(&str, &str)]| read(&[&BOTH, more].concat()).unwrap().host.base_url().unwrap();
        assert_eq!(host(&[]), "https://api.frontegg.com");
        assert_eq!(host(&[("FRONTEGG_REGION", "US")]), "https://api.us.frontegg.com");
        let base = ("FRONTEGG_API_BASE_URL", "http://127.0.0.1:2");
        assert_eq!(host(&[("FRONTEGG_REGION", "US"), base]), "http://127.0.0.1:2");
        assert_eq!(host(&[base, ("FRONTEGG_API_GATEWAY_URL", "http://127.0.0.1:1")]), "http://127.0.0.1:1");
        assert_eq!(host(&[("FRONTEGG_BASE_URL", "http://127.0.0.1:3")]), "https://api.frontegg.com");
    }

    #[test]
    fn bad_values_are_reported_with_their_variable() {
        for (name, value) in
            [("FRONTEGG_REGION", "mars"), ("FRONTEGG_API_GATEWAY_URL", "nowhere"), ("FRONTEGG_API_BASE_URL", "ftp://x")]
        {
            let error = read(&[&BOTH[..], &[(name, value)]].concat()).unwrap_err();
            assert!(matches!(&error, ConfigError::InvalidVariable { name: found, .. } if *found == name), "{error:?}");
            assert!(error.to_string().contains(name) && error.to_string().contains(value), "{error}");
        }
    }

    #[test]
    fn keys_do_not_show() {
        let builder = read(&[BOTH[0], ("FRONTEGG_API_KEY", "hunter2")]).unwrap();
        assert!(!format!("{builder:?}").contains("hunter2"));
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_unicode_is_an_error() {
        use std::os::unix::ffi::OsStringExt;
        let error = Builder::from_variables(|_| Some(OsString::from_vec(vec![0xff]))).unwrap_err();
        assert!(matches!(error, ConfigError::InvalidVariable { name: "FRONTEGG_CLIENT_ID", .. }));
    }
}
