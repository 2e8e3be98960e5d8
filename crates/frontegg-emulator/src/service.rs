//! What every request works with: the store, the clock, the keys, the configuration.

pub(crate) mod audits;
pub(crate) mod outbox;
mod people;
pub(crate) mod seed;
mod signing;
pub(crate) mod transfer;
mod user_token;

use self::seed::{Beginning, Refused};
use std::{
    collections::HashSet,
    mem,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use frontegg_contract::{
    ApiFailure, ApiResult, Authenticate, EnvironmentToken, Principal, RequestContext, TokenKind, UserToken,
};
use frontegg_model::Secret;
use parking_lot::{Mutex, MutexGuard};

use crate::{
    clock::Clock,
    config::{Config, PasswordHashing},
    domain::{
        self, DomainError, DomainResult, Tried,
        applications::default_application,
        environment::{self, EnvironmentCredentials},
        machine_tokens,
        passwords::{self, Cost, PasswordOwner, Passwords},
        sessions,
        sso::{
            attempts,
            dns::{self, TxtRecord},
        },
        user_pools::accounts::{self, UserPoolPerson},
    },
    error::Error,
    gate::Controls,
    identity_provider::IdentityProvider,
    outgoing::Outgoing,
    seed::Sources,
    store::{ApiKey, Identity, Settled, Store, Write, entity::sso_attempt},
    tokens::{
        Algorithm, ApiClaims, BearerKind, Claims, EnvironmentClaims, Payload, RegisteredClaims, TemplatedClaims,
        UserClaims, VerifiedTokens, keys::Keys,
    },
    wire::SsoAttempt,
};

/// How long a process may go on with the epoch it knows when others share its store.
const EPOCH_VALID_FOR: Duration = Duration::from_secs(1);

/// The emulator behind its HTTP interface. There is one of it, behind an `Arc`.
#[derive(Debug)]
pub(crate) struct Service {
    store: Arc<Store>,
    clock: Clock,
    keys: Keys,
    verified_tokens: VerifiedTokens,
    /// The algorithm of tokens, with the document that it was read from.
    read_algorithm: Mutex<Option<(Arc<str>, Algorithm)>>,
    passwords: Passwords,
    outgoing: Outgoing,
    identity_provider: IdentityProvider,
    config: Config,
    controls: Arc<Controls>,
    vendor_id: String,
    client_id: String,
    api_key: ApiKey,
    application_id: String,
    /// Where this process is reached, without a slash at the end.
    url: String,
    epoch: AtomicI64,
    epoch_read: Mutex<Instant>,
    /// Other processes of this environment that tokens were seen of.
    issuers: Mutex<HashSet<String>>,
    beginning: Beginning,
}

impl Service {
    /// Opens the store, settles who the environment is and fills a fresh one.
    pub(crate) async fn open(mut config: Config, clock: Clock, url: String) -> Result<Self, Error> {
        // A file that cannot be read leaves nothing half-made behind.
        let mut beginning = Beginning::new(Sources::read(mem::take(&mut config.seeds))?);
        let state = beginning.open()?;
        let controls = Controls::new(
            &config.faults,
            &config.rate_limits,
            config.recorded_requests,
            clock.clone(),
            config.request_timeout,
        );
        let controls = Arc::new(controls.map_err(DomainError::bad_request)?);
        let origin = config.base_url.as_deref().unwrap_or(&url);
        let identity_provider = IdentityProvider::new(origin, clock.clone());
        let store = Store::open(&config.store, clock.clone(), origin).await.map_err(DomainError::from)?;
        let store = Arc::new(store.with_audits(config.audits));
        let keys = Keys::of(&store).await?;
        let cost = config.hashing_cost();
        match config.password_hashing {
            PasswordHashing::Cheap => {
                tracing::warn!("passwords are hashed cheaply, as was asked for: whoever gets the state can guess them");
            }
            _ if cost == Cost::Cheap => {
                tracing::warn!("passwords are hashed cheaply: they are in memory and end with the process");
            }
            _ => {}
        }
        let passwords = Passwords::new(cost);
        let outgoing = Outgoing::new(config.outgoing_hosts()?).map_err(|cause| Error::OutgoingClient(cause.into()))?;
        // To hash passwords takes its time, and is in vain where the store is not a new one.
        let plan =
            if beginning.has_seeds() && is_new(&store).await? { Some(beginning.plan(&passwords).await?) } else { None };
        let comes_later = state.is_some();
        let settle = async |tx: &Write| -> Result<_, Refused> {
            let settled = Identity::settle(tx, config.identity.clone()).await?;
            if settled.is_fresh {
                domain::seed::fresh_environment(tx).await?;
            }
            let wished = config.identity.application_id.as_deref();
            settle_application(tx, wished, &settled.identity.application_id).await?;
            Store::add_issuer(tx, tx.origin()).await?;
            if settled.is_fresh
                && !comes_later
                && let Some(plan) = plan
            {
                // Boxed, as it is done once and part of every start.
                Box::pin(plan.apply(tx)).await?;
            }
            Ok(settled)
        };
        let Settled { identity, is_fresh } = store.write(settle).await?;
        let mut service = Self {
            store,
            clock,
            keys,
            verified_tokens: VerifiedTokens::default(),
            read_algorithm: Mutex::default(),
            passwords,
            outgoing,
            identity_provider,
            config,
            controls,
            vendor_id: identity.vendor_id,
            client_id: identity.client_id,
            api_key: identity.api_key,
            application_id: identity.application_id,
            url,
            epoch: AtomicI64::new(identity.epoch),
            epoch_read: Mutex::new(Instant::now()),
            issuers: Mutex::default(),
            beginning: Beginning::default(),
        };
        if let Some(source) = state.filter(|_| is_fresh) {
            let plan = beginning.plan(&service.passwords).await?;
            Box::pin(service.begin_with(source, plan)).await?;
        }
        beginning.keep(&service.store).await.map_err(DomainError::from)?;
        service.beginning = beginning;
        service.application_id = service.default_application_id().await?;
        Ok(service)
    }

    /// Does that in a transaction which is committed where it succeeds and undone where it fails. Begin
    /// none within it.
    pub(crate) async fn write<T>(&self, act: impl AsyncFnOnce(&Write) -> ApiResult<T>) -> ApiResult<T> {
        self.store.write(act).await
    }

    /// The same where a refusal may have changed something too, and that is to stay.
    pub(crate) async fn attempt<T>(&self, act: impl AsyncFnOnce(&Write) -> ApiResult<Tried<T>>) -> ApiResult<T> {
        self.store.attempt(act).await
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The store, for what goes on after a request was answered.
    pub(crate) fn shared_store(&self) -> Arc<Store> {
        Arc::clone(&self.store)
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Goes by what another process may have set, as every request begins: the clock and the environment's
    /// algorithm. Where the store cannot be asked, time goes on as it is known here, and no token is judged.
    pub(crate) async fn follow(&self) {
        if let Err(error) = self.store.follow().await {
            tracing::debug!(%error, "looking at what others have set");
        }
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Hashes passwords.
    pub(crate) fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// Calls other services, where the emulator may.
    pub(crate) fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    /// The one for tests.
    pub(crate) fn identity_provider(&self) -> &IdentityProvider {
        &self.identity_provider
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// What the emulator itself was told to do.
    pub(crate) fn controls(&self) -> &Arc<Controls> {
        &self.controls
    }

    /// The id of the environment.
    pub(crate) fn vendor_id(&self) -> &str {
        &self.vendor_id
    }

    /// The environment's client id.
    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The environment's API key.
    pub(crate) fn api_key(&self) -> &str {
        self.api_key.expose()
    }

    /// The application that counts where none is named.
    pub(crate) async fn default_application_id(&self) -> DomainResult<String> {
        let tx = self.store.read().await?;
        Ok(default_application::get(&tx).await?.id)
    }

    /// The application that counted where none is named as this process started.
    pub(crate) fn application_id(&self) -> &str {
        &self.application_id
    }

    /// Where this process listens, e.g. `http://127.0.0.1:8100`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Under which address tokens are issued and links are made: what was configured, else where
    /// this process listens.
    pub(crate) fn base_url(&self) -> &str {
        self.config.base_url.as_deref().unwrap_or(&self.url)
    }

    /// Whether clients reach the emulator by TLS, through whatever ends it in front.
    pub(crate) fn is_reached_by_tls(&self) -> bool {
        self.base_url().starts_with("https://")
    }

    /// Empties the store and begins anew. Keys and clock stay; tokens of before are refused.
    pub(crate) async fn reset(&self) -> DomainResult<()> {
        self.begun_anew(self.store.reset(async |tx| domain::seed::fresh_environment(tx).await).await?);
        Ok(())
    }

    /// Forgets what belongs to the time before, once the store has begun anew.
    fn begun_anew(&self, identity: Option<Identity>) {
        self.controls.requests.clear();
        if let Some(identity) = identity {
            self.epoch.store(identity.epoch, Ordering::Release);
        }
    }

    /// What it began with.
    fn beginning(&self) -> &Beginning {
        &self.beginning
    }

    /// From now on these passwords count as known from a data leak, and no others.
    pub(crate) async fn set_leaked_passwords(&self, passwords: impl Iterator<Item = &str>) -> DomainResult<()> {
        self.store.write(async |tx| passwords::leaked::set(tx, passwords).await).await
    }

    /// From now on name servers have these records, and no others.
    pub(crate) async fn set_dns_records(&self, records: Vec<TxtRecord>) -> DomainResult<()> {
        self.store.write(async |tx| dns::set(tx, records).await).await
    }

    /// The records that name servers have.
    pub(crate) async fn dns_records(&self) -> DomainResult<Vec<TxtRecord>> {
        dns::list(&self.store.read().await?).await
    }

    /// Lets people begin at their identity provider of SAML, or not.
    pub(crate) async fn let_providers_begin(&self, allowed: bool) -> DomainResult<()> {
        self.store.write(async |tx| domain::sso::environment::let_providers_begin(tx, allowed).await).await
    }

    /// What came of sign-ins by identity providers of tenants, the newest first.
    pub(crate) async fn sso_attempts(&self) -> DomainResult<Vec<SsoAttempt>> {
        let rows = attempts::list(&self.store.read().await?).await?;
        let attempt = |row: sso_attempt::Model| SsoAttempt {
            at: row.created_at.utc(),
            protocol: row.protocol,
            connection_id: row.connection_id,
            issuer: row.issuer,
            user_id: row.user_id,
            failed_check: row.failed_check.and_then(|check| u8::try_from(check).ok()),
            reason: row.reason,
        };
        Ok(rows.into_iter().map(attempt).collect())
    }

    /// From now on the provider of a user pool knows these people, and no others.
    pub(crate) async fn set_user_pool_people(&self, pool_id: &str, people: Vec<UserPoolPerson>) -> DomainResult<()> {
        accounts::replace(&self.store, &self.passwords, pool_id, people).await
    }

    /// The people whom the provider of a user pool knows, without their passwords.
    pub(crate) async fn user_pool_people(&self, pool_id: &str) -> DomainResult<Vec<UserPoolPerson>> {
        accounts::list(&self.store.read().await?, pool_id).await
    }

    /// What to store of the password that somebody is created with; refused where it breaks the rules
    /// of the tenant.
    pub(crate) async fn newcomers_password(&self, tenant_id: &str, password: &Secret) -> DomainResult<String> {
        let subject = PasswordOwner::Newcomer { tenant_id: Some(tenant_id) };
        let new = passwords::prepare(&self.store, &self.passwords, subject, password.expose()).await?;
        Ok(new.into_hash())
    }

    /// A fresh token of the environment, for whoever knows its credentials.
    pub(crate) async fn environment_token(
        &self,
        given: EnvironmentCredentials<'_>,
    ) -> DomainResult<(String, Duration)> {
        let own = EnvironmentCredentials { client_id: self.client_id(), api_key: self.api_key() };
        environment::check_credentials(given, own)?;
        let lifetime = self.config.environment_token_lifetime;
        let claims = Claims::Environment(EnvironmentClaims {
            vendor_id: self.vendor_id.clone(),
            scopes: Vec::new(),
            epoch: self.epoch().await?,
            registered: RegisteredClaims::new(self.base_url(), None, self.clock.timestamp(), lifetime),
        });
        Ok((self.sign(&Payload::Default(claims)).await?, lifetime))
    }

    /// The epoch of the store, which another process may have ended.
    async fn epoch(&self) -> DomainResult<i64> {
        if !self.store.is_memory() && self.epoch_is_due() {
            let tx = self.store.read().await?;
            if let Some(identity) = Identity::find(&tx).await? {
                self.epoch.store(identity.epoch, Ordering::Release);
            }
        }
        Ok(self.epoch.load(Ordering::Acquire))
    }

    fn epoch_is_due(&self) -> bool {
        let mut read = self.epoch_read.lock();
        let due = read.elapsed() >= EPOCH_VALID_FOR;
        if due {
            *read = Instant::now();
        }
        due
    }

    /// Whose token it is; refused with 401 when it is not good (any more).
    async fn principal(&self, token: &str) -> DomainResult<Principal> {
        let unauthorized = || DomainError::unauthorized("Unauthorized");
        let claims = self.verified(token).await?.map_err(|error| {
            tracing::debug!(%error, "a bearer token was refused");
            unauthorized()
        })?;
        if !claims.is_meant_for(&self.client_id) {
            return Err(unauthorized());
        }
        self.check_issuer(&claims.registered().iss).await?;
        match &*claims {
            Claims::Environment(claims) => {
                // The key may be that of other emulators in this process as well.
                if claims.vendor_id != self.vendor_id || claims.epoch != self.epoch().await? {
                    return Err(unauthorized());
                }
                Ok(Principal::Environment(EnvironmentToken {
                    vendor_id: self.vendor_id.clone(),
                    client_id: self.client_id.clone(),
                }))
            }
            Claims::UserToken(claims) => {
                let tx = self.store.read().await?;
                Ok(Principal::User(user_token(sessions::check(&tx, UserClaims::clone(claims)).await?)))
            }
            Claims::TenantApiToken(claims) => self.machine(claims, TokenKind::TenantApi).await,
            Claims::UserApiToken(claims) => self.machine(claims, TokenKind::UserApi).await,
            Claims::Templated(claims) => self.templated(claims).await,
        }
    }

    /// Whose token it is that has claims which a template has shaped.
    async fn templated(&self, claims: &TemplatedClaims) -> DomainResult<Principal> {
        let tx = self.store.read().await?;
        if claims.kind == BearerKind::User {
            return Ok(Principal::User(user_token(sessions::check_templated(&tx, claims).await?)));
        }
        let claims = machine_tokens::check_templated(&tx, claims).await?;
        let kind = if claims.user_id.is_some() { TokenKind::UserApi } else { TokenKind::TenantApi };
        Ok(Principal::User(machine_token(&claims, kind)))
    }

    /// Whose token it is that was made from client credentials. It ends with them.
    async fn machine(&self, claims: &ApiClaims, kind: TokenKind) -> DomainResult<Principal> {
        let tx = self.store.read().await?;
        machine_tokens::check_bearer(&tx, claims).await?;
        Ok(Principal::User(machine_token(claims, kind)))
    }

    /// Refuses tokens that no process of this environment has issued.
    async fn check_issuer(&self, issuer: &str) -> DomainResult<()> {
        if issuer == self.base_url() || self.issuers().contains(issuer) {
            return Ok(());
        }
        let tx = self.store.read().await?;
        if !Store::has_issuer(&tx, issuer).await? {
            return Err(DomainError::unauthorized("Unauthorized"));
        }
        // Issuers are never taken back.
        self.issuers().insert(issuer.to_owned());
        Ok(())
    }

    fn issuers(&self) -> MutexGuard<'_, HashSet<String>> {
        self.issuers.lock()
    }
}

/// Whether nobody has settled yet whose environment the store holds.
async fn is_new(store: &Store) -> DomainResult<bool> {
    Ok(Identity::find(&store.read().await?).await?.is_none())
}

/// Sees to it that there is a default application: the one that is wished for, else that one unless there is another.
async fn settle_application(tx: &Write, wished: Option<&str>, first: &str) -> DomainResult<()> {
    match wished {
        Some(id) => default_application::mark(tx, id).await,
        None => default_application::ensure(tx, first).await,
    }
}

fn user_token(claims: UserClaims) -> UserToken {
    UserToken {
        user_id: claims.sub,
        tenant_id: claims.tenant_id,
        kind: TokenKind::User,
        token_id: claims.sid,
        roles: claims.roles.unwrap_or_default(),
        permissions: claims.permissions.unwrap_or_default(),
    }
}

fn machine_token(claims: &ApiClaims, kind: TokenKind) -> UserToken {
    UserToken {
        // Nobody in particular acts with a tenant's token, whoever made its credentials.
        user_id: claims.user_id.clone().unwrap_or_default(),
        tenant_id: claims.tenant_id.clone(),
        kind,
        token_id: claims.sub.clone(),
        roles: claims.roles.clone(),
        permissions: claims.permissions.clone(),
    }
}

impl Authenticate for Service {
    async fn authenticate(&self, token: &str) -> ApiResult<Principal> {
        self.principal(token).await.map_err(ApiFailure::from)
    }

    fn admitted(&self, context: &RequestContext) {
        if self.store.has_audits() {
            audits::admitted(context);
        }
    }
}
