//! Builds [`Frontegg`], the entry to everything.

mod variables;

use std::{fmt, ops::Deref, sync::Arc, time::Duration};

use frontegg_client::{Client, Inner};
use frontegg_model::Secret;
use tokio::sync::Mutex;

#[cfg(feature = "tower")]
use crate::layer::{self, Layers, Next};
#[cfg(feature = "otel")]
use crate::telemetry::{self, Metrics};
#[cfg(feature = "test-util")]
use crate::testing::Double;
use crate::{
    connection::{Connected, Connection, Given, with_connection},
    credentials::Credentials,
    custom_headers::CustomHeaders,
    error::ConfigError,
    options::Options,
    region::{Host, Region},
    retry::Retry,
    scope::{Anonymous, Core, Environment, Scope, User},
    throttle::{RateLimit, RetryBudget, Throttle},
    token::{ApiTokenSource, EnvironmentSource, Tokens},
    transport::{Identity, ScopeValue, Sender},
};

/// The API of one environment.
///
/// It reads like the scope of the whole environment, [`Scope<Environment>`], whose methods it has: categories and tags of
/// the API, [`tenant`](Scope::tenant) and [`user`](Scope::user).
///
/// Cheap to clone; all clones, scopes and views share connections and the environment token. They belong to
/// one Tokio runtime: a program with several, such as a set of tests, builds a client for each.
///
/// ```no_run
/// # async fn example() -> Result<(), frontegg_identity::Error> {
/// use frontegg_identity::{Frontegg, Region};
///
/// let frontegg = Frontegg::builder().region(Region::Us).credentials("client id", "API key").build()?;
/// for role in frontegg.roles().list_roles_v1().await? {
///     println!("{}", role.key);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Frontegg {
    scope: Scope<Environment>,
}

impl fmt::Debug for Frontegg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.scope.fmt(f)
    }
}

impl Deref for Frontegg {
    type Target = Scope<Environment>;

    fn deref(&self) -> &Scope<Environment> {
        &self.scope
    }
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

    /// The whole environment as a scope, without tenant and user.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// let environment = frontegg.environment(); // to hand to code that takes any scope of the environment
    /// environment.tenant("acme").roles().list_roles_v1().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn environment(&self) -> Scope<Environment> {
        self.scope.clone()
    }

    /// The scope of a signed-in user with this access token, which is not refreshed.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg, token: &str) -> Result<(), frontegg_identity::Error> {
    /// // The token that a request to your service has brought, after it was verified.
    /// let profile = frontegg.session(token).users().get_my_profile().await?;
    /// # Ok(())
    /// # }
    /// ```
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
    /// machine.users().get_my_authorization().await?;
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
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// // A sign-in needs no credentials of the environment.
    /// let session = frontegg.anonymous().authentication().login("ada@acme.test", "correct horse").await?.into_session()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn anonymous(&self) -> Scope<Anonymous> {
        Scope { core: self.core.anonymous() }
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
    connection: Connection,
    headers: CustomHeaders,
    user_agent_suffix: Option<String>,
    #[cfg(feature = "tower")]
    layers: Layers,
    /// None for that of the process.
    #[cfg(feature = "otel")]
    meter: Option<opentelemetry::metrics::Meter>,
    #[cfg(feature = "test-util")]
    double: Option<Double>,
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
            connection: Connection::default(),
            headers: CustomHeaders::default(),
            user_agent_suffix: None,
            #[cfg(feature = "tower")]
            layers: Layers::default(),
            #[cfg(feature = "otel")]
            meter: None,
            #[cfg(feature = "test-util")]
            double: None,
        }
    }
}

impl Builder {
    /// The region's API host. Default: [`Region::Eu`].
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// use frontegg_identity::{Frontegg, Region};
    ///
    /// let frontegg = Frontegg::builder().region(Region::Us).credentials("client id", "API key").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn region(self, region: Region) -> Self {
        self.host(Host::Region(region))
    }

    /// The environment's own host, `https://{name}.frontegg.com`.
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// let frontegg = frontegg_identity::Frontegg::builder().subdomain("app-xyz").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn subdomain(self, name: impl Into<String>) -> Self {
        self.host(Host::Subdomain(name.into()))
    }

    /// Any other host, e.g. a custom domain or an emulator; checked by [`build`](Self::build).
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// use frontegg_identity::{ConfigError, Frontegg};
    ///
    /// let frontegg = Frontegg::builder().base_url("https://login.acme.test").build()?;
    /// let wrong = Frontegg::builder().base_url("login.acme.test").build();
    /// assert!(matches!(wrong, Err(ConfigError::InvalidBaseUrl { .. })));
    /// # Ok(())
    /// # }
    /// ```
    pub fn base_url(self, url: impl Into<String>) -> Self {
        self.host(Host::Url(url.into()))
    }

    fn host(mut self, host: Host) -> Self {
        self.host = host;
        self
    }

    /// Client id and API key of the environment; blanks and line ends around them, as files have them, are
    /// dropped. Without them only operations that take no token or a user's can be called.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use frontegg_identity::{Frontegg, Secret};
    ///
    /// let key: Secret = std::fs::read_to_string("/run/secrets/frontegg-api-key")?.into();
    /// let frontegg = Frontegg::builder().credentials("client id", key).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn credentials(mut self, client_id: impl Into<String>, api_key: impl Into<Secret>) -> Self {
        self.credentials = Some(Credentials::new(&client_id.into(), &api_key.into()));
        self
    }

    /// Application that calls are about (`frontegg-application-id`), for environments with several.
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// let frontegg = frontegg_identity::Frontegg::builder().application_id("application id").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn application_id(mut self, id: impl Into<String>) -> Self {
        self.application = Some(id.into());
        self
    }

    /// Limits every call as a whole: token, all attempts and the delays between. Default: 1 minute.
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// use std::time::Duration;
    /// use frontegg_identity::Frontegg;
    ///
    /// // Three attempts may end within it.
    /// let builder = Frontegg::builder().timeout(Duration::from_secs(10)).attempt_timeout(Duration::from_secs(3));
    /// let frontegg = builder.build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// Limits every attempt, its body included. Default: 30 s.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.options.attempt_timeout = timeout;
        self
    }

    with_connection!();

    /// How calls are retried; each call can override it.
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// use std::time::Duration;
    /// use frontegg_identity::{Frontegg, Retry};
    ///
    /// let patient = Retry::default().max_attempts(6).max_delay(Duration::from_secs(20));
    /// let frontegg = Frontegg::builder().retry(patient).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn retry(mut self, retry: Retry) -> Self {
        self.options.retry = retry;
        self
    }

    /// How many retries all calls may make together.
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// use frontegg_identity::{Frontegg, RetryBudget};
    ///
    /// let frontegg = Frontegg::builder().retry_budget(RetryBudget::default().burst(20)).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.budget = budget;
        self
    }

    /// How many attempts are sent in a time at most. Default: no limit but the service's, which is
    /// obeyed as soon as an answer reports it.
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// use frontegg_identity::{Frontegg, RateLimit};
    ///
    /// let frontegg = Frontegg::builder().rate_limit(RateLimit::per_second(20)).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// Appends the name of the program to the user agent, e.g. `acme-portal/1.2`.
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// let frontegg = frontegg_identity::Frontegg::builder().user_agent_suffix("acme-portal/1.2").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent_suffix = Some(suffix.into());
        self
    }

    /// Sends a header with every request, those for tokens included. [`Call::header`](crate::Call::header) takes
    /// precedence; a header that the client sets itself (`authorization`, those of scopes, `host`, `content-length`, …) is
    /// refused by [`build`](Self::build). Values show in no `Debug`, error or trace.
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// let frontegg = frontegg_identity::Frontegg::builder().default_header("x-acme-gateway-key", "the key").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn default_header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.headers.set(name.as_ref(), value.as_ref());
        self
    }

    /// Sends requests by a client of your own, with its connections, proxies and certificates, in place of one that is built
    /// by the settings here. It should follow no redirects, as they could carry tokens to another host.
    ///
    /// Its version is that of [`client::reqwest`](crate::client::reqwest), which is not part of this crate's promise of
    /// stability. Attempts are limited as [`attempt_timeout`](Self::attempt_timeout) says, whatever the client's own limit.
    ///
    /// ```no_run
    /// use frontegg_identity::{Frontegg, client::reqwest};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    /// let frontegg = Frontegg::builder().http_client(http).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.connection.given = Some(Given(client));
        self
    }

    /// Puts a layer of one's own around every exchange with the service; see [`layer`](crate::layer). Can be repeated: the
    /// first is the outermost, as in tower's `ServiceBuilder`, which makes one layer of several.
    ///
    /// An error of a layer fails the call with [`ErrorKind::Layer`](crate::ErrorKind::Layer) and is its source; that of the
    /// exchange behind it passes unchanged.
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// use frontegg_identity::{Frontegg, layer::Request};
    /// use tower::{limit::ConcurrencyLimitLayer, util::MapRequestLayer};
    ///
    /// let frontegg = Frontegg::builder()
    ///     .base_url("http://127.0.0.1:8100")
    ///     .layer(ConcurrencyLimitLayer::new(20)) // at most so many requests at once
    ///     .layer(MapRequestLayer::new(|mut request: Request| {
    ///         request.headers_mut().insert("x-acme-service", http::HeaderValue::from_static("portal"));
    ///         request
    ///     }))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tower")]
    pub fn layer<L, B>(mut self, layer: L) -> Self
    where
        L: tower_layer::Layer<Next> + Send + Sync + 'static,
        L::Service:
            tower_service::Service<layer::Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as tower_service::Service<layer::Request>>::Error: Into<layer::BoxError>,
        <L::Service as tower_service::Service<layer::Request>>::Future: Send + 'static,
        B: http_body::Body<Data = bytes::Bytes> + Send + Sync + 'static,
        B::Error: Into<layer::BoxError>,
    {
        self.layers.push(layer);
        self
    }

    /// Measures requests by the meters of that provider, in place of the one that the process has when the client is built;
    /// see [telemetry](crate::guide::telemetry).
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// use frontegg_identity::Frontegg;
    /// use opentelemetry_sdk::metrics::SdkMeterProvider;
    ///
    /// let provider = SdkMeterProvider::builder().build(); // with a reader that exports
    /// let frontegg = Frontegg::builder().base_url("http://127.0.0.1:8100").meter_provider(&provider).build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "otel")]
    pub fn meter_provider(mut self, provider: &dyn opentelemetry::metrics::MeterProvider) -> Self {
        self.meter = Some(telemetry::meter(provider));
        self
    }

    /// Lets calls be answered by a double of the service, for tests; see [`testing`](crate::testing).
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// use frontegg_identity::{Frontegg, testing::{Scripted, respond}};
    ///
    /// let frontegg = Frontegg::builder().transport(Scripted::new([respond::list_roles_v1([])])).build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "test-util")]
    pub fn transport(mut self, double: impl crate::testing::Transport) -> Self {
        self.double = Some(Double(Arc::new(double)));
        self
    }

    /// Builds the client. Nothing is sent.
    pub fn build(self) -> Result<Frontegg, ConfigError> {
        let base_url = self.host.base_url()?;
        drop(self.headers.checked()?);
        let Connected { http, proxy, timeout: http_timeout } = self.http(&base_url)?;
        #[cfg(feature = "tower")]
        let layers = self.layers.around(|| self.innermost(&http, proxy.as_ref()));
        #[cfg(feature = "otel")]
        let metrics = Arc::new(Metrics::new(&self.meter.unwrap_or_else(telemetry::global_meter), &base_url));
        let headers = Arc::new(self.headers);
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
            headers: headers.clone(),
            proxy: proxy.clone(),
            http_timeout,
            #[cfg(feature = "tower")]
            layers: layers.clone(),
            #[cfg(feature = "otel")]
            metrics: metrics.clone(),
            #[cfg(feature = "test-util")]
            double: self.double.clone(),
            options: self.options,
        };
        let tokens = self.credentials.map(|credentials| -> Arc<Tokens> {
            // The token is that of the credentials; an application would only narrow what it reaches.
            let bare = Inner(Arc::new(sender(Identity::Anonymous, None)));
            let client = Client::new_with_client(&base_url, http.clone(), bare);
            Arc::new(Tokens::new(EnvironmentSource { client, credentials }, None, self.options))
        });
        let core = Core::new(&base_url, &http, sender(Identity::Environment(tokens), application));
        Ok(Frontegg { scope: Scope { core } })
    }

    /// What the layers are put around.
    #[cfg(feature = "tower")]
    fn innermost(&self, http: &reqwest::Client, proxy: Option<&Arc<str>>) -> Next {
        #[cfg(feature = "test-util")]
        if let Some(double) = &self.double {
            return Next::double(double.clone());
        }
        Next::http(http.clone(), proxy.cloned())
    }

    fn http(&self, base_url: &str) -> Result<Connected, ConfigError> {
        let mut agent = format!("frontegg-identity-rust/{}", env!("CARGO_PKG_VERSION"));
        if let Some(suffix) = &self.user_agent_suffix {
            agent = format!("{agent} {suffix}");
        }
        let agent = http::HeaderValue::try_from(agent).map_err(|_| ConfigError::InvalidHeader("the user agent"))?;
        let http = reqwest::Client::builder().user_agent(agent);
        self.connection.open(base_url, http, self.options.attempt_timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let builder = builder.default_header("x-key", "hunter2").proxy("http://ada:hunter2@127.0.0.1:2");
        let frontegg = builder.clone().build().unwrap();
        let session = frontegg.session("hunter2");
        let all = format!("{builder:?} {frontegg:?} {:?} {session:?} {:?}", frontegg.tenant("acme"), session.client());
        assert!(!all.contains("hunter2"), "{all}");
        assert!(all.contains("acme") && all.contains("127.0.0.1"), "{all}");
    }
}
