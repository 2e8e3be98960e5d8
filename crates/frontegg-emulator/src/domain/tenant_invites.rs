//! Invites into tenants: tokens that admit whoever holds them until they expire or are deleted.
//!
//! An invite belongs to the tenant itself, or to one of its members, who hands it on to colleagues;
//! of these each has one at most. It ends with the membership of its owner, and lets nobody in while
//! its owner is not let in either.

use std::{collections::BTreeMap, time::Duration};

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter, QueryOrder,
};

use super::{
    DomainError, DomainResult,
    caller::Caller,
    memberships::{self, MemberKey},
    roles,
    settings::configuration,
    tenants, users,
};
use crate::{
    clock::Timestamp,
    ids,
    store::{
        Fetch, Read, Write,
        entity::{role, tenant, tenant_invite, tenant_invite_role},
    },
};

/// How many minutes an invite lives when nobody says: a week.
const USUAL: i64 = 7 * 24 * 60;
/// Most minutes that an invite lives: ten years.
const LONGEST: i64 = 3_650 * 24 * 60;

/// An invite to make.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewInvite {
    pub(crate) tenant_id: String,
    /// The member whose it is to be.
    pub(crate) user_id: Option<String>,
    pub(crate) minutes: Option<i64>,
    /// Whether its owner is told who came by it.
    pub(crate) should_send_email: bool,
    /// The default ones when there are none.
    pub(crate) role_ids: Vec<String>,
}

/// An invite with what is told of it.
#[derive(Clone, Debug)]
pub(crate) struct Invite {
    pub(crate) row: tenant_invite::Model,
    pub(crate) tenant_name: String,
    pub(crate) role_ids: Vec<String>,
}

/// An invite that is valid, and where it leads.
#[derive(Clone, Debug)]
pub(crate) struct ValidInvite {
    pub(crate) invite: tenant_invite::Model,
    pub(crate) tenant: tenant::Model,
}

/// Makes an invite; that of a member takes the place of the one that they had. A user's token gives
/// no roles above its own level.
pub(crate) async fn create(tx: &Write, caller: Caller<'_>, new: NewInvite) -> DomainResult<Invite> {
    let expires_at = end(tx, new.minutes.unwrap_or(USUAL))?;
    require_allowed(tx).await?;
    let tenant = tenants::require(tx, &new.tenant_id).await?;
    if tenant.is_locked {
        return Err(DomainError::bad_request("The tenant is locked").code("ER-01240"));
    }
    let roles = roles::visible(tx, Some(&tenant.tenant_id), new.role_ids).await?;
    may_give(tx, caller, &tenant.tenant_id, &roles).await?;
    if let Some(user_id) = &new.user_id {
        memberships::require(tx, user_id, &tenant.tenant_id).await?;
        if let Some(former) = find(tx, &tenant.tenant_id, user_id).await? {
            former.delete(tx).await?;
        }
    }
    let created_at = tx.stamp();
    let row = tenant_invite::ActiveModel {
        id: Set(ids::new_id()),
        tenant_id: Set(tenant.tenant_id),
        user_id: Set(new.user_id),
        token: Set(ids::new_secret()),
        name: Set(None),
        should_send_email: Set(new.should_send_email),
        expires_at: Set(expires_at),
        created_at: Set(created_at),
        updated_at: Set(created_at),
    };
    let row = row.insert(tx).await?;
    let mut role_ids: Vec<String> = roles.into_iter().map(|role| role.id).collect();
    role_ids.sort_unstable();
    let given = role_ids.iter().map(|role_id| tenant_invite_role::ActiveModel {
        invite_id: Set(row.id.clone()),
        role_id: Set(role_id.clone()),
    });
    if !role_ids.is_empty() {
        tenant_invite_role::Entity::insert_many(given).exec_without_returning(tx).await?;
    }
    Ok(Invite { row, tenant_name: tenant.name, role_ids })
}

/// All invites of the environment, the oldest first; those that have expired too.
pub(crate) async fn all(tx: &Read) -> DomainResult<Vec<Invite>> {
    let rows = tenant_invite::Entity::find()
        .find_also_related(tenant::Entity)
        .order_by_asc(tenant_invite::Column::CreatedAt)
        .order_by_asc(tenant_invite::Column::Id)
        .fetch_all(tx)
        .await?;
    let mut roles: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in ordered_roles().fetch_all(tx).await? {
        roles.entry(row.invite_id).or_default().push(row.role_id);
    }
    let invite = |(row, tenant): (tenant_invite::Model, Option<tenant::Model>)| Invite {
        role_ids: roles.remove(&row.id).unwrap_or_default(),
        tenant_name: tenant.map(|tenant| tenant.name).unwrap_or_default(),
        row,
    };
    Ok(rows.into_iter().map(invite).collect())
}

/// The invite that a member has, or 404.
pub(crate) async fn of_member(tx: &Read, tenant_id: &str, user_id: &str) -> DomainResult<Invite> {
    let row = find(tx, tenant_id, user_id).await?.ok_or_else(unknown)?;
    with_roles(tx, row).await
}

/// Gives a member's invite a new life, or has its owner told of those who come by it; its token stays. A
/// user's token does so to none that gives roles above its own level.
pub(crate) async fn update(
    tx: &Write,
    caller: Caller<'_>,
    member: MemberKey<'_>,
    minutes: Option<i64>,
    should_send_email: Option<bool>,
) -> DomainResult<Invite> {
    let row = find(tx, member.tenant_id, member.user_id).await?.ok_or_else(unknown)?;
    let given = roles::visible(tx, Some(member.tenant_id), role_ids(tx, &row.id).await?).await?;
    may_give(tx, caller, member.tenant_id, &given).await?;
    let mut row = row.into_active_model();
    if let Some(minutes) = minutes {
        row.expires_at = Set(end(tx, minutes)?);
    }
    if let Some(should_send_email) = should_send_email {
        row.should_send_email.set_ne(should_send_email);
    }
    row.updated_at = Set(tx.now());
    with_roles(tx, row.update(tx).await?).await
}

/// Takes a member's invite back.
pub(crate) async fn delete_of_member(tx: &Write, tenant_id: &str, user_id: &str) -> DomainResult<()> {
    find(tx, tenant_id, user_id).await?.ok_or_else(unknown)?.delete(tx).await?;
    Ok(())
}

/// Takes any invite back.
pub(crate) async fn delete(tx: &Write, id: &str) -> DomainResult<()> {
    tenant_invite::Entity::find_by_id(id).fetch_one(tx).await?.ok_or_else(unknown)?.delete(tx).await?;
    Ok(())
}

/// What a token leads to: 404 when there is no such invite, 400 when it is no longer valid or the tenant
/// is locked. It stays as it is.
pub(crate) async fn verify(tx: &Read, token: &str) -> DomainResult<Invite> {
    with_roles(tx, find_valid(tx, token).await?.invite).await
}

/// The same for somebody who is about to come by it.
pub(crate) async fn find_valid(tx: &Read, token: &str) -> DomainResult<ValidInvite> {
    const TEXT: &str = "Invitation token is invalid";
    let unknown = || DomainError::not_found(TEXT);
    let invite = tenant_invite::Entity::find().filter(tenant_invite::Column::Token.eq(token)).fetch_one(tx).await?;
    let invite = invite.ok_or_else(unknown)?;
    require_allowed(tx).await?;
    let tenant = tenants::find(tx, &invite.tenant_id).await?.ok_or_else(unknown)?;
    if invite.expires_at <= tx.now() || !answers(tx, &invite).await? {
        return Err(DomainError::bad_request(TEXT));
    }
    if tenant.is_locked {
        return Err(DomainError::bad_request("The tenant is locked").code("ER-01239"));
    }
    Ok(ValidInvite { invite, tenant })
}

/// The roles that an invite gives, as ids; none where it gives the default ones.
pub(crate) async fn role_ids(tx: &Read, invite_id: &str) -> DomainResult<Vec<String>> {
    let rows = ordered_roles().filter(tenant_invite_role::Column::InviteId.eq(invite_id)).fetch_all(tx).await?;
    Ok(rows.into_iter().map(|row| row.role_id).collect())
}

/// Whether its owner, if it has one, may be in the tenant at present.
async fn answers(tx: &Read, invite: &tenant_invite::Model) -> DomainResult<bool> {
    let Some(user_id) = &invite.user_id else { return Ok(true) };
    let Some(row) = memberships::find(tx, user_id, &invite.tenant_id).await? else { return Ok(false) };
    Ok(memberships::is_open(tx, &row) && !users::require(tx, user_id).await?.is_locked)
}

/// 403 unless the caller may give these roles or, where there are none, the default ones.
async fn may_give(tx: &Read, caller: Caller<'_>, tenant_id: &str, named: &[role::Model]) -> DomainResult<()> {
    if !named.is_empty() {
        return roles::may_grant(tx, caller, named).await;
    }
    roles::may_grant(tx, caller, &roles::defaults(tx, tenant_id).await?).await
}

async fn require_allowed(tx: &Read) -> DomainResult<()> {
    if configuration::get(tx).await?.allow_tenant_invitations {
        return Ok(());
    }
    Err(DomainError::forbidden("Tenant invitations are not allowed in this environment"))
}

async fn find(tx: &Read, tenant_id: &str, user_id: &str) -> DomainResult<Option<tenant_invite::Model>> {
    let row = tenant_invite::Entity::find()
        .filter(tenant_invite::Column::TenantId.eq(tenant_id))
        .filter(tenant_invite::Column::UserId.eq(user_id));
    Ok(row.fetch_one(tx).await?)
}

async fn with_roles(tx: &Read, row: tenant_invite::Model) -> DomainResult<Invite> {
    let tenant = tenants::require(tx, &row.tenant_id).await?;
    Ok(Invite { role_ids: role_ids(tx, &row.id).await?, tenant_name: tenant.name, row })
}

/// The rows that tell roles, always in the same order.
fn ordered_roles() -> sea_orm::Select<tenant_invite_role::Entity> {
    tenant_invite_role::Entity::find().order_by_asc(tenant_invite_role::Column::RoleId)
}

fn end(tx: &Read, minutes: i64) -> DomainResult<Timestamp> {
    if !(1..=LONGEST).contains(&minutes) {
        let text = format!("expiresInMinutes must be between 1 and {LONGEST}");
        return Err(DomainError::bad_request(text));
    }
    Ok(tx.now().after(Duration::from_mins(u64::try_from(minutes).unwrap_or_default())))
}

fn unknown() -> DomainError {
    DomainError::not_found("Invitation not found")
}
