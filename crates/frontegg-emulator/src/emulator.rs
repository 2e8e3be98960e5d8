//! Starting, using and stopping an emulator from Rust.

mod builder;
pub(crate) mod outbox;

use std::{
    io::{Read, Write},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use bytes::{Buf, Bytes};
use serde_json::Value;

pub use self::builder::EmulatorBuilder;
use self::outbox::Outbox;
#[cfg(feature = "tls")]
use crate::control::client::tls::Trust;
use crate::{
    clock::Clock,
    control::client::{Control, transfer::aside},
    domain::{DomainError, tenants},
    error::Error,
    gate::{faults::Faults, limits::RateLimits, requests::Requests},
    identity_provider::IdentityProvider,
    seed::{Seed, Written},
    server::{Server, transport::Transport},
    service::{
        Service,
        transfer::{Export, Snapshot},
    },
    wire::{
        LockoutState, Secrets, SeedReport, SessionQuery, SessionState, SsoAttempt, TokenRequest, TxtRecord,
        UserPoolPerson, UserTokens,
    },
};

/// A running emulator. It stops when it is dropped; [`Emulator::stop`] also waits for it.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), frontegg_emulator::Error> {
/// let emulator = frontegg_emulator::Emulator::start().await?;
/// println!("{} {}", emulator.url(), emulator.client_id());
/// emulator.stop().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Emulator {
    service: Arc<Service>,
    address: SocketAddr,
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "there is one only"))]
    transport: Transport,
    server: Server,
}

impl Emulator {
    /// Starts an emulator in memory on a free port of this machine.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// An emulator with other settings.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// Where it is reached, e.g. `http://127.0.0.1:49152`.
    pub fn url(&self) -> &str {
        self.service.url()
    }

    /// The address that clients are to use and that tokens are issued under: [`EmulatorBuilder::base_url`], else
    /// [`Emulator::url`].
    pub fn base_url(&self) -> &str {
        self.service.base_url()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The environment's client id, to authenticate with.
    pub fn client_id(&self) -> &str {
        self.service.client_id()
    }

    /// The environment's API key, to authenticate with.
    pub fn api_key(&self) -> &str {
        self.service.api_key()
    }

    /// The id of the environment.
    pub fn vendor_id(&self) -> &str {
        self.service.vendor_id()
    }

    /// The environment's default application as it started: the one that is meant where none is named, until another is
    /// made so. Every user's and API token says as its `applicationId` which application it is for.
    pub fn application_id(&self) -> &str {
        self.service.application_id()
    }

    /// Its time.
    pub fn clock(&self) -> Clock {
        self.service.clock().clone()
    }

    /// The mails and SMS messages that it would have sent.
    pub fn outbox(&self) -> Outbox {
        Outbox::new(Arc::clone(&self.service))
    }

    /// What goes wrong in it.
    pub fn faults(&self) -> Faults {
        Faults::new(Arc::clone(&self.service.controls().faults))
    }

    /// The requests that it was sent.
    pub fn requests(&self) -> Requests {
        Requests::new(Arc::clone(&self.service.controls().requests))
    }

    /// How many requests of one client it answers.
    pub fn rate_limits(&self) -> RateLimits {
        RateLimits::new(Arc::clone(&self.service.controls().limits))
    }

    /// An identity provider that people sign in by in tests of single sign-on.
    pub fn identity_provider(&self) -> IdentityProvider {
        self.service.identity_provider().clone()
    }

    /// A client of its control plane, which does the same over HTTP: for code that shall work with an
    /// emulator of another process too.
    pub fn control(&self) -> Control {
        let control = Control::of(self.url(), self.address, self.service.config().admin_token.clone());
        #[cfg(feature = "tls")]
        if let Transport::Tls(tls) = &self.transport {
            return control.trusting(Trust::Exactly(tls.certificate().clone()));
        }
        control
    }

    /// From now on these passwords count as known from a data leak, and no others: sign-ins with them
    /// and rules that block them behave accordingly.
    pub async fn set_leaked_passwords(
        &self,
        passwords: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<(), Error> {
        let passwords: Vec<_> = passwords.into_iter().collect();
        Ok(self.service.set_leaked_passwords(passwords.iter().map(AsRef::as_ref)).await?)
    }

    /// From now on name servers have these TXT records, and no others: with them tenants prove that mail domains are their
    /// own. The emulator asks no real name server. The table belongs to the state, as that of user pools does.
    ///
    /// ```
    /// # use frontegg_emulator::{Emulator, Error, control_plane::TxtRecord};
    /// # async fn prove(emulator: &Emulator, text: &str) -> Result<(), Error> {
    /// emulator.set_dns_records([TxtRecord::new("acme.test", text)]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_dns_records(&self, records: impl IntoIterator<Item = TxtRecord>) -> Result<(), Error> {
        Ok(self.service.set_dns_records(records.into_iter().collect()).await?)
    }

    /// The TXT records that name servers have.
    pub async fn dns_records(&self) -> Result<Vec<TxtRecord>, Error> {
        Ok(self.service.dns_records().await?)
    }

    /// Lets people begin at their identity provider of SAML (Profiles 4.1.5), or not, as is the default: such an answer
    /// cannot be tied to the browser that brings it.
    pub async fn let_providers_begin(&self, allowed: bool) -> Result<(), Error> {
        Ok(self.service.let_providers_begin(allowed).await?)
    }

    /// What came of sign-ins by identity providers of tenants, the newest first; a thousand are kept. Whoever is refused
    /// is told no reason: here it is, with the number of the check.
    pub async fn sso_attempts(&self) -> Result<Vec<SsoAttempt>, Error> {
        Ok(self.service.sso_attempts().await?)
    }

    /// From now on the provider of that user pool knows these people, and no others: whoever is unknown here is looked
    /// for there when they sign in. 404 without the pool; a provider of a federation answers itself.
    ///
    /// The table belongs to the state: a reset, an import or the end of the pool ends it, and processes that share a
    /// store share it. Of passwords only hashes are kept.
    ///
    /// ```
    /// # use frontegg_emulator::{Emulator, Error, control_plane::{UserPoolAnswer, UserPoolPerson}};
    /// # async fn rehearse(emulator: &Emulator, pool_id: &str) -> Result<(), Error> {
    /// let ada = UserPoolPerson::new("ada@acme.test").password("Correct-horse-1815").name("Ada");
    /// let bob = UserPoolPerson::new("bob@acme.test").answer(UserPoolAnswer::Locked);
    /// emulator.set_user_pool_people(pool_id, [ada, bob]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_user_pool_people(
        &self,
        pool_id: &str,
        people: impl IntoIterator<Item = UserPoolPerson>,
    ) -> Result<(), Error> {
        Ok(self.service.set_user_pool_people(pool_id, people.into_iter().collect()).await?)
    }

    /// The people whom the provider of that user pool knows, by their addresses, without their passwords.
    pub async fn user_pool_people(&self, pool_id: &str) -> Result<Vec<UserPoolPerson>, Error> {
        Ok(self.service.user_pool_people(pool_id).await?)
    }

    /// Sessions of people that are neither ended nor over, the oldest first.
    pub async fn sessions(&self, query: &SessionQuery) -> Result<Vec<SessionState>, Error> {
        Ok(self.service.sessions(query).await?)
    }

    /// Ends a session, and with it its tokens.
    pub async fn end_session(&self, id: &str) -> Result<(), Error> {
        Ok(self.service.end_session(id).await?)
    }

    /// Ends all sessions.
    pub async fn end_sessions(&self) -> Result<(), Error> {
        Ok(self.service.end_sessions().await?)
    }

    /// Who is locked out or has failed to sign in since they last did.
    pub async fn lockouts(&self) -> Result<Vec<LockoutState>, Error> {
        Ok(self.service.lockouts().await?)
    }

    /// Lets somebody in again; failures count from zero.
    pub async fn clear_lockout(&self, user_id: &str) -> Result<(), Error> {
        Ok(self.service.clear_lockout(user_id).await?)
    }

    /// Lets everybody in again.
    pub async fn clear_lockouts(&self) -> Result<(), Error> {
        Ok(self.service.clear_lockouts().await?)
    }

    /// A token of that user in that tenant, as a sign-in would give it, with the roles and
    /// permissions held there. Whether the user could sign in is not asked: it is for tests that
    /// are about something else.
    pub async fn user_token(&self, user_id: &str, tenant_id: &str) -> Result<String, Error> {
        Ok(self.token_for(user_id, tenant_id).await?.access_token)
    }

    /// The tokens of a new session of somebody in a tenant, as a sign-in would give them, refresh token included. The
    /// user is meant by an id, an address or a username. Whether they could sign in is not asked.
    ///
    /// ```
    /// # use frontegg_emulator::{Emulator, Seed};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), frontegg_emulator::Error> {
    /// # let seed = Seed::new().tenant("acme", |tenant| tenant.user("ada@acme.test", |user| user));
    /// # let emulator = Emulator::builder().seed(seed).start().await?;
    /// let tokens = emulator.token_for("ada@acme.test", "acme").await?;
    /// assert_eq!(tokens.tenant_id, "acme");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn token_for(&self, user: &str, tenant_id: &str) -> Result<UserTokens, Error> {
        let wanted = TokenRequest { user: user.to_owned(), tenant: Some(tenant_id.to_owned()) };
        Ok(self.service.user_tokens(&wanted).await?)
    }

    /// A code of somebody's authenticator app that a sign-in takes at the emulator's time: the one that it shows or, where
    /// that was used already, the next. The user is meant by an id, an address or a username.
    pub async fn totp(&self, user: &str) -> Result<String, Error> {
        Ok(self.service.totp(user).await?)
    }

    /// A token with these claims, JSON taken as it stands there, signed with the key in use: for tests
    /// of what takes tokens, with claims that no sign-in gives. The emulator itself takes it only if
    /// it could have issued it.
    pub async fn sign(&self, claims: &str) -> Result<String, Error> {
        Ok(self.service.sign_text(claims).await?)
    }

    /// Makes a new key sign from now on, and gives its id (`kid`). The one before stays in the key set
    /// as long as tokens that it has signed may be valid.
    pub async fn rotate_keys(&self) -> Result<String, Error> {
        Ok(self.service.rotate_keys().await?)
    }

    /// Gives a tenant a login page of its own under that alias, or takes it away. No operation does
    /// so: in the product it is set in the portal.
    pub async fn set_tenant_alias(&self, tenant_id: &str, alias: Option<&str>) -> Result<(), Error> {
        let alias = alias.map(str::to_owned);
        Ok(self.service.store().write(async |tx| tenants::set_alias(tx, tenant_id, alias).await).await?)
    }

    /// Locks a tenant, so that nobody enters it or invites into it, or unlocks it. No operation does
    /// so: in the product it is set in the portal.
    pub async fn set_tenant_locked(&self, tenant_id: &str, locked: bool) -> Result<(), Error> {
        Ok(self.service.store().write(async |tx| tenants::set_locked(tx, tenant_id, locked).await).await?)
    }

    /// Adds what a seed describes to what is there, or changes nothing. What is there already stays as it is, so the same
    /// seed again changes nothing.
    pub async fn seed(&self, seed: Seed) -> Result<SeedReport, Error> {
        Ok(self.service.seed(vec![Written { file: None, seed }]).await?)
    }

    /// Empties it, so that it is as after its start: for use before every test. Keys, credentials,
    /// address and clock stay, and so do faults and rate limits; tokens issued before are refused.
    pub async fn reset(&self) -> Result<(), Error> {
        Ok(self.service.reset().await?)
    }

    /// Empties it likewise, and begins again with what it began with: seeds and an exported state. In memory that takes
    /// no longer than to empty it.
    pub async fn reset_to_seed(&self) -> Result<(), Error> {
        Ok(self.service.reset_to_seed().await?)
    }

    /// The whole state as a document for [`Emulator::import`], without what opens something as it stands:
    /// signing keys, messages, secrets of authenticator apps and of providers. People and machines can
    /// sign in at a copy nevertheless.
    pub async fn export(&self) -> Result<Value, Error> {
        self.document(Secrets::LeftOut).await
    }

    /// The whole state as a document, with all secrets: tokens of before are valid at a copy too, if it
    /// has the same client id.
    pub async fn export_with_secrets(&self) -> Result<Value, Error> {
        self.document(Secrets::Included).await
    }

    /// The same as [`Emulator::export`], written row by row, e.g. to a file: for a state that is larger than memory. What
    /// was written before a failure is no whole document.
    pub async fn export_to(&self, writer: impl Write + Send + 'static) -> Result<(), Error> {
        self.write(Secrets::LeftOut, writer).await
    }

    /// The same as [`Emulator::export_with_secrets`], written row by row.
    pub async fn export_with_secrets_to(&self, writer: impl Write + Send + 'static) -> Result<(), Error> {
        self.write(Secrets::Included, writer).await
    }

    /// Puts the state of a document in place of the present one. A document that does not fit is refused
    /// and changes nothing. The environment keeps its ids and credentials.
    pub async fn import(&self, document: &Value) -> Result<(), Error> {
        self.import_from(Bytes::from(document.to_string()).reader()).await
    }

    /// The same as [`Emulator::import`], read row by row, e.g. from a file: for a document that is larger than memory.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = frontegg_emulator::Emulator::start().await?;
    /// # let path = std::env::temp_dir().join(format!("{}.json", emulator.vendor_id()));
    /// emulator.export_to(std::fs::File::create(&path)?).await?;
    /// emulator.import_from(std::fs::File::open(&path)?).await?;
    /// # std::fs::remove_file(&path)?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn import_from(&self, reader: impl Read + Send + 'static) -> Result<(), Error> {
        Ok(self.service.import(reader).await?)
    }

    /// The state as it is at this moment, to go back to.
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        Ok(Snapshot(self.exported(Secrets::Included).await?.collect().await?))
    }

    /// Goes back to a state, of this emulator or of another.
    pub async fn restore(&self, snapshot: &Snapshot) -> Result<(), Error> {
        self.import_from(snapshot.0.clone().reader()).await
    }

    /// In this process nobody is too slow to take it.
    async fn exported(&self, secrets: Secrets) -> Result<Export, Error> {
        Ok(self.service.export(secrets, Duration::MAX).await?)
    }

    async fn document(&self, secrets: Secrets) -> Result<Value, Error> {
        let document = self.exported(secrets).await?.collect().await?;
        Ok(serde_json::from_slice(&document).map_err(DomainError::internal)?)
    }

    async fn write(&self, secrets: Secrets, mut writer: impl Write + Send + 'static) -> Result<(), Error> {
        let mut export = self.exported(secrets).await?;
        while let Some(chunk) = export.next().await {
            let chunk = chunk?;
            let write = move || writer.write_all(&chunk).map(|()| writer);
            writer = aside(write).await.map_err(Error::Document)?;
        }
        aside(move || writer.flush()).await.map_err(Error::Document)
    }

    /// The work it has done so far, for tests of how much a request costs and of who can tell people
    /// apart by it.
    #[doc(hidden)]
    pub fn work(&self) -> Work {
        let (store, passwords) = (self.service.store(), self.service.passwords());
        Work { statements: store.statements(), commits: store.commits(), password_hashes: passwords.computed() }
    }

    /// How many transactions of the store are open, for tests of what ends when its client leaves.
    #[doc(hidden)]
    pub fn open_transactions(&self) -> usize {
        self.service.store().open_transactions()
    }

    /// Takes no more connections, lets requests under way end for a few seconds, closes the store.
    pub async fn stop(mut self) {
        self.server.stop().await;
    }

    /// Waits until it has stopped for another reason than [`Emulator::stop`].
    pub async fn stopped(&mut self) {
        self.server.stopped().await;
    }
}

/// Work done since the start, for tests.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Statements that the store was asked in transactions, beginnings and ends not among them.
    pub statements: u64,
    /// Transactions that write that were committed: what waits for the disk.
    pub commits: u64,
    /// Password hashes computed, be it to store one or to compare with one.
    pub password_hashes: u64,
}
