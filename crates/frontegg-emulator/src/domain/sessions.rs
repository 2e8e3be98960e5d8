//! Sessions of signed-in people: how they begin, go on, are listed and end.
//!
//! A session belongs to a person and, at any time, to the tenant that they last worked in with it.
//! It lives by its refresh token: [`refresh_tokens`]. Ended ones stay as rows, so that they can be
//! told from unknown ones.

pub(crate) mod administration;
mod claims;
mod factors;
pub(crate) mod refresh_tokens;
mod rules;

use std::net::IpAddr;

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::{Deserialize, Serialize};

use super::{
    DomainError, DomainResult, Refusal,
    memberships::{self, MemberKey},
    revocation::end_sessions,
    roles,
    settings::configuration::IdentityConfiguration,
};
use crate::{
    clock::Timestamp,
    ids,
    store::{
        Fetch, Read, Write,
        entity::{session, user},
        query::OneColumn,
    },
    tokens::{TemplatedClaims, UserClaims},
};

pub(crate) use claims::{claims, is_multi_factor, payload};
pub(crate) use factors::{FirstFactor, SecondFactor};
pub(crate) use rules::{FORM, Limit, Rules, Timeout};

/// What a request tells about who sent it and from where.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientInfo {
    /// The application to sign in to.
    pub(crate) application_id: Option<String>,
    /// The tenant whose login page it is, by its alias.
    pub(crate) alias: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) ip_address: Option<IpAddr>,
    /// The browser's proofs that a person asked to be remembered on it.
    pub(crate) devices: Vec<String>,
    /// The token of an invite that the person follows.
    pub(crate) invitation: Option<String>,
    /// How the person comes by the identity provider of a tenant, where they do.
    pub(crate) single_sign_on: Option<SingleSignOn>,
}

/// A sign-in by the identity provider of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SingleSignOn {
    pub(crate) connection_id: String,
    /// Where the sign-in leads, where that is not for the person to choose.
    pub(crate) destination: Option<Destination>,
    /// When the session ends at the latest, in microseconds since 1970.
    pub(crate) ends_by: Option<i64>,
}

/// Where a sign-in leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Destination {
    pub(crate) tenant_id: String,
    /// Whether the session may not leave the tenant.
    pub(crate) confined: bool,
}

impl ClientInfo {
    /// The same, on the strength of an invite.
    pub(crate) fn invited(self, invitation: Option<String>) -> Self {
        Self { invitation: invitation.filter(|token| !token.is_empty()), ..self }
    }

    /// Where the sign-in leads, where that is not for the person to choose.
    pub(crate) fn destination(&self) -> Option<&Destination> {
        self.single_sign_on.as_ref()?.destination.as_ref()
    }
}

/// A session with the refresh token that was made for it, in clear.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) session: session::Model,
    pub(crate) refresh_token: String,
}

/// Begins a session of a person in a tenant. Older ones end where the rules allow no more.
pub(crate) async fn start(
    tx: &Write,
    configuration: &IdentityConfiguration,
    member: MemberKey<'_>,
    amr: &[&str],
    client: &ClientInfo,
) -> DomainResult<Opened> {
    let MemberKey { user_id, tenant_id } = member;
    let rules = rules::in_force(tx, tenant_id).await?;
    if let Some(most) = rules.most() {
        displace(tx, &rules, member, most.saturating_sub(1)).await?;
    }
    let created_at = tx.stamp();
    let single_sign_on = client.single_sign_on.as_ref();
    let ends_by = single_sign_on.and_then(|by| by.ends_by).map(Timestamp::from_micros);
    let confined_to = client.destination().filter(|destination| destination.confined);
    let session = session::ActiveModel {
        id: Set(ids::new_id()),
        user_id: Set(user_id.to_owned()),
        tenant_id: Set(tenant_id.to_owned()),
        application_id: Set(client.application_id.clone()),
        user_agent: Set(client.user_agent.clone()),
        ip_address: Set(client.ip_address.map(|address| address.to_string())),
        amr: Set(amr.join(" ")),
        proven_at: Set(tx.now()),
        created_at: Set(created_at),
        last_used_at: Set(tx.now()),
        expires_at: Set(expiry(tx, configuration, &rules, Span { began: created_at, ends_by })),
        ended_at: Set(None),
        sso_connection_id: Set(single_sign_on.map(|by| by.connection_id.clone())),
        confined_to: Set(confined_to.map(|destination| destination.tenant_id.clone())),
        ends_by: Set(ends_by),
    };
    let session = session.insert(tx).await?;
    let refresh_token = refresh_tokens::issue(tx, &session).await?;
    Ok(Opened { session, refresh_token })
}

/// Between which moments a session may live.
#[derive(Clone, Copy)]
struct Span {
    began: Timestamp,
    /// The end that an identity provider has set.
    ends_by: Option<Timestamp>,
}

impl Span {
    fn of(session: &session::Model) -> Self {
        Self { began: session.created_at, ends_by: session.ends_by }
    }
}

/// When a session that is used now expires unless it is used again.
fn expiry(tx: &Read, configuration: &IdentityConfiguration, rules: &Rules, span: Span) -> Timestamp {
    let expires_at = tx.now().after(configuration.refresh_token_lifetime());
    let ends = [rules.forced_end(span.began), span.ends_by];
    ends.into_iter().flatten().fold(expires_at, Ord::min)
}

/// Ends the oldest of a person's sessions in a tenant until so many are left.
async fn displace(tx: &Write, rules: &Rules, member: MemberKey<'_>, left: u64) -> DomainResult<()> {
    let ids: Vec<String> = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(live_of(tx, member.user_id))
        .filter(session::Column::TenantId.eq(member.tenant_id))
        .filter(session::Column::LastUsedAt.gt(tx.now().before(rules.idle_timeout())))
        .order_by_desc(session::Column::CreatedAt)
        .order_by_desc(session::Column::Id)
        .offset(left)
        .limit(u64::MAX >> 1)
        .one_column()
        .fetch_all(tx)
        .await?;
    end_sessions(tx, Condition::all().add(session::Column::Id.is_in(ids))).await?;
    Ok(())
}

/// A person's sessions that are neither ended nor over, the newest first; in one tenant or in all.
pub(crate) async fn list(tx: &Read, user_id: &str, tenant_id: Option<&str>) -> DomainResult<Vec<session::Model>> {
    let mut sessions = session::Entity::find().filter(live_of(tx, user_id));
    if let Some(tenant_id) = tenant_id {
        sessions = sessions.filter(session::Column::TenantId.eq(tenant_id));
    }
    Ok(sessions.order_by_desc(session::Column::CreatedAt).order_by_desc(session::Column::Id).fetch_all(tx).await?)
}

fn live(tx: &Read) -> Condition {
    Condition::all().add(session::Column::EndedAt.is_null()).add(session::Column::ExpiresAt.gt(tx.now()))
}

fn live_of(tx: &Read, user_id: &str) -> Condition {
    live(tx).add(session::Column::UserId.eq(user_id))
}

/// The session with that id.
pub(crate) async fn find(tx: &Read, session_id: &str) -> DomainResult<Option<session::Model>> {
    Ok(session::Entity::find_by_id(session_id).fetch_one(tx).await?)
}

/// Ends a session; nothing happens when it has ended.
pub(crate) async fn end(tx: &Write, session_id: &str) -> DomainResult<()> {
    end_sessions(tx, Condition::all().add(session::Column::Id.eq(session_id))).await?;
    Ok(())
}

/// Ends a live session of that person, in that tenant where one is given; or 404.
pub(crate) async fn end_own(tx: &Write, user_id: &str, tenant_id: Option<&str>, session_id: &str) -> DomainResult<()> {
    let mut which = live_of(tx, user_id).add(session::Column::Id.eq(session_id));
    if let Some(tenant_id) = tenant_id {
        which = which.add(session::Column::TenantId.eq(tenant_id));
    }
    match end_sessions(tx, which).await? {
        0 => Err(unknown_id()),
        _ => Ok(()),
    }
}

/// Ends all sessions of a person but that one.
pub(crate) async fn end_all_of_user(tx: &Write, user_id: &str, except: Option<&str>) -> DomainResult<()> {
    let mut which = Condition::all().add(session::Column::UserId.eq(user_id));
    if let Some(id) = except {
        which = which.add(session::Column::Id.ne(id));
    }
    end_sessions(tx, which).await?;
    Ok(())
}

/// Ends all sessions of a person in a tenant.
pub(crate) async fn end_all_in(tx: &Write, user_id: &str, tenant_id: &str) -> DomainResult<()> {
    let in_tenant = session::Column::TenantId.eq(tenant_id);
    end_sessions(tx, Condition::all().add(session::Column::UserId.eq(user_id)).add(in_tenant)).await?;
    Ok(())
}

/// Notes that the holder of a session has given a second factor at that moment, where it is still live. Their tokens say
/// so from the next one on.
pub(crate) async fn raise(tx: &Write, session_id: &str, second: SecondFactor, moment: Timestamp) -> DomainResult<()> {
    let session = session::Entity::find_by_id(session_id).filter(live(tx)).fetch_one(tx).await?;
    let Some(session) = session else { return Ok(()) };
    let amr = second.amr_after(FirstFactor::from_amr(&session.amr));
    proven(tx, session, &amr, moment).await.map(drop)
}

async fn proven(tx: &Write, session: session::Model, amr: &[&str], moment: Timestamp) -> DomainResult<session::Model> {
    let mut row = session.into_active_model();
    row.amr = Set(amr.join(" "));
    row.proven_at = Set(moment);
    Ok(row.update(tx).await?)
}

/// Notes that the person authenticated anew who they are, and gives a refresh token in place of the one
/// that there was.
pub(crate) async fn prove_again(
    tx: &Write,
    configuration: &IdentityConfiguration,
    session: session::Model,
    amr: &[&str],
) -> DomainResult<Opened> {
    let session = proven(tx, session, amr, tx.now()).await?;
    reopen(tx, configuration, session).await
}

/// Gives a refresh token in place of the one that a session has.
pub(crate) async fn reopen(
    tx: &Write,
    configuration: &IdentityConfiguration,
    session: session::Model,
) -> DomainResult<Opened> {
    let rules = rules::in_force(tx, &session.tenant_id).await?;
    let expires_at = expiry(tx, configuration, &rules, Span::of(&session));
    let mut row = session.into_active_model();
    row.last_used_at = Set(tx.now());
    row.expires_at = Set(expires_at);
    let session = row.update(tx).await?;
    let refresh_token = refresh_tokens::replace(tx, &session).await?;
    Ok(Opened { session, refresh_token })
}

/// Refuses a user's token whose session has ended or expired, or whose holder may not work in its
/// tenant any more: the token says that it is valid, but we take it no longer. Gives the claims, with
/// the roles and permissions that they lack where the environment keeps them out of tokens.
pub(crate) async fn check(tx: &Read, mut claims: UserClaims) -> DomainResult<UserClaims> {
    let holder = holder(tx, &claims.sid, &claims.tenant_id).await?;
    if holder.id != claims.sub {
        return Err(dead());
    }
    if claims.roles.is_none() || claims.permissions.is_none() {
        let held = roles::keys_in(tx, &claims.sub, &claims.tenant_id).await?;
        claims.roles.get_or_insert(held.roles);
        claims.permissions.get_or_insert(held.permissions);
    }
    Ok(claims)
}

/// The same of a token whose claims a template has shaped. Who its holder is, the session says, and what they may do,
/// the store.
pub(crate) async fn check_templated(tx: &Read, claims: &TemplatedClaims) -> DomainResult<UserClaims> {
    let holder = holder(tx, &claims.sid, &claims.tenant_id).await?;
    let held = roles::keys_in(tx, &holder.id, &claims.tenant_id).await?;
    Ok(UserClaims {
        sub: holder.id,
        sid: claims.sid.clone(),
        tenant_id: claims.tenant_id.clone(),
        roles: Some(held.roles),
        permissions: Some(held.permissions),
        ..UserClaims::default()
    })
}

/// Whose session it is, where it is live and they may work in that tenant.
async fn holder(tx: &Read, session_id: &str, tenant_id: &str) -> DomainResult<user::Model> {
    let session = session::Entity::find_by_id(session_id).find_also_related(user::Entity).fetch_one(tx).await?;
    let Some((session, Some(user))) = session else {
        return Err(dead());
    };
    let live = session.ended_at.is_none() && session.expires_at > tx.now();
    // Not the session's tenant: each tab of a browser may work in one of its own.
    if live && may_work_in(tx, &user, tenant_id).await? { Ok(user) } else { Err(dead()) }
}

/// Whether nothing has come up against a person's working in a tenant.
pub(crate) async fn may_work_in(tx: &Read, user: &user::Model, tenant_id: &str) -> DomainResult<bool> {
    match memberships::require_entry(tx, user, tenant_id).await {
        Ok(_) => Ok(true),
        Err(error) if error.refusal() == Refusal::Forbidden => Ok(false),
        Err(error) => Err(error),
    }
}

/// Said of sessions that do not exist, have ended or expired.
pub(crate) fn dead() -> DomainError {
    DomainError::unauthorized("Session not found")
}

fn unknown_id() -> DomainError {
    DomainError::not_found("Session not found")
}
