//! A typed client of the control plane, for an emulator of this process or of another.

mod error;
mod exchange;
#[cfg(feature = "tls")]
pub(crate) mod tls;
pub(crate) mod transfer;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Method, Request, StatusCode};
use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::time::Instant;

pub use error::ControlError;
use exchange::{Address, segment};
#[cfg(feature = "tls")]
use tls::Trust;

use crate::{
    gate::{faults::Fault, limits::RateLimit},
    identity_provider::{Defect, Person, SignedIn},
    seed::Seed,
    service::transfer::Snapshot,
    wire::{
        AdvanceClock, ClockState, DnsRecords, ExportQuery, FaultList, FaultState, Health, IdentityProviderState, Info,
        KeyId, LONGEST_WAIT, LeakedPasswords, LockoutList, LockoutState, Message, MessageBody, MessageList,
        OutboxQuery, ProviderSignIn, ProvidersBegin, RateLimitList, RequestCount, RequestList, RequestQuery,
        RequestRecord, ResetQuery, SeedReport, SessionList, SessionQuery, SessionState, SetClock, SsoAttempt,
        SsoAttemptList, TokenRequest, TotpCode, TotpQuery, TxtRecord, UnsolicitedSignIn, UserPoolPeople,
        UserPoolPerson, UserTokens,
    },
};

/// How long an answer may take, beside the time that is waited for something to happen.
const PATIENCE: Duration = Duration::from_mins(1);

type Answer<T> = Result<T, ControlError>;

/// A client of the [control plane](crate::control_plane) of an emulator that may run elsewhere, as a
/// program or in another process: what [`Emulator`](crate::Emulator) does directly, over HTTP.
///
/// Each call is one request over a connection of its own; nothing is repeated. By `https` with the feature `tls`.
#[derive(Clone, Debug)]
pub struct Control {
    address: Arc<Address>,
    admin_token: Option<SecretString>,
    patience: Duration,
}

impl Control {
    /// The control plane of the emulator at that address, e.g. `http://127.0.0.1:8100`. Nothing is
    /// sent yet.
    pub fn at(url: &str) -> Result<Self, ControlError> {
        Ok(Self { address: Arc::new(Address::parse(url)?), admin_token: None, patience: PATIENCE })
    }

    /// The control plane of an emulator of this process.
    pub(crate) fn of(url: &str, address: SocketAddr, admin_token: Option<SecretString>) -> Self {
        Self { address: Arc::new(Address::of(url, address)), admin_token, patience: PATIENCE }
    }

    /// The same for an emulator that is reached by `https` and has a certificate which one of these vouches for (PEM),
    /// in place of those that the system trusts.
    #[cfg(feature = "tls")]
    pub fn root_certificates(self, pem: &[u8]) -> Answer<Self> {
        Ok(self.trusting(Trust::in_roots(pem)?))
    }

    /// The same for an emulator that is reached by `https` and has this certificate (PEM) and no other, under whatever
    /// name.
    #[cfg(feature = "tls")]
    pub fn certificate(self, pem: &[u8]) -> Answer<Self> {
        Ok(self.trusting(Trust::in_exactly(pem)?))
    }

    #[cfg(feature = "tls")]
    pub(crate) fn trusting(mut self, trust: Trust) -> Self {
        Arc::make_mut(&mut self.address).trust = trust;
        self
    }

    /// The same with an admin token, for an emulator that asks for one.
    #[must_use]
    pub fn admin_token(mut self, token: impl Into<String>) -> Self {
        self.admin_token = Some(SecretString::from(token.into()));
        self
    }

    /// The same with another time that an answer may take; by default a minute.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// Where the emulator is.
    pub fn url(&self) -> &str {
        &self.address.url
    }

    /// Whether it lives, and how it hashes passwords.
    pub async fn health(&self) -> Answer<Health> {
        self.get("health").await
    }

    /// Whether it can serve: its store can be reached.
    pub async fn is_ready(&self) -> Answer<bool> {
        match self.call(Method::GET, "ready", &(), Duration::ZERO).await {
            Ok(_) => Ok(true),
            Err(error) if error.status() == Some(StatusCode::SERVICE_UNAVAILABLE.as_u16()) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Figures of requests, store and outbox, in the form of OpenMetrics; not found where the emulator was built
    /// without the feature `metrics`.
    pub async fn metrics(&self) -> Answer<String> {
        let text = self.call(Method::GET, "metrics", &(), Duration::ZERO).await?;
        String::from_utf8(text.into()).map_err(|error| ControlError::Answer(error.into()))
    }

    /// Which emulator it is.
    pub async fn info(&self) -> Answer<Info> {
        self.get("info").await
    }

    /// Empties it, so that it is as after its start, but for what was said to the emulator itself.
    pub async fn reset(&self) -> Answer<()> {
        self.done(Method::POST, "reset").await
    }

    /// Empties it likewise, and begins again with what it began with.
    pub async fn reset_to_seed(&self) -> Answer<()> {
        self.done(Method::POST, &with_query("reset", &ResetQuery { seed: true })?).await
    }

    /// Adds what a seed describes to what is there, or changes nothing.
    pub async fn seed(&self, seed: &Seed) -> Answer<SeedReport> {
        self.send(Method::POST, "seed", seed).await
    }

    /// The same with a seed as it is written, in YAML or JSON. Errors tell its lines.
    pub async fn seed_text(&self, text: impl Into<String>) -> Answer<SeedReport> {
        let answer = self.exchange(Method::POST, "seed", Bytes::from(text.into()), Duration::ZERO).await?;
        read(&answer)
    }

    /// The tokens of a new session of somebody, by an id, an address or a username, without a sign-in; in that tenant or
    /// else in the one that they work in.
    pub async fn token_for(&self, user: &str, tenant: Option<&str>) -> Answer<UserTokens> {
        let wanted = TokenRequest { user: user.to_owned(), tenant: tenant.map(str::to_owned) };
        self.send(Method::POST, "tokens", &wanted).await
    }

    /// A code of somebody's authenticator app that a sign-in takes now.
    pub async fn totp(&self, user: &str) -> Answer<String> {
        let TotpCode { code } = self.get(&with_query("outbox/totp", &TotpQuery { user: user.to_owned() })?).await?;
        Ok(code)
    }

    /// Its time.
    pub async fn clock(&self) -> Answer<ClockState> {
        self.get("clock").await
    }

    /// Goes to a moment; time runs on from there, or stands there if it is frozen.
    pub async fn set_clock(&self, now: DateTime<Utc>) -> Answer<ClockState> {
        self.send(Method::PUT, "clock", &SetClock { now }).await
    }

    /// Goes forward.
    pub async fn advance_clock(&self, duration: Duration) -> Answer<ClockState> {
        self.send(Method::POST, "clock/advance", &AdvanceClock { seconds: duration.as_secs_f64() }).await
    }

    /// Stops time where it is.
    pub async fn freeze_clock(&self) -> Answer<ClockState> {
        self.send(Method::POST, "clock/freeze", &()).await
    }

    /// Lets frozen time run on from where it stands.
    pub async fn resume_clock(&self) -> Answer<ClockState> {
        self.send(Method::POST, "clock/resume", &()).await
    }

    /// Returns to the system's time.
    pub async fn real_clock(&self) -> Answer<ClockState> {
        self.send(Method::DELETE, "clock", &()).await
    }

    /// Makes a new key sign from now on, and gives its id (`kid`).
    pub async fn rotate_keys(&self) -> Answer<String> {
        let KeyId { kid } = self.send(Method::POST, "keys/rotate", &()).await?;
        Ok(kid)
    }

    /// From now on these passwords count as known from a data leak, and no others.
    pub async fn set_leaked_passwords(&self, passwords: impl IntoIterator<Item = impl Into<String>>) -> Answer<()> {
        let body = LeakedPasswords { passwords: passwords.into_iter().map(Into::into).collect() };
        self.call(Method::PUT, "leaked-passwords", &body, Duration::ZERO).await.map(drop)
    }

    /// From now on name servers have these records, and no others.
    pub async fn set_dns_records(&self, records: impl IntoIterator<Item = TxtRecord>) -> Answer<()> {
        let body = DnsRecords { records: records.into_iter().collect() };
        self.call(Method::PUT, "dns", &body, Duration::ZERO).await.map(drop)
    }

    /// The records that name servers have.
    pub async fn dns_records(&self) -> Answer<Vec<TxtRecord>> {
        let DnsRecords { records } = self.get("dns").await?;
        Ok(records)
    }

    /// Lets people begin at their identity provider of SAML, or not, as is the default.
    pub async fn let_providers_begin(&self, allowed: bool) -> Answer<()> {
        self.call(Method::PUT, "sso/providers-begin", &ProvidersBegin { allowed }, Duration::ZERO).await.map(drop)
    }

    /// What came of sign-ins by identity providers of tenants, the newest first.
    pub async fn sso_attempts(&self) -> Answer<Vec<SsoAttempt>> {
        let SsoAttemptList { attempts } = self.get("sso/attempts").await?;
        Ok(attempts)
    }

    /// From now on the provider of that user pool knows these people, and no others.
    pub async fn set_user_pool_people(
        &self,
        pool_id: &str,
        people: impl IntoIterator<Item = UserPoolPerson>,
    ) -> Answer<()> {
        let body = UserPoolPeople { people: people.into_iter().collect() };
        let path = format!("user-pools/{}/people", segment(pool_id));
        self.call(Method::PUT, &path, &body, Duration::ZERO).await.map(drop)
    }

    /// The people whom the provider of that user pool knows, by their addresses, without their passwords.
    pub async fn user_pool_people(&self, pool_id: &str) -> Answer<Vec<UserPoolPerson>> {
        let UserPoolPeople { people } = self.get(&format!("user-pools/{}/people", segment(pool_id))).await?;
        Ok(people)
    }

    /// From now on the [identity provider for tests](crate::identity_provider) knows these people, and no others, and has
    /// that defect, or none.
    pub async fn set_identity_provider(
        &self,
        people: impl IntoIterator<Item = Person>,
        defect: Option<Defect>,
    ) -> Answer<IdentityProviderState> {
        let body = IdentityProviderState { people: people.into_iter().collect(), defect };
        self.send(Method::PUT, "idp", &body).await
    }

    /// What the identity provider for tests was told.
    pub async fn identity_provider(&self) -> Answer<IdentityProviderState> {
        self.get("idp").await
    }

    /// Signs somebody in at the identity provider for tests, as their browser does by its pages: `address` is where the
    /// service has sent it.
    pub async fn sign_in_at_identity_provider(&self, address: &str, email: &str) -> Answer<SignedIn> {
        let body = ProviderSignIn { address: address.to_owned(), email: email.to_owned() };
        self.send(Method::POST, "idp/sign-ins", &body).await
    }

    /// An answer of the identity provider for tests that no service has asked for, as when people begin there.
    pub async fn unsolicited_sign_in(&self, acs_url: &str, sp_entity_id: &str, email: &str) -> Answer<SignedIn> {
        let [acs_url, sp_entity_id, email] = [acs_url, sp_entity_id, email].map(str::to_owned);
        self.send(Method::POST, "idp/unsolicited", &UnsolicitedSignIn { acs_url, sp_entity_id, email }).await
    }

    /// Messages of the outbox, the oldest first.
    pub async fn messages(&self, query: &OutboxQuery) -> Answer<Vec<Message>> {
        let list: MessageList = self.get(&with_query("outbox", query)?).await?;
        Ok(list.messages.into_iter().map(Message::from).collect())
    }

    /// The newest message that fits, once there is one; not found when none comes in that time.
    pub async fn wait_for_message(&self, query: &OutboxQuery, within: Duration) -> Answer<Message> {
        let found: MessageBody = self
            .wait(within, |seconds| {
                let query = OutboxQuery { seconds: Some(seconds), ..query.clone() };
                with_query("outbox/wait", &query)
            })
            .await?;
        Ok(found.into())
    }

    /// The message with that id, without its secrets.
    pub async fn message(&self, id: &str) -> Answer<Message> {
        self.find_message(id, ExportQuery { secrets: false }).await
    }

    /// The message with that id, with code, token and link as they were sent.
    pub async fn message_with_secrets(&self, id: &str) -> Answer<Message> {
        self.find_message(id, ExportQuery { secrets: true }).await
    }

    async fn find_message(&self, id: &str, query: ExportQuery) -> Answer<Message> {
        let path = format!("outbox/{}", segment(id));
        let found: MessageBody = self.get(&with_query(&path, &query)?).await?;
        Ok(found.into())
    }

    /// Forgets all messages.
    pub async fn clear_outbox(&self) -> Answer<()> {
        self.done(Method::DELETE, "outbox").await
    }

    /// All faults, in their order, with those that happen no more.
    pub async fn faults(&self) -> Answer<Vec<FaultState>> {
        let FaultList { faults } = self.get("faults").await?;
        Ok(faults)
    }

    /// Lets a fault happen from now on; refused when it names what is not there.
    pub async fn inject(&self, fault: &Fault) -> Answer<FaultState> {
        self.send(Method::POST, "faults", fault).await
    }

    /// The fault of that number.
    pub async fn fault(&self, id: u64) -> Answer<FaultState> {
        self.get(&format!("faults/{id}")).await
    }

    /// Ends the fault of that number.
    pub async fn remove_fault(&self, id: u64) -> Answer<()> {
        self.done(Method::DELETE, &format!("faults/{id}")).await
    }

    /// Ends all faults.
    pub async fn clear_faults(&self) -> Answer<()> {
        self.done(Method::DELETE, "faults").await
    }

    /// The rate limits.
    pub async fn rate_limits(&self) -> Answer<Vec<RateLimit>> {
        let RateLimitList { rate_limits } = self.get("rate-limits").await?;
        Ok(rate_limits)
    }

    /// Sets a rate limit beside the others.
    pub async fn add_rate_limit(&self, limit: &RateLimit) -> Answer<RateLimit> {
        self.send(Method::POST, "rate-limits", limit).await
    }

    /// Ends all rate limits.
    pub async fn clear_rate_limits(&self) -> Answer<()> {
        self.done(Method::DELETE, "rate-limits").await
    }

    /// Recorded requests, the oldest first.
    pub async fn requests(&self, query: &RequestQuery) -> Answer<Vec<RequestRecord>> {
        let RequestList { requests } = self.get(&with_query("requests", query)?).await?;
        Ok(requests)
    }

    /// How many recorded requests fit.
    pub async fn count_requests(&self, query: &RequestQuery) -> Answer<usize> {
        let RequestCount { count } = self.get(&with_query("requests/count", query)?).await?;
        Ok(count)
    }

    /// The recorded requests that fit, once there are so many; not found when they do not come in that
    /// time.
    pub async fn wait_for_requests(
        &self,
        query: &RequestQuery,
        count: usize,
        within: Duration,
    ) -> Answer<Vec<RequestRecord>> {
        let list: RequestList = self
            .wait(within, |seconds| {
                let query = RequestQuery { count: Some(count), seconds: Some(seconds), ..query.clone() };
                with_query("requests/wait", &query)
            })
            .await?;
        Ok(list.requests)
    }

    /// Forgets all recorded requests.
    pub async fn clear_requests(&self) -> Answer<()> {
        self.done(Method::DELETE, "requests").await
    }

    /// Sessions of people, the oldest first.
    pub async fn sessions(&self, query: &SessionQuery) -> Answer<Vec<SessionState>> {
        let SessionList { sessions } = self.get(&with_query("sessions", query)?).await?;
        Ok(sessions)
    }

    /// Ends a session, and with it its tokens.
    pub async fn end_session(&self, id: &str) -> Answer<()> {
        self.done(Method::DELETE, &format!("sessions/{}", segment(id))).await
    }

    /// Ends all sessions.
    pub async fn end_sessions(&self) -> Answer<()> {
        self.done(Method::DELETE, "sessions").await
    }

    /// Who is locked out or has failed to sign in since they last did.
    pub async fn lockouts(&self) -> Answer<Vec<LockoutState>> {
        let LockoutList { lockouts } = self.get("lockouts").await?;
        Ok(lockouts)
    }

    /// Lets somebody in again; failures count from zero.
    pub async fn clear_lockout(&self, user_id: &str) -> Answer<()> {
        self.done(Method::DELETE, &format!("lockouts/{}", segment(user_id))).await
    }

    /// Lets everybody in again.
    pub async fn clear_lockouts(&self) -> Answer<()> {
        self.done(Method::DELETE, "lockouts").await
    }

    /// The whole state as a document for [`Control::import`], without what opens something as it
    /// stands.
    pub async fn export(&self) -> Answer<Value> {
        self.get("export").await
    }

    /// The whole state as a document, with all secrets.
    pub async fn export_with_secrets(&self) -> Answer<Value> {
        self.get(&with_query("export", &ExportQuery { secrets: true })?).await
    }

    /// Puts the state of a document in place of the present one; one that does not fit is refused and
    /// changes nothing.
    pub async fn import(&self, document: &Value) -> Answer<()> {
        self.call(Method::POST, "import", document, Duration::ZERO).await.map(drop)
    }

    /// The state as it is at this moment, to go back to.
    pub async fn snapshot(&self) -> Answer<Snapshot> {
        let path = with_query("export", &ExportQuery { secrets: true })?;
        Ok(Snapshot(self.call(Method::GET, &path, &(), Duration::ZERO).await?))
    }

    /// Goes back to a state, of this emulator or of another.
    pub async fn restore(&self, snapshot: &Snapshot) -> Answer<()> {
        self.exchange(Method::POST, "import", snapshot.0.clone(), Duration::ZERO).await.map(drop)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Answer<T> {
        self.send(Method::GET, path, &()).await
    }

    async fn send<T: DeserializeOwned>(&self, method: Method, path: &str, body: &impl Serialize) -> Answer<T> {
        read(&self.call(method, path, body, Duration::ZERO).await?)
    }

    async fn done(&self, method: Method, path: &str) -> Answer<()> {
        self.call(method, path, &(), Duration::ZERO).await.map(drop)
    }

    /// Asks again while there is time left: one request waits only so long.
    async fn wait<T: DeserializeOwned>(&self, within: Duration, path: impl Fn(f64) -> Answer<String>) -> Answer<T> {
        let deadline = Instant::now() + within;
        loop {
            let time = deadline.saturating_duration_since(Instant::now()).min(LONGEST_WAIT);
            match self.call(Method::GET, &path(time.as_secs_f64())?, &(), time).await {
                Err(error) if error.is_not_found() && Instant::now() < deadline => {}
                answer => return read(&answer?),
            }
        }
    }

    /// Sends a request, whose body is none when it is null; gives the body of its answer.
    async fn call(&self, method: Method, path: &str, body: &impl Serialize, waiting: Duration) -> Answer<Bytes> {
        let body = serde_json::to_vec(body).map_err(|error| ControlError::Answer(error.into()))?;
        let body = if body == b"null" { Bytes::new() } else { body.into() };
        self.exchange(method, path, body, waiting).await
    }

    fn request(&self, method: Method, path: &str, body: Body) -> Answer<Request<Body>> {
        self.address.request(method, path, body, self.admin_token.as_ref())
    }

    async fn exchange(&self, method: Method, path: &str, body: Bytes, waiting: Duration) -> Answer<Bytes> {
        let request = self.request(method, path, body.into())?;
        let (status, answer) = self.address.exchange(request, self.patience + waiting).await?;
        if status.is_success() { Ok(answer) } else { Err(ControlError::refused(status, &answer)) }
    }
}

fn read<T: DeserializeOwned>(answer: &[u8]) -> Answer<T> {
    serde_json::from_slice(answer).map_err(|error| ControlError::Answer(error.into()))
}

fn with_query(path: &str, query: &impl Serialize) -> Answer<String> {
    let query = serde_urlencoded::to_string(query).map_err(|error| ControlError::Answer(error.into()))?;
    Ok(if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") })
}
