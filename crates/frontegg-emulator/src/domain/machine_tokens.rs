//! Tokens of machines, in two families and with two kinds of owners.
//!
//! *Client credentials* are a client id and a secret, exchanged for JWTs that are bearer tokens.
//! *Access tokens* are JWTs themselves, without roles in them; whoever is shown one looks it up.
//! Those of a tenant have the roles or permissions that they were given; those of a member have what
//! the member has at that moment, and go with the membership.

mod exchange;
mod grants;
mod look_up;

#[cfg(test)]
mod tests;

use std::time::Duration;

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, JoinType, ModelTrait, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait, Select,
    sea_query::{Expr, ExprTrait},
};
use serde_json::{Map, Value};

use super::{
    DomainError, DomainResult,
    caller::Caller,
    input, memberships,
    settings::configuration::{self, IdentityConfiguration},
    tenants,
};
use crate::{
    ids,
    store::{
        Fetch, Read, Write,
        entity::{MachineTokenKind, MembershipStatus, machine_token, membership, tenant, user},
    },
    tokens::{AccessClaims, AccessKind, Audience},
};

pub(crate) use exchange::{Issued, authenticate, check_bearer, check_templated, refresh};
pub(crate) use grants::TokenGrant;
pub(crate) use look_up::{active_ids, look_up};

/// Whose tokens a call is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TokenOwner<'a> {
    Tenant(&'a str),
    /// A person in a tenant.
    Member {
        tenant_id: &'a str,
        user_id: &'a str,
    },
}

/// Under which address and for whom JWTs are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Issuer<'a> {
    pub(crate) base_url: &'a str,
    pub(crate) audience: Audience<'a>,
}

/// A token to make.
#[derive(Clone, Default)]
pub(crate) struct NewToken {
    /// Made up when absent.
    pub(crate) id: Option<String>,
    /// Of client credentials; made up when absent.
    pub(crate) secret: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Map<String, Value>,
    /// What a tenant's token may do.
    pub(crate) grant: Option<TokenGrant>,
    /// When it ends, in minutes from now; never when absent.
    pub(crate) minutes: Option<i64>,
    pub(crate) created_by: Option<String>,
}

/// What to change of a tenant's client credentials; what is absent stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) description: Option<String>,
    pub(crate) metadata: Option<Map<String, Value>>,
    pub(crate) grant: Option<TokenGrant>,
}

/// A token with what it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) row: machine_token::Model,
    pub(crate) role_ids: Vec<String>,
    pub(crate) permission_ids: Vec<String>,
}

impl Token {
    /// The data that goes into its JWTs, unless it is too large for them.
    pub(crate) fn metadata(&self) -> Map<String, Value> {
        serde_json::from_str(&self.row.metadata).unwrap_or_default()
    }
}

impl<'a> TokenOwner<'a> {
    fn tenant_id(self) -> &'a str {
        match self {
            Self::Tenant(tenant_id) | Self::Member { tenant_id, .. } => tenant_id,
        }
    }

    /// The membership of the owner, if it is a person; 404 for an owner who does not exist.
    async fn membership_id(self, tx: &Read) -> DomainResult<Option<String>> {
        match self {
            Self::Tenant(tenant_id) => {
                tenants::require(tx, tenant_id).await?;
                Ok(None)
            }
            Self::Member { tenant_id, user_id } => Ok(Some(memberships::require(tx, user_id, tenant_id).await?.id)),
        }
    }

    /// The rows of the owner's tokens of that kind.
    async fn tokens(self, tx: &Read, kind: MachineTokenKind) -> DomainResult<Condition> {
        enabled(tx).await?;
        let membership = match self.membership_id(tx).await? {
            Some(id) => machine_token::Column::MembershipId.eq(id),
            None => machine_token::Column::MembershipId.is_null(),
        };
        Ok(Condition::all()
            .add(machine_token::Column::TenantId.eq(self.tenant_id()))
            .add(machine_token::Column::Kind.eq(kind))
            .add(membership))
    }
}

/// Makes client credentials and gives their secret, which is not to be had again.
pub(crate) async fn create_credentials(
    tx: &Write,
    caller: Caller<'_>,
    owner: TokenOwner<'_>,
    mut new: NewToken,
) -> DomainResult<(Token, String)> {
    let secret = new.secret.take().unwrap_or_else(ids::new_id);
    input::not_empty("", &[("secret", Some(&secret))])?;
    let token = create(tx, caller, owner, Secret::Own(&secret), new).await?;
    Ok((token, secret))
}

/// Makes an access token and gives the claims of its JWT, which is not to be had again.
pub(crate) async fn create_access(
    tx: &Write,
    caller: Caller<'_>,
    owner: TokenOwner<'_>,
    issuer: Issuer<'_>,
    new: NewToken,
) -> DomainResult<(Token, AccessClaims)> {
    let token = create(tx, caller, owner, Secret::Signed, new).await?;
    let (kind, user_id) = match owner {
        TokenOwner::Tenant(_) => (AccessKind::Tenant, None),
        TokenOwner::Member { user_id, .. } => (AccessKind::User, Some(user_id.to_owned())),
    };
    let claims = AccessClaims {
        kind,
        sub: token.row.id.clone(),
        tenant_id: token.row.tenant_id.clone(),
        user_id,
        application_id: issuer.audience.application_id.to_owned(),
        iss: issuer.base_url.to_owned(),
        aud: issuer.audience.aud.to_owned(),
        iat: tx.now().seconds(),
        exp: token.row.expires_at.map(super::super::clock::Timestamp::seconds),
    };
    Ok((token, claims))
}

/// By what a token is presented.
#[derive(Clone, Copy)]
enum Secret<'a> {
    /// A secret of its own, beside its id.
    Own(&'a str),
    /// Our signature, on a token that is shown once.
    Signed,
}

async fn create(
    tx: &Write,
    caller: Caller<'_>,
    owner: TokenOwner<'_>,
    secret: Secret<'_>,
    new: NewToken,
) -> DomainResult<Token> {
    enabled(tx).await?;
    let (kind, fingerprint) = match secret {
        Secret::Own(secret) => (MachineTokenKind::Credentials, Some(ids::fingerprint(secret))),
        Secret::Signed => (MachineTokenKind::Access, None),
    };
    let row = machine_token::ActiveModel {
        id: Set(input::id_or_new("clientId", new.id)?),
        kind: Set(kind),
        tenant_id: Set(owner.tenant_id().to_owned()),
        membership_id: Set(owner.membership_id(tx).await?),
        fingerprint: Set(fingerprint),
        description: Set(new.description),
        metadata: Set(text(&new.metadata)?),
        created_by_user_id: Set(new.created_by),
        created_at: Set(tx.stamp()),
        expires_at: Set(new.minutes.map(|minutes| tx.now().after(lifetime(minutes)))),
    };
    let row = row.insert(tx).await?;
    let token = Token { row, role_ids: Vec::new(), permission_ids: Vec::new() };
    match new.grant {
        Some(grant) => grants::replace(tx, caller, token, grant).await,
        None => Ok(token),
    }
}

/// The token with that id, whoever owns it.
pub(crate) async fn find(tx: &Read, id: &str) -> DomainResult<Option<machine_token::Model>> {
    Ok(machine_token::Entity::find_by_id(id).fetch_one(tx).await?)
}

/// The owner's tokens of a kind, the newest first; also those that have ended.
pub(crate) async fn list(tx: &Read, owner: TokenOwner<'_>, kind: MachineTokenKind) -> DomainResult<Vec<Token>> {
    let which = owner.tokens(tx, kind).await?;
    let rows = machine_token::Entity::find()
        .filter(which.clone())
        .order_by_desc(machine_token::Column::CreatedAt)
        .order_by_desc(machine_token::Column::Id)
        .fetch_all(tx)
        .await?;
    grants::with_them(tx, which, rows).await
}

/// Changes a tenant's client credentials; 404 for those of others.
pub(crate) async fn update(
    tx: &Write,
    caller: Caller<'_>,
    tenant_id: &str,
    id: &str,
    changes: Changes,
) -> DomainResult<Token> {
    let kind = MachineTokenKind::Credentials;
    let which = TokenOwner::Tenant(tenant_id).tokens(tx, kind).await?;
    let which = which.add(machine_token::Column::Id.eq(id));
    let row = machine_token::Entity::find().filter(which.clone()).fetch_one(tx).await?;
    let mut row = row.ok_or_else(|| unknown(kind))?.into_active_model();
    if changes.description.is_some() {
        row.description.set_ne(changes.description);
    }
    if let Some(metadata) = changes.metadata {
        row.metadata.set_ne(text(&metadata)?);
    }
    let row = row.update(tx).await?;
    let token = grants::with_them(tx, which, vec![row]).await?.pop().ok_or_else(|| unknown(kind))?;
    match changes.grant {
        Some(grant) => grants::replace(tx, caller, token, grant).await,
        None => Ok(token),
    }
}

/// Deletes a token, with the refresh tokens that hang on it; 404 for those of others, 403 for one of
/// the tenant's that is stronger than the caller.
pub(crate) async fn delete(
    tx: &Write,
    caller: Caller<'_>,
    owner: TokenOwner<'_>,
    kind: MachineTokenKind,
    id: &str,
) -> DomainResult<()> {
    let which = owner.tokens(tx, kind).await?.add(machine_token::Column::Id.eq(id));
    let row = machine_token::Entity::find().filter(which.clone()).fetch_one(tx).await?;
    let row = row.ok_or_else(|| unknown(kind))?;
    for token in grants::with_them(tx, which, vec![row.clone()]).await? {
        grants::may_manage(tx, caller, &token).await?;
    }
    row.delete(tx).await?;
    Ok(())
}

/// The identity configuration; 403 when it switches machine tokens off. Clients compare the text.
async fn enabled(tx: &Read) -> DomainResult<IdentityConfiguration> {
    let configuration = configuration::get(tx).await?;
    if configuration.api_tokens_enabled {
        Ok(configuration)
    } else {
        Err(DomainError::forbidden("Api tokens are disabled"))
    }
}

/// Tokens that can be used now: they have not ended, and nothing bars their tenant or their person
/// from it.
fn usable(tx: &Read) -> Select<machine_token::Entity> {
    let open = Condition::all()
        .add(
            Expr::col((membership::Entity, membership::Column::TenantId))
                .equals((machine_token::Entity, machine_token::Column::TenantId)),
        )
        .add(membership::Column::IsDisabled.eq(false))
        .add(
            Condition::any()
                .add(membership::Column::ExpiresAt.is_null())
                .add(membership::Column::ExpiresAt.gt(tx.now())),
        )
        .add(membership::Column::Status.is_in([MembershipStatus::PendingLogin, MembershipStatus::Activated]))
        .add(user::Column::IsLocked.eq(false));
    machine_token::Entity::find()
        .inner_join(tenant::Entity)
        .left_join(membership::Entity)
        .join(JoinType::LeftJoin, membership::Relation::User.def())
        .filter(tenant::Column::DeletedAt.is_null())
        .filter(tenant::Column::IsLocked.eq(false))
        .filter(
            Condition::any()
                .add(machine_token::Column::ExpiresAt.is_null())
                .add(machine_token::Column::ExpiresAt.gt(tx.now())),
        )
        .filter(Condition::any().add(machine_token::Column::MembershipId.is_null()).add(open))
}

/// Said of tokens that do not exist and of those that the caller must not know.
fn unknown(kind: MachineTokenKind) -> DomainError {
    DomainError::not_found(match kind {
        MachineTokenKind::Credentials => "API token not found",
        MachineTokenKind::Access => "Access token not found",
    })
}

fn lifetime(minutes: i64) -> Duration {
    Duration::from_secs(u64::try_from(minutes).unwrap_or_default().saturating_mul(60))
}

fn text(metadata: &Map<String, Value>) -> DomainResult<String> {
    serde_json::to_string(metadata).map_err(DomainError::internal)
}
