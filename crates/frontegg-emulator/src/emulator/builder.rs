//! What an emulator is started with.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use ipnet::IpNet;
#[cfg(feature = "tls")]
use secrecy::SecretSlice;
use secrecy::SecretString;
use serde_json::Value;
use tokio::net::TcpListener;

use super::Emulator;
use crate::{
    clock::Clock,
    config::{Config, PasswordHashing},
    error::Error,
    gate::{faults::Fault, limits::RateLimit},
    seed::{Document, Seed, SeedSource},
    server::{self, Server, transport::Transport},
    service::Service,
    store::{Audits, StoreTarget},
};
#[cfg(feature = "tls")]
use crate::{config::TlsFiles, server::tls::Tls};

/// Settings of an emulator that is to be started.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct EmulatorBuilder {
    config: Config,
    clock: Clock,
}

impl EmulatorBuilder {
    /// Where to listen; port 0 picks a free one. By default `127.0.0.1:0`.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.config.listen = address;
        self
    }

    /// Where to keep the state; by default in memory.
    pub fn store(mut self, store: StoreTarget) -> Self {
        self.config.store = store;
        self
    }

    /// The environment's client id; by default the one that the store knows, or a new one.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.config.identity.client_id = Some(client_id.into());
        self
    }

    /// The id of the environment's default application, which is made where there is none with it; by default the one
    /// that the store knows, or a new one.
    pub fn application_id(mut self, application_id: impl Into<String>) -> Self {
        self.config.identity.application_id = Some(application_id.into());
        self
    }

    /// The environment's API key; by default the one that the store knows, or a new one.
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.config.identity.api_key = Some(api_key.into().into());
        self
    }

    /// The id of a fresh environment; a store that has one keeps it.
    pub fn vendor_id(mut self, vendor_id: impl Into<String>) -> Self {
        self.config.identity.vendor_id = Some(vendor_id.into());
        self
    }

    /// The address under which clients reach the emulator, for tokens (`iss`) and links, where it
    /// is not the one it listens on.
    ///
    /// WebAuthn devices belong to its host (`rp.id`) and answer on pages of its origin only. On a
    /// loopback address, by default, they belong to `localhost` and answer on pages of this machine
    /// at whatever port: `http://localhost:3000` will do, though browsers know no WebAuthn on
    /// `http://127.0.0.1:3000`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        let url: String = url.into();
        self.config.base_url = Some(url.trim_end_matches('/').to_owned());
        self
    }

    /// A network of proxies whose `X-Forwarded-For` is believed, beside those that were given before. By
    /// default nobody's is: a request comes from where its connection does.
    ///
    /// ```
    /// # use frontegg_emulator::Emulator;
    /// let behind_a_proxy = Emulator::builder().trusted_proxy("10.0.0.0/8".parse().expect("a network"));
    /// ```
    pub fn trusted_proxy(mut self, network: IpNet) -> Self {
        self.config.trusted_proxies.push(network);
        self
    }

    /// Lets the emulator call these hosts besides those that were given before: identity providers, where addresses of
    /// theirs are stored and somebody signs in by them. Without any it calls nobody, and what would need a call is
    /// answered 502.
    ///
    /// A host is a name or an address, without a port, and is called by `https`; this machine (`localhost`,
    /// `127.0.0.1`, `::1`) by `http` as well. `*` stands for every other host, as long as all of its addresses are
    /// public ones.
    ///
    /// ```
    /// # use frontegg_emulator::Emulator;
    /// let with_a_provider_on_this_machine = Emulator::builder().allow_outgoing(["localhost"]);
    /// ```
    pub fn allow_outgoing<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.config.outgoing.extend(hosts.into_iter().map(Into::into));
        self
    }

    /// How long an environment token is valid; by default an hour.
    pub fn environment_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.config.environment_token_lifetime = lifetime;
        self
    }

    /// For how long after its use a refresh token gets the same answer again, as long as its
    /// successor is not used: for clients that may lose an answer or refresh twice at once. By default
    /// not at all; a refresh token that comes again ends its session.
    pub fn refresh_grace(mut self, grace: Duration) -> Self {
        self.config.refresh_grace = grace;
        self
    }

    /// The token that the control plane asks for. Needed to listen on an address that other
    /// machines reach.
    pub fn admin_token(mut self, token: impl Into<String>) -> Self {
        self.config.admin_token = Some(SecretString::from(token.into()));
        self
    }

    /// A fault to begin with, behind those that were given before.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.config.faults.push(fault);
        self
    }

    /// A seed to begin with, where the store is a new one; beside those that were given before.
    ///
    /// ```
    /// # use frontegg_emulator::{Emulator, Seed};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), frontegg_emulator::Error> {
    /// let seed = Seed::new().tenant("acme", |tenant| {
    ///     tenant.user("ada@acme.test", |user| user.password("Correct-horse-1815").role("Admin"))
    /// });
    /// let emulator = Emulator::builder().seed(seed).start().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn seed(mut self, seed: Seed) -> Self {
        self.config.seeds.push(SeedSource::Seed(Box::new(seed)));
        self
    }

    /// A document of [`Emulator::export`] to begin with, where the store is a new one; seeds add to it.
    #[expect(clippy::needless_pass_by_value, reason = "it may be large, and nobody needs it any longer")]
    pub fn seed_document(mut self, document: Value) -> Self {
        self.config.seeds.push(SeedSource::Document(Document(document.to_string().into())));
        self
    }

    /// A file with a seed or such a document, which is read row by row; or a folder, of which all files are taken that end
    /// with `.yaml`, `.yml` or `.json`.
    pub fn seed_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.config.seeds.push(SeedSource::Path(path.into()));
        self
    }

    /// How many requests are recorded, the newest; by default 1,000, and none when 0.
    pub fn recorded_requests(mut self, count: usize) -> Self {
        self.config.recorded_requests = count;
        self
    }

    /// How many entries the audit trail has; by default the newest million. With [`Audits::Off`], requests leave none.
    ///
    /// ```
    /// # use frontegg_emulator::{Audits, Emulator};
    /// let for_load = Emulator::builder().audits(Audits::Off);
    /// ```
    pub fn audits(mut self, audits: Audits) -> Self {
        self.config.audits = audits;
        self
    }

    /// A rate limit to begin with, beside those that were given before.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.config.rate_limits.push(limit);
        self
    }

    /// How long a client may take to send the head of a request, from its first byte on, and how long the
    /// whole request may take with its body; then the connection is closed. By default 10 and 30 seconds. An
    /// export or import over HTTP may take as long as it does, and ends when that long nothing of it comes or
    /// is taken.
    pub fn timeouts(mut self, head: Duration, request: Duration) -> Self {
        (self.config.head_timeout, self.config.request_timeout) = (head, request);
        self
    }

    /// How long a connection is kept on which nothing is asked, as answers say by `Keep-Alive`. By default
    /// 75 seconds.
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.config.idle_timeout = time;
        self
    }

    /// A clock to share with other emulators.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Refuses bodies with members that the documents do not declare, by a 400 that names them. By default such members
    /// are ignored, as the service does, and each is told once: in the log, and with the recorded request.
    pub fn strict(mut self) -> Self {
        self.config.strict = true;
        self
    }

    /// How much work it is to hash a password; by default [`PasswordHashing::Auto`].
    pub fn password_hashing(mut self, hashing: PasswordHashing) -> Self {
        self.config.password_hashing = hashing;
        self
    }

    /// Serves by `https` in place of `http`, by TLS 1.2 and 1.3, with a certificate, those that lead to it, and its
    /// private key, all as PEM. Cookies are `Secure` then.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, certificates: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.config.tls =
            Some(TlsFiles { certificates: certificates.into().into(), key: SecretSlice::from(key.into()) });
        self
    }

    #[cfg_attr(
        not(feature = "tls"),
        expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "there is one transport only")
    )]
    fn transport(&self) -> Result<Transport, Error> {
        #[cfg(feature = "tls")]
        if let Some(files) = &self.config.tls {
            return Tls::new(files).map(Transport::Tls);
        }
        Ok(Transport::Plain)
    }

    /// Starts the emulator; it is ready when this returns.
    pub async fn start(self) -> Result<Emulator, Error> {
        self.config.check()?;
        let transport = self.transport()?;
        let listen = self.config.listen;
        let failed = |source| Error::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let url = server::url(&transport.scheme(), address);
        let service = Arc::new(Service::open(self.config, self.clock, url).await?);
        let server = Server::start(listener, transport.clone(), Arc::clone(&service));
        Ok(Emulator { service, address, transport, server })
    }
}
