//! Invitations of known people into further tenants: accepting them, and sending them anew.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Map;

use super::{
    creation::require_unlocked,
    onboarding::{self, Mail, Returned},
};
use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        caller::Caller,
        identifiers::emails,
        memberships,
        people::lists::{self, Reach, Scope},
        tenants, users,
    },
    store::{
        Fetch, Read, Write,
        entity::{MembershipStatus, Purpose, membership, one_time_token, tenant, user},
    },
};

/// Makes a member of whoever brings an invitation back, which proves their address. Nobody is signed in
/// by it.
pub(crate) async fn accept(tx: &Write, user_id: &str, token: &str, code: Option<&str>) -> DomainResult<Tried<()>> {
    let user = users::require(tx, user_id).await?;
    let returned = Returned { mail: Mail::Invitation, user_id, token, code };
    let row = match returned.spend(tx).await? {
        Tried::Done(row) => row,
        Tried::Refused(refusal) => return Ok(Tried::Refused(refusal)),
    };
    let row = membership::Entity::find_by_id(row.membership_id.unwrap_or_default()).fetch_one(tx).await?;
    let row = row.ok_or_else(|| returned.refusal())?;
    let tenant = tenants::find(tx, &row.tenant_id).await?.ok_or_else(|| returned.refusal())?;
    require_unlocked(tenant)?;
    if !user.verified {
        users::prove(tx, user_id).await?;
    }
    memberships::accept(tx, row).await.map(Tried::Done)
}

/// Sends a person's invitation into a tenant anew; what was sent before is void. 404 when they have
/// none, 400 when they have accepted it.
pub(crate) async fn renew(tx: &Write, caller: Caller<'_>, tenant_id: &str, address: &str) -> DomainResult<()> {
    emails::check(address)?;
    let unknown = || DomainError::not_found("Invitation not found");
    let email = emails::find(tx, address).await?.ok_or_else(unknown)?;
    let row = memberships::find(tx, &email.user_id, tenant_id).await?.ok_or_else(unknown)?;
    if row.status == MembershipStatus::Activated {
        return Err(DomainError::bad_request("The invitation was accepted already"));
    }
    memberships::may_manage(tx, caller, &row).await?;
    let tenant = tenants::find(tx, tenant_id).await?.ok_or_else(unknown)?;
    let rows = invited(tx, vec![(row, tenant)]).await?;
    let (row, tenant) = rows.into_iter().next().ok_or_else(unknown)?;
    require_unlocked(tenant)?;
    send(tx, &users::require(tx, &email.user_id).await?, &row).await
}

/// Sends all of a person's open invitations anew, into a tenant and those below it that the caller
/// reaches. Locked tenants are passed over, as are those without an invitation.
pub(crate) async fn renew_all(
    tx: &Write,
    caller: Caller<'_>,
    caller_id: Option<&str>,
    tenant_id: &str,
    address: &str,
) -> DomainResult<()> {
    emails::check(address)?;
    let user = users::require_by_email(tx, address).await?;
    let scope = Scope { tenant: Some(tenant_id), asked: None, include_sub_tenants: true };
    let reached = match lists::reach(tx, caller, caller_id, scope).await? {
        Reach::Tenants(ids) => ids.into_iter().collect(),
        Reach::Environment => BTreeSet::new(),
    };
    let rows = memberships::with_tenants(tx, &user.id).await?.into_iter();
    let rows: Vec<_> = rows.filter(|(row, _)| reached.contains(&row.tenant_id)).collect();
    if rows.is_empty() && caller.is_user() {
        // Of people elsewhere a user's token learns nothing.
        return Err(users::unknown());
    }
    for (row, tenant) in invited(tx, rows).await? {
        if !tenant.is_locked && tenant.deleted_at.is_none() {
            memberships::may_manage(tx, caller, &row).await?;
            send(tx, &user, &row).await?;
        }
    }
    Ok(())
}

/// Those of the memberships for which an invitation is open.
async fn invited(
    tx: &Read,
    rows: Vec<(membership::Model, tenant::Model)>,
) -> DomainResult<Vec<(membership::Model, tenant::Model)>> {
    let tokens = one_time_token::Entity::find()
        .filter(one_time_token::Column::Kind.eq(Purpose::Invitation))
        .filter(one_time_token::Column::MembershipId.is_in(rows.iter().map(|(row, _)| row.id.as_str())))
        .fetch_all(tx)
        .await?;
    let sent: BTreeSet<String> = tokens.into_iter().filter_map(|token| token.membership_id).collect();
    let open = |row: &membership::Model| match row.status {
        MembershipStatus::PendingInvitation => true,
        MembershipStatus::PendingLogin => sent.contains(&row.id),
        MembershipStatus::NotActivated | MembershipStatus::Activated => false,
    };
    Ok(rows.into_iter().filter(|(row, _)| open(row)).collect())
}

async fn send(tx: &Write, user: &user::Model, row: &membership::Model) -> DomainResult<()> {
    onboarding::send(tx, Mail::Invitation, user, row, Map::new()).await?;
    Ok(())
}
