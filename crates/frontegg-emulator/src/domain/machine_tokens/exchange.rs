//! From client credentials to JWTs, and what those are valid for.

use std::time::Duration;

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, ModelTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};
use subtle::ConstantTimeEq;

use super::{Issuer, enabled, grants, usable};
use crate::{
    clock::Timestamp,
    domain::{DomainError, DomainResult, jwt_templates, settings::configuration::IdentityConfiguration, users},
    ids,
    store::{
        Fetch, Read, Write,
        entity::{MachineTokenKind, machine_token, machine_token_refresh, membership, user_email},
    },
    tokens::{self, ApiClaims, Claims, Payload, RegisteredClaims, TemplatedClaims},
};

/// Most refresh tokens that are live for one pair of credentials.
const MOST_REFRESH_TOKENS: u64 = 100;

/// A JWT to be signed, with the token for its successor.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) payload: Payload,
    pub(crate) refresh_token: String,
    pub(crate) lifetime: Duration,
    pub(crate) expires: Timestamp,
}

/// Credentials that can be used now, with the membership of those that belong to a person.
type Credentials = (machine_token::Model, Option<membership::Model>);

/// Exchanges client credentials. What is wrong with them is not told.
pub(crate) async fn authenticate(
    tx: &Write,
    issuer: Issuer<'_>,
    client_id: &str,
    secret: &str,
) -> DomainResult<Issued> {
    let configuration = enabled(tx).await?;
    let found = find(tx, client_id).await?;
    let given = ids::fingerprint(secret);
    let right = |(row, _): &Credentials| {
        let own = row.fingerprint.as_deref().unwrap_or_default();
        bool::from(own.as_bytes().ct_eq(given.as_bytes()))
    };
    let credentials = found.filter(right).ok_or_else(|| DomainError::unauthorized("Invalid authentication"))?;
    issue(tx, &configuration, issuer, credentials).await
}

/// Exchanges a refresh token, which is spent by it.
pub(crate) async fn refresh(tx: &Write, issuer: Issuer<'_>, refresh_token: &str) -> DomainResult<Issued> {
    let configuration = enabled(tx).await?;
    let refused = || DomainError::unauthorized("Invalid refresh token");
    let spent = machine_token_refresh::Entity::find_by_id(ids::fingerprint(refresh_token))
        .filter(machine_token_refresh::Column::ExpiresAt.gt(tx.now()))
        .fetch_one(tx)
        .await?
        .ok_or_else(refused)?;
    let credentials = find(tx, &spent.machine_token_id).await?.ok_or_else(refused)?;
    spent.delete(tx).await?;
    issue(tx, &configuration, issuer, credentials).await
}

/// Refuses a JWT whose credentials are gone, or cannot be used any more.
pub(crate) async fn check_bearer(tx: &Read, claims: &ApiClaims) -> DomainResult<()> {
    let owned = |member: Option<&membership::Model>| member.map(|member| &member.user_id) == claims.user_id.as_ref();
    match behind(tx, &claims.sub, &claims.tenant_id).await? {
        Some((_, member)) if owned(member.as_ref()) => Ok(()),
        _ => Err(DomainError::unauthorized("Unauthorized")),
    }
}

/// The same of a JWT whose claims a template has shaped. Whose it is and what it may do, its credentials say.
pub(crate) async fn check_templated(tx: &Read, claims: &TemplatedClaims) -> DomainResult<ApiClaims> {
    let found = behind(tx, &claims.sid, &claims.tenant_id).await?;
    let (row, member) = found.ok_or_else(|| DomainError::unauthorized("Unauthorized"))?;
    let keys = grants::keys(tx, &row, member.as_ref()).await?;
    Ok(ApiClaims {
        sub: row.id,
        tenant_id: row.tenant_id,
        roles: keys.roles,
        permissions: keys.permissions,
        user_id: member.map(|member| member.user_id),
        ..ApiClaims::default()
    })
}

/// The credentials that a JWT for that tenant was made from, where they can be used.
async fn behind(tx: &Read, client_id: &str, tenant_id: &str) -> DomainResult<Option<Credentials>> {
    enabled(tx).await?;
    Ok(find(tx, client_id).await?.filter(|(row, _)| row.tenant_id == tenant_id))
}

async fn find(tx: &Read, client_id: &str) -> DomainResult<Option<Credentials>> {
    let found = usable(tx)
        .select_also(membership::Entity)
        .filter(machine_token::Column::Id.eq(client_id))
        .filter(machine_token::Column::Kind.eq(MachineTokenKind::Credentials))
        .fetch_one(tx)
        .await?;
    Ok(found)
}

async fn issue(
    tx: &Write,
    configuration: &IdentityConfiguration,
    issuer: Issuer<'_>,
    (row, member): Credentials,
) -> DomainResult<Issued> {
    let refresh_token = ids::new_id();
    keep(tx, &row.id, &refresh_token, configuration.refresh_token_lifetime()).await?;
    let lifetime = configuration.token_lifetime();
    let keys = grants::keys(tx, &row, member.as_ref()).await?;
    let claims = Box::new(ApiClaims {
        sub: row.id.clone(),
        tenant_id: row.tenant_id.clone(),
        application_id: Some(issuer.audience.application_id.to_owned()),
        roles: keys.roles,
        permissions: keys.permissions,
        metadata: tokens::carried_metadata(&row.metadata),
        created_by_user_id: row.created_by_user_id,
        registered: RegisteredClaims::new(issuer.base_url, Some(issuer.audience.aud), tx.now(), lifetime),
        ..ApiClaims::default()
    });
    let claims = match member {
        Some(member) => Claims::UserApiToken(of_person(tx, &member.user_id, claims).await?),
        None => Claims::TenantApiToken(claims),
    };
    let payload = jwt_templates::shape(tx, claims).await?;
    let lifetime = payload.registered().lifetime();
    Ok(Issued { payload, refresh_token, lifetime, expires: tx.now().after(lifetime) })
}

/// Adds who the person behind the credentials is.
async fn of_person(tx: &Read, user_id: &str, claims: Box<ApiClaims>) -> DomainResult<Box<ApiClaims>> {
    let person = users::require(tx, user_id).await?;
    let email = user_email::Entity::find()
        .filter(user_email::Column::UserId.eq(user_id))
        .filter(user_email::Column::IsPrimary.eq(true))
        .fetch_one(tx)
        .await?;
    Ok(Box::new(ApiClaims {
        user_id: Some(person.id),
        email: email.map(|email| email.email),
        user_metadata: Some(tokens::carried_metadata(&person.metadata)),
        ..*claims
    }))
}

/// Keeps a new refresh token in place of those that have expired and of the oldest ones beyond the
/// limit.
async fn keep(tx: &Write, id: &str, refresh_token: &str, lifetime: Duration) -> DomainResult<()> {
    let row = machine_token_refresh::ActiveModel {
        fingerprint: Set(ids::fingerprint(refresh_token)),
        machine_token_id: Set(id.to_owned()),
        created_at: Set(tx.stamp()),
        expires_at: Set(tx.now().after(lifetime)),
    };
    row.insert(tx).await?;
    let newest = machine_token_refresh::Entity::find()
        .select_only()
        .column(machine_token_refresh::Column::Fingerprint)
        .filter(machine_token_refresh::Column::MachineTokenId.eq(id))
        .filter(machine_token_refresh::Column::ExpiresAt.gt(tx.now()))
        .order_by_desc(machine_token_refresh::Column::CreatedAt)
        .order_by_desc(machine_token_refresh::Column::Fingerprint)
        .limit(MOST_REFRESH_TOKENS)
        .into_query();
    machine_token_refresh::Entity::delete_many()
        .filter(machine_token_refresh::Column::MachineTokenId.eq(id))
        .filter(machine_token_refresh::Column::Fingerprint.not_in_subquery(newest))
        .exec(tx)
        .await?;
    Ok(())
}
