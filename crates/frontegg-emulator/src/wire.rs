//! The bodies and queries of the control plane: one definition for the server and its client.

mod message;

use std::{collections::BTreeMap, fmt, time::Duration};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use message::MessageBody;
pub use message::{Channel, Message};

pub use crate::domain::{
    sso::dns::TxtRecord,
    user_pools::accounts::{UserPoolAnswer, UserPoolPerson},
};
use crate::{
    gate::{faults::Fault, limits::RateLimit, selection::Selection},
    identity_provider::{Defect, Person},
};

/// The answer of `health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// How passwords are hashed, in words; cheaply where they end with the process.
    pub password_hashing: String,
}

/// The answer of `ready`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) status: String,
}

/// The answer of `info`: which emulator it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Info {
    /// The version of this program.
    pub version: String,
    /// Where it listens.
    pub url: String,
    /// Under which address tokens are issued and links are made.
    pub base_url: String,
    /// The id of the environment.
    pub vendor_id: String,
    /// The environment's client id.
    pub client_id: String,
    /// The environment's default application.
    pub application_id: String,
    /// Where the state is kept, without credentials.
    pub store: String,
    /// Its time.
    pub clock: ClockState,
    /// How many operations it serves: all of the documents.
    pub operations: usize,
}

/// The emulator's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClockState {
    /// The present moment, in whole milliseconds.
    #[serde(with = "moment")]
    pub now: DateTime<Utc>,
    /// Whether it stands still.
    pub frozen: bool,
}

/// The body of `PUT clock`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetClock {
    pub(crate) now: DateTime<Utc>,
}

/// The body of `POST clock/advance`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdvanceClock {
    pub(crate) seconds: f64,
}

/// The answer of `POST keys/rotate`.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeyId {
    pub(crate) kid: String,
}

/// The body of `PUT leaked-passwords`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeakedPasswords {
    pub(crate) passwords: Vec<String>,
}

/// The body of `PUT user-pools/{id}/people`, and the answer of `GET`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserPoolPeople {
    pub(crate) people: Vec<UserPoolPerson>,
}

/// The body of `PUT dns`, and the answer of `GET`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DnsRecords {
    pub(crate) records: Vec<TxtRecord>,
}

/// The body of `PUT idp`, and the answer: what the identity provider for tests is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct IdentityProviderState {
    /// Whom it knows.
    pub people: Vec<Person>,
    /// What it does wrong, if anything.
    #[serde(default)]
    pub defect: Option<Defect>,
}

/// The body of `POST idp/sign-ins`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderSignIn {
    pub(crate) address: String,
    pub(crate) email: String,
}

/// The body of `POST idp/unsolicited`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UnsolicitedSignIn {
    pub(crate) acs_url: String,
    pub(crate) sp_entity_id: String,
    pub(crate) email: String,
}

/// A sign-in by an identity provider of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SsoAttempt {
    /// When it was.
    #[serde(with = "moment")]
    pub at: DateTime<Utc>,
    /// `saml` or `oidc`.
    pub protocol: String,
    /// The connection that it was by, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
    /// The provider, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Who it was, if they were let in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The number of the check that refused them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_check: Option<u8>,
    /// Why it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The body of `PUT sso/providers-begin`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProvidersBegin {
    pub(crate) allowed: bool,
}

/// The answer of `sso/attempts`.
#[derive(Serialize, Deserialize)]
pub(crate) struct SsoAttemptList {
    pub(crate) attempts: Vec<SsoAttempt>,
}

/// The query of `POST reset`.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetQuery {
    #[serde(default)]
    pub(crate) seed: bool,
}

/// The body of `POST tokens`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenRequest {
    /// An id, an address or a username.
    pub(crate) user: String,
    /// The tenant that they work in, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<String>,
}

/// The tokens of a session that began without a sign-in. `Debug` does not show them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserTokens {
    /// A bearer token, as a sign-in gives it.
    pub access_token: String,
    /// What the next one is had with, once.
    pub refresh_token: String,
    /// For how many seconds the access token is valid.
    pub expires_in: u64,
    /// Whose they are.
    pub user_id: String,
    /// The tenant that they are for.
    pub tenant_id: String,
    /// The session, the `sid` of the access token.
    pub session_id: String,
}

impl fmt::Debug for UserTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserTokens")
            .field("user_id", &self.user_id)
            .field("tenant_id", &self.tenant_id)
            .field("session_id", &self.session_id)
            .finish_non_exhaustive()
    }
}

/// The query of `GET outbox/totp`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TotpQuery {
    /// An id, an address or a username.
    pub(crate) user: String,
}

/// The answer of `GET outbox/totp`.
#[derive(Serialize, Deserialize)]
pub(crate) struct TotpCode {
    pub(crate) code: String,
}

/// What became of a seed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SeedReport {
    /// How many things were made.
    pub added: u64,
    /// How many were there already, and stay as they were.
    pub present: u64,
    /// The id of each, by its place in the seed, e.g. `tenants.acme.users.ada@acme.test`.
    pub ids: BTreeMap<String, String>,
}

/// A fault and what has become of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FaultState {
    /// Its number, as recorded requests tell it.
    pub id: u64,
    /// What was injected.
    pub fault: Fault,
    /// How many requests it was to apply, those that it spared included.
    pub calls: u64,
    /// How often it has happened.
    pub hits: u64,
    /// Whether it has happened as often as it was to.
    pub spent: bool,
}

/// The answer of `GET faults`.
#[derive(Serialize, Deserialize)]
pub(crate) struct FaultList {
    pub(crate) faults: Vec<FaultState>,
}

/// The answer of `GET rate-limits`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RateLimitList {
    pub(crate) rate_limits: Vec<RateLimit>,
}

/// Which messages of the outbox are asked for, and how much of them. Without any wish it is all of
/// them, and their codes, tokens and links are not shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutboxQuery {
    pub(crate) to: Option<String>,
    pub(crate) template: Option<String>,
    pub(crate) channel: Option<Channel>,
    pub(crate) after: Option<String>,
    pub(crate) limit: Option<u64>,
    /// How long to wait; only where one waits.
    pub(crate) seconds: Option<f64>,
    #[serde(default)]
    pub(crate) secrets: bool,
}

impl OutboxQuery {
    /// All messages.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Those to an address or number.
    pub fn to(recipient: impl Into<String>) -> Self {
        Self { to: Some(recipient.into()), ..Self::default() }
    }

    /// Only those from that template, e.g. `MagicLink`.
    #[must_use]
    pub fn template(mut self, name: impl Into<String>) -> Self {
        self.template = Some(name.into());
        self
    }

    /// Only mails, or only SMS messages.
    #[must_use]
    pub fn channel(mut self, channel: Channel) -> Self {
        self.channel = Some(channel);
        self
    }

    /// Only those after that one.
    #[must_use]
    pub fn after(mut self, message: &Message) -> Self {
        self.after = Some(message.id().to_owned());
        self
    }

    /// So many at most, the newest.
    #[must_use]
    pub fn newest(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// With their codes, tokens and links, which otherwise stand there as `[redacted]`.
    #[must_use]
    pub fn with_secrets(mut self) -> Self {
        self.secrets = true;
        self
    }
}

/// The answer of `GET outbox`.
#[derive(Serialize, Deserialize)]
pub(crate) struct MessageList {
    pub(crate) messages: Vec<MessageBody>,
}

/// Which of the recorded requests are asked for; without any wish, all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestQuery {
    pub(crate) operation: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) tenant: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) after: Option<u64>,
    pub(crate) limit: Option<usize>,
    /// How many to wait for, and how long; only where one waits.
    pub(crate) count: Option<usize>,
    pub(crate) seconds: Option<f64>,
}

impl RequestQuery {
    /// All requests.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Those of a selection, e.g. those to an operation.
    pub fn on(selection: impl Into<Selection>) -> Self {
        let Selection { operation, tag, tenant, path, method } = selection.into();
        Self { operation, tag, tenant, path, method, ..Self::default() }
    }

    /// Only those that were answered with that status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Only those after that one.
    #[must_use]
    pub fn after(mut self, request: &RequestRecord) -> Self {
        self.after = Some(request.number);
        self
    }

    /// So many at most, the newest.
    #[must_use]
    pub fn newest(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// What it says of the requests themselves.
    pub(crate) fn selection(&self) -> Selection {
        Selection {
            operation: self.operation.clone(),
            tag: self.tag.clone(),
            tenant: self.tenant.clone(),
            path: self.path.clone(),
            method: self.method.clone(),
        }
    }
}

/// A request that came in and what became of it, without secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RequestRecord {
    /// Its number; later requests have greater ones.
    pub number: u64,
    /// When it came, by the emulator's clock.
    #[serde(with = "moment")]
    pub at: DateTime<Utc>,
    /// How long it took until its answer began, in real time.
    pub milliseconds: f64,
    /// Its method.
    pub method: String,
    /// Its path, without `/frontegg` before it and without a slash behind it.
    pub path: String,
    /// Its query, without the question mark.
    pub query: String,
    /// Its headers; `[redacted]` where they may hold a secret.
    pub headers: BTreeMap<String, String>,
    /// The id of its operation.
    pub operation: Option<String>,
    /// Which kind of token it body: `environment`, `user`, `userApi` or `tenantApi`.
    pub token: Option<String>,
    /// The tenant that it was about.
    pub tenant_id: Option<String>,
    /// The user that it was about.
    pub user_id: Option<String>,
    /// Its body; null when it had none or was refused before it was read.
    pub body: Value,
    /// The members of its body that the documents do not declare, which nobody reads, by their paths.
    #[serde(default)]
    pub undeclared: Vec<String>,
    /// The status of its answer; nothing when none was sent.
    pub status: Option<u16>,
    /// The body of its answer.
    pub answer: Value,
    /// The number of the fault that happened to it.
    pub fault: Option<u64>,
    /// The id in its answer and in the log.
    pub trace_id: Option<String>,
}

/// The answer of `GET requests`.
#[derive(Serialize, Deserialize)]
pub(crate) struct RequestList {
    pub(crate) requests: Vec<RequestRecord>,
}

/// The answer of `GET requests/count`.
#[derive(Serialize, Deserialize)]
pub(crate) struct RequestCount {
    pub(crate) count: usize,
}

/// Which sessions are asked for; without any wish, all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionQuery {
    pub(crate) user: Option<String>,
    pub(crate) tenant: Option<String>,
}

impl SessionQuery {
    /// All sessions.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Those of that user.
    pub fn of(user_id: impl Into<String>) -> Self {
        Self { user: Some(user_id.into()), ..Self::default() }
    }

    /// Only those that are in that tenant.
    #[must_use]
    pub fn tenant(mut self, id: impl Into<String>) -> Self {
        self.tenant = Some(id.into());
        self
    }
}

/// A session that is neither ended nor over. Its tokens end with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SessionState {
    /// Its id, the `sid` of its tokens.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// The tenant that it is in.
    pub tenant_id: String,
    /// When it began.
    #[serde(with = "moment")]
    pub created_at: DateTime<Utc>,
    /// When it was last renewed.
    #[serde(with = "moment")]
    pub last_used_at: DateTime<Utc>,
    /// When it expires, whether used or not.
    #[serde(with = "moment")]
    pub expires_at: DateTime<Utc>,
}

/// The answer of `GET sessions`.
#[derive(Serialize, Deserialize)]
pub(crate) struct SessionList {
    pub(crate) sessions: Vec<SessionState>,
}

/// Somebody who is locked, or has failed to sign in since they last did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LockoutState {
    /// Who it is.
    pub user_id: String,
    /// Their primary address.
    pub email: Option<String>,
    /// How often in a row they gave a wrong password.
    pub failed_sign_ins: i32,
    /// Whether they are locked.
    pub locked: bool,
}

/// The answer of `GET lockouts`.
#[derive(Serialize, Deserialize)]
pub(crate) struct LockoutList {
    pub(crate) lockouts: Vec<LockoutState>,
}

/// Whether secrets are among what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrets {
    Included,
    LeftOut,
}

/// As a query says it.
impl From<bool> for Secrets {
    fn from(wanted: bool) -> Self {
        if wanted { Self::Included } else { Self::LeftOut }
    }
}

/// The query of `GET export`.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportQuery {
    #[serde(default)]
    pub(crate) secrets: bool,
}

/// The longest time that one request waits: requests end after half a minute.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(25);

/// How long to wait, where it is said in a query; at most [`LONGEST_WAIT`].
pub(crate) fn patience(seconds: Option<f64>) -> Result<Duration, &'static str> {
    let time = Duration::try_from_secs_f64(seconds.unwrap_or_default()).ok();
    time.filter(|time| *time <= LONGEST_WAIT).ok_or("seconds must be a number from 0 to 25")
}

/// Moments in RFC 3339 with milliseconds, as the service writes them.
mod moment {
    use chrono::{DateTime, SecondsFormat, Utc};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(moment: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&moment.to_rfc3339_opts(SecondsFormat::Millis, true))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        DateTime::deserialize(deserializer)
    }
}
