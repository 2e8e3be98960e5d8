//! Who may use which application, and in which tenant they work there.
//!
//! An assignment hangs on a membership and goes with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{OnConflict, SelectStatement},
};

use crate::{
    domain::{DomainError, DomainResult, applications, caller::Caller, input, memberships, users},
    store::{
        Fetch, Read, Write,
        entity::{application_assignment, application_tenant, membership, tenant_application},
        query::ROWS,
    },
};

/// The ids of those who are assigned to an application, each once, the oldest assignment first. A
/// user's token sees its own tenant only.
pub(crate) async fn users_of(tx: &Read, caller: Caller<'_>, app_id: &str) -> DomainResult<Vec<String>> {
    let mut select = application_assignment::Entity::find()
        .find_also_related(membership::Entity)
        .filter(application_assignment::Column::AppId.eq(app_id));
    if let Some(tenant_id) = caller.tenant() {
        select = select.filter(membership::Column::TenantId.eq(tenant_id));
    }
    let rows = select
        .order_by_asc(application_assignment::Column::CreatedAt)
        .order_by_asc(application_assignment::Column::MembershipId)
        .fetch_all(tx)
        .await?;
    let user_ids = rows.into_iter().filter_map(|(_, member)| member).map(|member| member.user_id);
    Ok(input::each_once(user_ids.collect()))
}

/// The ids of the applications that a person is assigned to, each once, the oldest assignment
/// first. Another person's token sees members of its tenant, and what they use there.
pub(crate) async fn applications_of(
    tx: &Read,
    caller: Caller<'_>,
    caller_id: Option<&str>,
    user_id: &str,
) -> DomainResult<Vec<String>> {
    let user = users::require(tx, user_id).await?;
    let mut rows = memberships::of_user(tx, &user.id).await?;
    if let Some(tenant_id) = caller.tenant().filter(|_| caller_id != Some(user_id)) {
        rows.retain(|row| row.tenant_id == tenant_id);
        if rows.is_empty() {
            return Err(users::unknown());
        }
    }
    let assignments = assignments_of(tx, rows.iter().map(|row| row.id.as_str())).await?;
    Ok(input::each_once(assignments.into_iter().map(|row| row.app_id).collect()))
}

/// A person with the ids of the applications that they are assigned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UserApplications {
    pub(crate) user_id: String,
    pub(crate) app_ids: Vec<String>,
}

/// The ids of the applications that each of these people is assigned to, each once, the oldest assignment first. A
/// user's token sees members of its tenant, and what they use there; people who are unknown to it are left out.
pub(crate) async fn applications_of_all(
    tx: &Read,
    caller: Caller<'_>,
    user_ids: Vec<String>,
) -> DomainResult<Vec<UserApplications>> {
    let user_ids = input::distinct("userIds", user_ids)?;
    let mut rows = memberships::of_users(tx, &user_ids).await?;
    if let Some(tenant_id) = caller.tenant() {
        rows.retain(|row| row.tenant_id == tenant_id);
    }
    let assignments = assignments_of(tx, rows.iter().map(|row| row.id.as_str())).await?;
    let holders: HashMap<String, String> = rows.into_iter().map(|row| (row.id, row.user_id)).collect();
    let mut of_users: HashMap<&str, Vec<String>> =
        holders.values().map(|user_id| (user_id.as_str(), Vec::new())).collect();
    for row in assignments {
        let holder = holders.get(&row.membership_id);
        if let Some(app_ids) = holder.and_then(|user_id| of_users.get_mut(user_id.as_str())) {
            app_ids.push(row.app_id);
        }
    }
    let mut of_user = |user_id: String| {
        let app_ids = input::each_once(of_users.remove(user_id.as_str())?);
        Some(UserApplications { user_id, app_ids })
    };
    Ok(user_ids.into_iter().filter_map(&mut of_user).collect())
}

/// The assignments of these memberships, the oldest first.
async fn assignments_of(
    tx: &Read,
    membership_ids: impl Iterator<Item = &str>,
) -> DomainResult<Vec<application_assignment::Model>> {
    Ok(application_assignment::Entity::find()
        .filter(application_assignment::Column::MembershipId.is_in(membership_ids))
        .order_by_asc(application_assignment::Column::CreatedAt)
        .order_by_asc(application_assignment::Column::AppId)
        .fetch_all(tx)
        .await?)
}

/// Assigns members of a tenant to an application that it has, all or none, and gives the assignments in the
/// order of the ids. One that is there already stays as it is.
pub(crate) async fn assign(
    tx: &Write,
    caller: Caller<'_>,
    app_id: &str,
    tenant_id: &str,
    user_ids: Vec<String>,
) -> DomainResult<Vec<application_assignment::Model>> {
    own_tenant(caller, tenant_id)?;
    let user_ids = input::distinct("userIds", user_ids)?;
    if user_ids.is_empty() {
        return Err(DomainError::bad_request("userIds should not be empty"));
    }
    input::check_id("appId", app_id)?;
    applications::named(tx, Some(app_id)).await?;
    applications::tenants::require(tx, app_id, tenant_id).await?;
    let members = members(tx, tenant_id, &user_ids).await?;
    let ids: Option<Vec<String>> = user_ids.iter().map(|id| members.get(id).cloned()).collect();
    let ids = ids.ok_or_else(users::unknown)?;
    for ids in ids.chunks(ROWS) {
        let rows = ids.iter().map(|id| application_assignment::ActiveModel {
            app_id: Set(app_id.to_owned()),
            membership_id: Set(id.clone()),
            created_at: Set(tx.stamp()),
        });
        let key = [application_assignment::Column::AppId, application_assignment::Column::MembershipId];
        application_assignment::Entity::insert_many(rows)
            .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
    }
    let rows = application_assignment::Entity::find()
        .filter(application_assignment::Column::AppId.eq(app_id))
        .filter(application_assignment::Column::MembershipId.is_in(ids.iter()))
        .fetch_all(tx)
        .await?;
    let mut rows: BTreeMap<String, application_assignment::Model> =
        rows.into_iter().map(|row| (row.membership_id.clone(), row)).collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}

/// Withdraws members of a tenant from an application. Whoever has no assignment to it left also
/// loses the tenant chosen for it.
pub(crate) async fn unassign(
    tx: &Write,
    caller: Caller<'_>,
    app_id: &str,
    tenant_id: &str,
    user_ids: Vec<String>,
) -> DomainResult<()> {
    own_tenant(caller, tenant_id)?;
    let user_ids = input::distinct("userIds", user_ids)?;
    let members = members(tx, tenant_id, &user_ids).await?;
    application_assignment::Entity::delete_many()
        .filter(application_assignment::Column::AppId.eq(app_id))
        .filter(application_assignment::Column::MembershipId.is_in(members.values()))
        .exec(tx)
        .await?;
    application_tenant::Entity::delete_many()
        .filter(application_tenant::Column::AppId.eq(app_id))
        .filter(application_tenant::Column::UserId.is_in(members.keys()))
        .filter(application_tenant::Column::UserId.not_in_subquery(assigned(app_id)))
        .exec(tx)
        .await?;
    Ok(())
}

/// Ids of those who are assigned to an application in some tenant.
fn assigned(app_id: &str) -> SelectStatement {
    let memberships = application_assignment::Entity::find()
        .select_only()
        .column(application_assignment::Column::MembershipId)
        .filter(application_assignment::Column::AppId.eq(app_id));
    membership::Entity::find()
        .select_only()
        .column(membership::Column::UserId)
        .filter(membership::Column::Id.in_subquery(memberships.into_query()))
        .into_query()
}

/// Refuses a user's token for a tenant that is not its own.
fn own_tenant(caller: Caller<'_>, tenant_id: &str) -> DomainResult<()> {
    match caller.tenant() {
        Some(own) if own != tenant_id => Err(DomainError::forbidden("The tenant is not the caller's")),
        _ => Ok(()),
    }
}

/// The ids of the memberships in a tenant, by those of these people who are there.
async fn members(tx: &Read, tenant_id: &str, user_ids: &[String]) -> DomainResult<BTreeMap<String, String>> {
    let rows = membership::Entity::find()
        .filter(membership::Column::TenantId.eq(tenant_id))
        .filter(membership::Column::UserId.is_in(user_ids))
        .fetch_all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.id)).collect())
}

/// In which tenant a person works, by application, as far as it was chosen.
pub(crate) async fn active_tenants(tx: &Read, user_id: &str) -> DomainResult<Vec<application_tenant::Model>> {
    let user = users::require(tx, user_id).await?;
    Ok(application_tenant::Entity::find()
        .filter(application_tenant::Column::UserId.eq(user.id))
        .order_by_asc(application_tenant::Column::AppId)
        .fetch_all(tx)
        .await?)
}

/// Chooses the tenant that a person works in, for each of these applications; all or none. Other
/// applications keep theirs; of several choices for one the last counts.
pub(crate) async fn set_active_tenants(tx: &Write, user_id: &str, choices: Vec<(String, String)>) -> DomainResult<()> {
    let user = users::require(tx, user_id).await?;
    input::at_most("activeApplicationTenants", &choices)?;
    choices.iter().try_for_each(|(app_id, _)| input::check_id("applicationId", app_id))?;
    let choices: BTreeMap<String, String> = choices.into_iter().collect();
    memberships::require_own_entry(tx, &user, choices.values().map(String::as_str).collect()).await?;
    require_had(tx, &choices).await?;
    let choices: Vec<(String, String)> = choices.into_iter().collect();
    for choices in choices.chunks(ROWS) {
        let rows = choices.iter().map(|(app_id, tenant_id)| application_tenant::ActiveModel {
            user_id: Set(user.id.clone()),
            app_id: Set(app_id.clone()),
            tenant_id: Set(tenant_id.clone()),
        });
        let key = [application_tenant::Column::UserId, application_tenant::Column::AppId];
        let chosen = OnConflict::columns(key).update_column(application_tenant::Column::TenantId).to_owned();
        application_tenant::Entity::insert_many(rows).on_conflict(chosen).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Refuses, with 404, an application that does not exist, and one that the tenant chosen for it does not have.
async fn require_had(tx: &Read, choices: &BTreeMap<String, String>) -> DomainResult<()> {
    for app_id in choices.keys() {
        applications::named(tx, Some(app_id)).await?;
    }
    let had = tenant_application::Entity::find()
        .filter(tenant_application::Column::AppId.is_in(choices.keys()))
        .filter(tenant_application::Column::TenantId.is_in(choices.values()))
        .fetch_all(tx)
        .await?;
    let had: BTreeSet<_> = had.iter().map(|row| (&row.app_id, &row.tenant_id)).collect();
    if choices.iter().all(|choice| had.contains(&choice)) { Ok(()) } else { Err(applications::tenants::missing()) }
}
