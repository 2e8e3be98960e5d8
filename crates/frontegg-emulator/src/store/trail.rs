//! The audit trail: of whatever a request changes it leaves an entry, which the transaction of the change writes along.
//!
//! What a request is and who asks for it travels with its task: no transaction can be begun without it, and none that has
//! changed something is committed without its entry. What a rule knows beside, such as whose sign-in it is, it says by
//! [`Write::trail`].

use std::{
    fmt,
    str::FromStr,
    sync::{Arc, OnceLock, atomic::Ordering},
};

use parking_lot::Mutex;
use sea_orm::{ActiveEnum, ConnectionTrait, DbErr, Statement, Value};

use super::{Store, Write, entity::AuditSeverity};
use crate::{clock::Timestamp, ids, text};

tokio::task_local! {
    /// Empty until a request was let in, and where none is answered.
    static REQUEST: OnceLock<Arc<Request>>;
}

/// How many entries the audit trail has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Audits {
    /// Requests leave none; what clients add themselves is kept as with [`Audits::default`].
    Off,
    /// The newest ones, so many.
    Newest(u64),
}

impl Default for Audits {
    /// The newest million.
    fn default() -> Self {
        Self::Newest(1_000_000)
    }
}

impl Audits {
    fn most(self) -> u64 {
        match self {
            Self::Newest(most) => most,
            Self::Off => Self::default().most(),
        }
    }

    /// After how many entries those are dropped that are too many: more are there for so long.
    fn interval(self) -> u64 {
        (self.most() / 100).clamp(1, 1_000)
    }
}

impl FromStr for Audits {
    type Err = String;

    /// Reads `off`, or a number of entries.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            _ => text.parse().map(Self::Newest).map_err(|_| "audits are off, or a number of entries".to_owned()),
        }
    }
}

impl fmt::Display for Audits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Newest(most) => most.fmt(f),
        }
    }
}

/// What is said of something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) action: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) severity: AuditSeverity,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// A back end, or credentials of a tenant.
    Api,
    Person(String),
    /// Somebody who is not signed in.
    Nobody,
}

/// A request that was let in.
#[derive(Debug)]
pub(crate) struct Request {
    /// What is said where it succeeds; nothing of what is no event.
    pub(crate) done: Option<Event>,
    /// What is said where it is refused and yet changes something.
    pub(crate) refused: Event,
    /// What is said where somebody is let in by it, if that is what it is for.
    pub(crate) signed_in: Option<Event>,
    pub(crate) actor: Actor,
    pub(crate) tenant_id: Option<String>,
    /// What it is about, by the ids of its path.
    pub(crate) about: Vec<String>,
    pub(crate) operation: &'static str,
    pub(crate) ip: Option<String>,
    pub(crate) user_agent: Option<String>,
}

/// Runs what answers a request.
pub(crate) fn within<F: Future>(act: F) -> impl Future<Output = F::Output> {
    REQUEST.scope(OnceLock::new(), act)
}

/// Says which request is answered, once it was let in.
pub(crate) fn admit(request: Request) {
    // Elsewhere than within a request nobody is let in.
    let _ = REQUEST.try_with(|cell| cell.set(Arc::new(request)));
}

/// What a transaction is going to leave in the audit trail.
#[derive(Debug)]
pub(crate) struct Trail {
    request: Option<Arc<Request>>,
    said: Mutex<Said>,
}

#[derive(Debug, Default)]
struct Said {
    has_changed: bool,
    is_refused: bool,
    is_unsaid: bool,
    event: Option<Event>,
    also: Vec<Event>,
    person: Option<String>,
    tenant: Option<String>,
}

impl Trail {
    /// That of a transaction which begins here.
    pub(super) fn begin() -> Self {
        let request = REQUEST.try_with(|cell| cell.get().cloned()).ok().flatten();
        Self { request, said: Mutex::default() }
    }

    /// To be said of whatever may change something.
    pub(super) fn changed(&self) {
        if self.request.is_some() {
            self.said.lock().has_changed = true;
        }
    }

    /// To be said where what was changed is to stay though the request is refused.
    pub(crate) fn refused(&self) {
        self.said.lock().is_refused = true;
    }

    /// What it does is not worth an entry: another transaction of the request says what comes of it.
    pub(crate) fn unsaid(&self) {
        self.said.lock().is_unsaid = true;
    }

    /// What happens besides.
    pub(crate) fn also(&self, event: Event) {
        self.said.lock().also.push(event);
    }

    /// Somebody is let into a tenant.
    pub(crate) fn signed_in(&self, user_id: &str, tenant_id: &str) {
        self.person(user_id);
        self.tenant(tenant_id);
        let mut said = self.said.lock();
        said.event = said.event.or(self.request.as_ref().and_then(|request| request.signed_in));
    }

    /// What happens, where the operation alone does not tell.
    pub(crate) fn event(&self, event: Event) {
        self.said.lock().event = Some(event);
    }

    /// Whose doing it is, or to whom it happens, where nobody is signed in.
    pub(crate) fn person(&self, user_id: &str) {
        self.said.lock().person = Some(user_id.to_owned());
    }

    /// The tenant that it is about, where the request does not name it.
    pub(crate) fn tenant(&self, tenant_id: &str) {
        self.said.lock().tenant = Some(tenant_id.to_owned());
    }

    /// The entries to write, if anything has changed.
    fn entries(&self, now: Timestamp) -> Vec<Entry> {
        let Some(request) = self.request.as_deref() else { return Vec::new() };
        let said = self.said.lock();
        if !said.has_changed || said.is_unsaid {
            return Vec::new();
        }
        let event = match said.event {
            None if said.is_refused => Some(request.refused),
            None => request.done,
            event => event,
        };
        event.iter().chain(&said.also).map(|event| request.entry(*event, &said, now)).collect()
    }
}

impl Request {
    fn entry(&self, event: Event, said: &Said, now: Timestamp) -> Entry {
        let person = match &self.actor {
            Actor::Person(id) => Some(id.clone()),
            Actor::Nobody => said.person.clone(),
            Actor::Api => None,
        };
        let tenant_id = self.tenant_id.clone().or_else(|| said.tenant.clone());
        let about = self.about.join(", ");
        let description = if about.is_empty() { event.action.to_owned() } else { format!("{}: {about}", event.action) };
        let details = serde_json::json!({ "json": { "operation": self.operation, "about": self.about } });
        Entry {
            member: person.clone().filter(|_| tenant_id.is_none()),
            tenant_id,
            user: (self.actor == Actor::Api).then(|| "API".to_owned()),
            known_as: person.clone(),
            user_id: person,
            resource: Some(event.resource.to_owned()),
            action: Some(event.action.to_owned()),
            description: Some(description),
            ip: self.ip.clone(),
            user_agent: self.user_agent.clone(),
            members: details.to_string(),
            ..Entry::new(event.severity, now)
        }
    }
}

/// An entry to write.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) tenant_id: Option<String>,
    /// The person whose tenant it is about, where no tenant is named: the one that they work in, else their first.
    pub(crate) member: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) severity: AuditSeverity,
    pub(crate) user_id: Option<String>,
    /// The person whose name and address are filled in where they are not given.
    pub(crate) known_as: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) resource: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) ip: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) feature_flag_id: Option<String>,
    /// A JSON object with whatever else it has.
    pub(crate) members: String,
}

impl Entry {
    pub(crate) fn new(severity: AuditSeverity, created_at: Timestamp) -> Self {
        Self {
            id: ids::new_id(),
            tenant_id: None,
            member: None,
            created_at,
            severity,
            user_id: None,
            known_as: None,
            user: None,
            email: None,
            resource: None,
            action: None,
            description: None,
            ip: None,
            user_agent: None,
            feature_flag_id: None,
            members: "{}".to_owned(),
        }
    }
}

/// Who it was, and in which tenant, is looked up along with it.
const INSERT: &str = r#"
INSERT INTO "audits" (id, tenant_id, created_at, updated_at, severity, user_id, resource, action, description, ip,
    user_agent, feature_flag_id, members, user_name, email, words)
SELECT $1,
    COALESCE($2, (SELECT active_tenant_id FROM users WHERE id = $3),
        (SELECT tenant_id FROM memberships WHERE user_id = $3 ORDER BY created_at, id LIMIT 1)),
    $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
    COALESCE($15, users.name, user_emails.email), COALESCE($16, user_emails.email),
    COALESCE($17, users.name_folded, user_emails.email_folded, '') || '
' || COALESCE($18, user_emails.email_folded, '') || '
' || $19
FROM (SELECT 1 AS one) AS entry
LEFT JOIN users ON users.id = $20
LEFT JOIN user_emails ON user_emails.user_id = users.id AND user_emails.is_primary"#;

const TOTAL: &str = "SELECT CAST(COALESCE(SUM(entries), 0) AS BIGINT) AS total FROM audit_counts";

const DROP: &str = r#"DELETE FROM "audits" WHERE id IN (SELECT id FROM audits ORDER BY created_at, id LIMIT $1)"#;

impl Write {
    /// What this transaction is going to leave in the audit trail.
    pub(crate) fn trail(&self) -> &Trail {
        &self.trail
    }

    /// To be said before the transaction is committed: writes what it has to say of itself.
    pub(super) async fn leave_entry(&self) -> Result<(), DbErr> {
        for entry in self.trail.entries(self.now()) {
            self.record(entry).await?;
        }
        Ok(())
    }

    /// Adds an entry to the audit trail, and drops the oldest where they have become too many.
    pub(crate) async fn record(&self, entry: Entry) -> Result<(), DbErr> {
        let severity = entry.severity.to_value();
        let others = [&entry.resource, &entry.action, &entry.description, &entry.ip];
        let words = text::fold_all(others.into_iter().map(Option::as_deref).chain([Some(severity.as_str())]));
        let fold = |given: &Option<String>| Value::from(given.as_deref().map(text::fold));
        let (user_words, email_words) = (fold(&entry.user), fold(&entry.email));
        let values: [Value; 20] = [
            entry.id.into(),
            entry.tenant_id.into(),
            entry.member.into(),
            entry.created_at.micros().into(),
            self.now().micros().into(),
            severity.into(),
            entry.user_id.into(),
            entry.resource.into(),
            entry.action.into(),
            entry.description.into(),
            entry.ip.into(),
            entry.user_agent.into(),
            entry.feature_flag_id.into(),
            entry.members.into(),
            entry.user.into(),
            entry.email.into(),
            user_words,
            email_words,
            words.into(),
            entry.known_as.into(),
        ];
        self.execute_raw(Statement::from_sql_and_values(self.backend(), INSERT, values)).await?;
        let written = self.counters.entries.fetch_add(1, Ordering::Relaxed) + 1;
        if written.is_multiple_of(self.audits.interval()) { self.drop_oldest().await } else { Ok(()) }
    }

    async fn drop_oldest(&self) -> Result<(), DbErr> {
        let rows = self.rows(Statement::from_string(self.backend(), TOTAL)).await?;
        let total: i64 = rows.first().map(|row| row.try_get("", "total")).transpose()?.unwrap_or_default();
        let most = i64::try_from(self.audits.most()).unwrap_or(i64::MAX);
        let excess = total.saturating_sub(most);
        if excess > 0 {
            let drop = Statement::from_sql_and_values(self.backend(), DROP, [excess.into()]);
            self.execute_raw(drop).await?;
        }
        Ok(())
    }
}

impl Store {
    /// The same, with an audit trail of that length.
    pub(crate) fn with_audits(mut self, audits: Audits) -> Self {
        self.audits = audits;
        self
    }

    /// Whether requests leave entries.
    pub(crate) fn has_audits(&self) -> bool {
        self.audits != Audits::Off
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_a_number_or_off() {
        for (text, audits) in [("off", Audits::Off), ("100", Audits::Newest(100)), ("0", Audits::Newest(0))] {
            assert_eq!(text.parse(), Ok(audits));
            assert_eq!(audits.to_string(), text);
        }
        for wrong in ["", "on", "-1", "1.5"] {
            assert!(wrong.parse::<Audits>().is_err(), "{wrong}");
        }
        assert_eq!([0, 99, 5_000, u64::MAX].map(|most| Audits::Newest(most).interval()), [1, 1, 50, 1_000]);
    }
}
