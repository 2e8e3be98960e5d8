//! People in tenants: joining, leaving, being suspended, being let in for a time.
//!
//! A person who loses their last membership is deleted: everybody belongs to some tenant.

mod counts;
mod entrance;
mod entry;
mod moving;
mod places;
mod roles;

use std::time::Duration;

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter,
    QueryOrder, QuerySelect, sea_query::Expr,
};
use serde::{Deserialize, Serialize};

use super::{
    DomainError, DomainResult, revocation,
    settings::{self, Form, Owner},
    users,
};
use crate::{
    clock::Timestamp,
    store::{
        Fetch, Read, Write,
        entity::{
            MembershipStatus, Purpose, application_tenant, membership, one_time_token, role, session, tenant,
            tenant_invite, user,
        },
        query::OneColumn,
    },
};

pub(crate) use counts::{Counted, count};
pub(crate) use entrance::{Entrance, entrances, require_entry_by, require_entry_for};
pub(crate) use entry::{is_open, no_entry, reaches_down, require_entry, require_own_entry};
pub(crate) use moving::move_all;
pub(crate) use places::{Place, Roles, places};
pub(crate) use roles::{
    AcrossTenants, Outcome, across_tenants, assign, may_manage, named_or_default, replace as replace_roles, unassign,
};

/// The shortest time for which somebody can be let in.
const SHORTEST: u64 = 300;
/// The kind of the settings document.
const TEMPORARY_USERS: &str = "temporary-users";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<TemporaryUsers>(TEMPORARY_USERS);

/// A person in a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MemberKey<'a> {
    pub(crate) user_id: &'a str,
    pub(crate) tenant_id: &'a str,
}

/// Whether people may be let in for a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TemporaryUsers {
    pub(crate) enabled: bool,
}

/// A membership to make.
#[derive(Clone, Debug)]
pub(crate) struct NewMembership {
    pub(crate) roles: Vec<role::Model>,
    pub(crate) status: MembershipStatus,
    /// When it expires, if ever; see [`limit`].
    pub(crate) expires_at: Option<Timestamp>,
    /// The address that a known person is invited by.
    pub(crate) invited_as: Option<String>,
}

/// A person's membership in a tenant, if there is one.
pub(crate) async fn find(tx: &Read, user_id: &str, tenant_id: &str) -> DomainResult<Option<membership::Model>> {
    Ok(membership::Entity::find()
        .filter(membership::Column::UserId.eq(user_id))
        .filter(membership::Column::TenantId.eq(tenant_id))
        .fetch_one(tx)
        .await?)
}

/// A person's membership in a tenant; 404 as for somebody who does not exist.
pub(crate) async fn require(tx: &Read, user_id: &str, tenant_id: &str) -> DomainResult<membership::Model> {
    find(tx, user_id, tenant_id).await?.ok_or_else(users::unknown)
}

/// All memberships of a person, the oldest first.
pub(crate) async fn of_user(tx: &Read, user_id: &str) -> DomainResult<Vec<membership::Model>> {
    of_users(tx, &[user_id.to_owned()]).await
}

/// All memberships of these people, the oldest first.
pub(crate) async fn of_users(tx: &Read, user_ids: &[String]) -> DomainResult<Vec<membership::Model>> {
    Ok(membership::Entity::find()
        .filter(membership::Column::UserId.is_in(user_ids))
        .order_by_asc(membership::Column::CreatedAt)
        .order_by_asc(membership::Column::Id)
        .fetch_all(tx)
        .await?)
}

/// All memberships of a person with their tenants, the oldest first.
pub(crate) async fn with_tenants(tx: &Read, user_id: &str) -> DomainResult<Vec<(membership::Model, tenant::Model)>> {
    let rows = membership::Entity::find()
        .find_also_related(tenant::Entity)
        .filter(membership::Column::UserId.eq(user_id))
        .order_by_asc(membership::Column::CreatedAt)
        .order_by_asc(membership::Column::Id)
        .fetch_all(tx)
        .await?;
    Ok(rows.into_iter().filter_map(|(row, tenant)| Some((row, tenant?))).collect())
}

/// Whether a tenant has no member yet.
pub(crate) async fn is_empty(tx: &Read, tenant_id: &str) -> DomainResult<bool> {
    let of_tenant = membership::Entity::find().filter(membership::Column::TenantId.eq(tenant_id));
    Ok(of_tenant.select_only().column(membership::Column::Id).one_column::<String>().fetch_one(tx).await?.is_none())
}

/// Refuses, with 409, whoever has a place in a tenant already.
pub(crate) async fn require_none(tx: &Read, member: MemberKey<'_>) -> DomainResult<()> {
    match find(tx, member.user_id, member.tenant_id).await? {
        Some(_) => Err(DomainError::conflict("User is already a member of the tenant")),
        None => Ok(()),
    }
}

/// Makes somebody a member of a tenant in which they have no place yet. It becomes their active one if they have
/// none.
pub(crate) async fn join(
    tx: &Write,
    user: &user::Model,
    tenant: &tenant::Model,
    new: NewMembership,
) -> DomainResult<membership::Model> {
    let created_at = tx.stamp();
    let reaches_down = matches!(tenant.sub_account_access_type.as_deref(), Some("defaultOn" | "alwaysOn"));
    let row = membership::ActiveModel {
        id: Set(tx.row_id::<membership::Entity>(&[&tenant.tenant_id, &user.id]).await?),
        user_id: Set(user.id.clone()),
        tenant_id: Set(tenant.tenant_id.clone()),
        status: Set(new.status),
        is_disabled: Set(false),
        expires_at: Set(new.expires_at),
        sub_tenant_access: Set(reaches_down),
        invited_as: Set(new.invited_as),
        created_at: Set(created_at),
        updated_at: Set(created_at),
        user_created_at: Set(Some(user.created_at)),
    };
    let row = row.insert(tx).await?;
    roles::give(tx, &row.id, new.roles.iter().map(|role| role.id.as_str())).await?;
    if user.active_tenant_id.is_none() {
        users::set_active_tenant(tx, user.clone(), &tenant.tenant_id).await?;
    }
    Ok(row)
}

/// Makes a member of somebody who was invited. What they were sent is of no more use.
pub(crate) async fn accept(tx: &Write, row: membership::Model) -> DomainResult<()> {
    one_time_token::Entity::delete_many()
        .filter(one_time_token::Column::MembershipId.eq(row.id.as_str()))
        .filter(one_time_token::Column::Kind.eq(Purpose::Invitation))
        .exec(tx)
        .await?;
    let waits = matches!(row.status, MembershipStatus::PendingInvitation | MembershipStatus::PendingLogin);
    let mut row = row.into_active_model();
    if waits {
        row.status = Set(MembershipStatus::Activated);
    }
    save(tx, row).await
}

/// Ends a membership with all that hangs on it. The person's other tenants take the place of this
/// one where it was the active one; without any other the person is deleted.
pub(crate) async fn end(tx: &Write, row: membership::Model) -> DomainResult<()> {
    let (user_id, tenant_id) = (row.user_id.clone(), row.tenant_id.clone());
    row.delete(tx).await?;
    let Some(oldest) = of_user(tx, &user_id).await?.into_iter().next() else {
        return users::delete(tx, &user_id).await;
    };
    user::Entity::update_many()
        .col_expr(user::Column::ActiveTenantId, Expr::value(oldest.tenant_id))
        .filter(user::Column::Id.eq(user_id.as_str()))
        .filter(user::Column::ActiveTenantId.eq(tenant_id.as_str()))
        .exec(tx)
        .await?;
    application_tenant::Entity::delete_many()
        .filter(application_tenant::Column::UserId.eq(user_id.as_str()))
        .filter(application_tenant::Column::TenantId.eq(tenant_id.as_str()))
        .exec(tx)
        .await?;
    // Nobody is let in any more in the name of somebody who has left.
    tenant_invite::Entity::delete_many()
        .filter(tenant_invite::Column::UserId.eq(user_id.as_str()))
        .filter(tenant_invite::Column::TenantId.eq(tenant_id.as_str()))
        .exec(tx)
        .await?;
    end_sessions(tx, &user_id, &tenant_id).await
}

/// Passes what waited for the owner of an address to whoever has proven that it is theirs: the memberships
/// of an account that was made for it become invitations of theirs, and the account goes.
pub(crate) async fn inherit(tx: &Write, account: &str, heir: &str) -> DomainResult<()> {
    let held = of_user(tx, heir).await?;
    membership::Entity::update_many()
        .col_expr(membership::Column::UserId, Expr::value(heir))
        .col_expr(membership::Column::Status, Expr::value(MembershipStatus::PendingInvitation))
        .col_expr(membership::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(membership::Column::UserId.eq(account))
        .filter(membership::Column::TenantId.is_not_in(held.into_iter().map(|row| row.tenant_id)))
        .exec(tx)
        .await?;
    users::delete(tx, account).await
}

/// Suspends a member, which ends their sessions in the tenant, or lets them in again.
pub(crate) async fn set_disabled(tx: &Write, row: membership::Model, disabled: bool) -> DomainResult<()> {
    if disabled {
        end_sessions(tx, &row.user_id, &row.tenant_id).await?;
    }
    let mut row = row.into_active_model();
    row.is_disabled.set_ne(disabled);
    save(tx, row).await
}

/// Lets a member in for that many seconds from now on.
pub(crate) async fn set_temporary(tx: &Write, row: membership::Model, seconds: i64) -> DomainResult<()> {
    let expires_at = limit(tx, Some(seconds)).await?;
    let mut row = row.into_active_model();
    row.expires_at = Set(expires_at);
    save(tx, row).await
}

/// Lets a member in for ever, also one whose time is up.
pub(crate) async fn set_permanent(tx: &Write, row: membership::Model) -> DomainResult<()> {
    let mut row = row.into_active_model();
    row.expires_at.set_ne(None);
    save(tx, row).await
}

/// Says whether a member's roles count in the tenants below.
pub(crate) async fn set_sub_tenant_access(
    tx: &Write,
    row: membership::Model,
    tenant: &tenant::Model,
    allowed: bool,
) -> DomainResult<()> {
    if entry::opens_below(tenant.sub_account_access_type.as_deref()) {
        let message = "The tenant gives every member access to its sub-tenants";
        return Err(DomainError::bad_request(message));
    }
    let mut row = row.into_active_model();
    row.sub_tenant_access.set_ne(allowed);
    save(tx, row).await
}

/// Whether people may be let in for a time.
pub(crate) async fn temporary_users(tx: &Read) -> DomainResult<TemporaryUsers> {
    settings::get(tx, Owner::Environment, TEMPORARY_USERS).await
}

/// Allows or forbids new time limits; those there are stay.
pub(crate) async fn set_temporary_users(tx: &Write, document: TemporaryUsers) -> DomainResult<()> {
    settings::put(tx, Owner::Environment, TEMPORARY_USERS, &document).await
}

/// When so many seconds have passed, if the environment and common sense allow it; never without a
/// number.
pub(crate) async fn limit(tx: &Read, seconds: Option<i64>) -> DomainResult<Option<Timestamp>> {
    let Some(seconds) = seconds else { return Ok(None) };
    let seconds = u64::try_from(seconds).unwrap_or_default();
    if seconds < SHORTEST {
        let message = format!("expirationInSeconds must not be less than {SHORTEST}");
        return Err(DomainError::bad_request(message));
    }
    if !temporary_users(tx).await?.enabled {
        return Err(DomainError::bad_request("Temporary users are not enabled"));
    }
    Ok(Some(tx.now().after(Duration::from_secs(seconds))))
}

/// Ends the sessions that a person has in a tenant.
async fn end_sessions(tx: &Write, user_id: &str, tenant_id: &str) -> DomainResult<()> {
    let theirs = Condition::all().add(session::Column::UserId.eq(user_id));
    revocation::end_sessions(tx, theirs.add(session::Column::TenantId.eq(tenant_id))).await?;
    Ok(())
}

async fn save(tx: &Write, mut row: membership::ActiveModel) -> DomainResult<()> {
    if row.is_changed() {
        row.updated_at = Set(tx.now());
    }
    row.update(tx).await?;
    Ok(())
}
