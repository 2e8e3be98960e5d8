//! Who may work in a tenant.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    domain::{
        DomainError, DomainResult,
        tenants::{self, hierarchy},
    },
    store::{
        Fetch, Read,
        entity::{MembershipStatus, membership, tenant, user},
    },
};

/// Whether nothing bars this membership: it is not suspended, not over, and not waiting for its
/// holder to activate or accept it.
pub(crate) fn is_open(tx: &Read, row: &membership::Model) -> bool {
    is_usable(tx, row) && !is_pending(row)
}

/// Whether the membership is neither suspended nor over, nor an invitation that nobody has accepted.
pub(super) fn is_usable(tx: &Read, row: &membership::Model) -> bool {
    let is_accepted = row.status != MembershipStatus::PendingInvitation;
    is_accepted && !row.is_disabled && row.expires_at.is_none_or(|end| end > tx.now())
}

fn is_pending(row: &membership::Model) -> bool {
    matches!(row.status, MembershipStatus::NotActivated | MembershipStatus::PendingInvitation)
}

/// Refuses, with 403, to let a person choose a tenant to work in: one that does not exist or is
/// locked, or one where they are neither a member, nor allowed in from a tenant above, nor a super
/// user; and anywhere while they are locked. An activation that is outstanding is a matter of
/// signing in, not of choosing.
pub(crate) async fn require_entry(tx: &Read, user: &user::Model, tenant_id: &str) -> DomainResult<tenant::Model> {
    let (tenant, row) = with_membership(tx, user, tenant_id).await?.ok_or_else(no_entry)?;
    let may = !user.is_locked
        && !tenant.is_locked
        && match row {
            // Suspended here is suspended here, whatever else would let them in.
            Some(row) => is_usable(tx, &row),
            None => user.super_user || reaches_down_to(tx, &user.id, tenant_id).await?,
        };
    if may { Ok(tenant) } else { Err(no_entry()) }
}

/// A tenant that is there, with the person's membership in it, if they have one.
async fn with_membership(
    tx: &Read,
    user: &user::Model,
    tenant_id: &str,
) -> DomainResult<Option<(tenant::Model, Option<membership::Model>)>> {
    let found = membership::Entity::find()
        .find_also_related(tenant::Entity)
        .filter(membership::Column::UserId.eq(user.id.as_str()))
        .filter(membership::Column::TenantId.eq(tenant_id))
        .filter(tenant::Column::DeletedAt.is_null())
        .fetch_one(tx)
        .await?;
    if let Some((row, Some(tenant))) = found {
        return Ok(Some((tenant, Some(row))));
    }
    // No member, or no tenant.
    Ok(tenants::find(tx, tenant_id).await?.map(|tenant| (tenant, None)))
}

/// The same for several tenants of which the person has to be a member.
pub(crate) async fn require_own_entry(tx: &Read, user: &user::Model, tenant_ids: BTreeSet<&str>) -> DomainResult<()> {
    let rows = super::with_tenants(tx, &user.id).await?;
    let usable = |(row, tenant): &(membership::Model, tenant::Model)| is_usable(tx, row) && !tenant.is_locked;
    let open: BTreeSet<&str> = rows.iter().filter(|row| usable(row)).map(|(row, _)| row.tenant_id.as_str()).collect();
    if !user.is_locked && tenant_ids.is_subset(&open) { Ok(()) } else { Err(no_entry()) }
}

/// Said of tenants that a person cannot enter and of those that do not exist.
pub(crate) fn no_entry() -> DomainError {
    DomainError::forbidden("User cannot enter the tenant")
}

/// Whether a membership in a tenant above lets its holder in.
async fn reaches_down_to(tx: &Read, user_id: &str, tenant_id: &str) -> DomainResult<bool> {
    let above = hierarchy::above(tx, tenant_id).await?;
    if above.is_empty() {
        return Ok(false);
    }
    let rows = membership::Entity::find()
        .find_also_related(tenant::Entity)
        .filter(membership::Column::UserId.eq(user_id))
        .filter(membership::Column::TenantId.is_in(above))
        .fetch_all(tx)
        .await?;
    Ok(rows.iter().any(|(row, tenant)| is_open(tx, row) && reaches_down(row, tenant.as_ref())))
}

/// Whether the roles of a membership count in the tenants below.
pub(crate) fn reaches_down(row: &membership::Model, tenant: Option<&tenant::Model>) -> bool {
    row.sub_tenant_access || tenant.is_some_and(|tenant| opens_below(tenant.sub_account_access_type.as_deref()))
}

/// Whether a tenant with that kind of access lets all its members reach into the tenants below.
pub(super) fn opens_below(access: Option<&str>) -> bool {
    access == Some("alwaysOn")
}
