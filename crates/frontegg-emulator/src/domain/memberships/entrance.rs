//! Memberships with what their tenants let them do with an application, in one statement.

use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait, Select,
    sea_query::{Expr, ExprTrait},
};

use super::{entry::is_usable, is_open, no_entry};
use crate::{
    clock::Timestamp,
    domain::{
        DomainResult,
        applications::tenants::{self, Access},
    },
    store::{
        Fetch, Read,
        entity::{
            AccessType, application_assignment, application_tenant, membership, tenant, tenant_application, user,
        },
    },
};

/// A membership, and what its tenant lets its holder do with an application.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct Entrance {
    #[sea_orm(nested)]
    pub(crate) membership: membership::Model,
    tenant_is_locked: bool,
    tenant_deleted_at: Option<Timestamp>,
    access_type: Option<AccessType>,
    /// The application, where the member is assigned to it.
    assigned: Option<String>,
    /// The tenant, where the person chose to work there with the application.
    chosen: Option<String>,
}

impl Entrance {
    /// Whether nothing bars the member from the tenant, whatever the application.
    pub(crate) fn is_open(&self, tx: &Read) -> bool {
        self.tenant_is_open() && is_open(tx, &self.membership)
    }

    fn tenant_is_open(&self) -> bool {
        self.tenant_deleted_at.is_none() && !self.tenant_is_locked
    }

    /// Whether the person chose to work in the tenant with the application.
    pub(crate) fn is_chosen(&self) -> bool {
        self.chosen.is_some()
    }

    pub(crate) fn access(&self) -> Access {
        Access { access_type: self.access_type, is_assigned: self.assigned.is_some() }
    }
}

/// All memberships of a person, the oldest first.
pub(crate) async fn entrances(tx: &Read, user_id: &str, app_id: &str) -> DomainResult<Vec<Entrance>> {
    let select =
        select(user_id, app_id).order_by_asc(membership::Column::CreatedAt).order_by_asc(membership::Column::Id);
    Ok(select.into_model().fetch_all(tx).await?)
}

fn select(user_id: &str, app_id: &str) -> Select<membership::Entity> {
    let mut select = membership::Entity::find()
        .join(JoinType::InnerJoin, membership::Relation::Tenant.def())
        .column_as(tenant::Column::IsLocked, "tenant_is_locked")
        .column_as(tenant::Column::DeletedAt, "tenant_deleted_at")
        .column_as(tenant_application::Column::AccessType, "access_type")
        .column_as(application_assignment::Column::AppId, "assigned")
        .column_as(application_tenant::Column::TenantId, "chosen")
        .filter(membership::Column::UserId.eq(user_id));
    let had = Expr::col((tenant_application::Entity, tenant_application::Column::TenantId))
        .equals((membership::Entity, membership::Column::TenantId))
        .and(tenant_application::Column::AppId.eq(app_id));
    let assigned = Expr::col((application_assignment::Entity, application_assignment::Column::MembershipId))
        .equals((membership::Entity, membership::Column::Id))
        .and(application_assignment::Column::AppId.eq(app_id));
    let chosen = Expr::col((application_tenant::Entity, application_tenant::Column::TenantId))
        .equals((membership::Entity, membership::Column::TenantId))
        .and(application_tenant::Column::UserId.eq(user_id))
        .and(application_tenant::Column::AppId.eq(app_id));
    QuerySelect::query(&mut select)
        .left_join(tenant_application::Entity, had)
        .left_join(application_assignment::Entity, assigned)
        .left_join(application_tenant::Entity, chosen);
    select
}

/// Refuses what [`require_entry`](super::require_entry) does; gives what the tenant lets the person do with the
/// application.
pub(crate) async fn require_entry_for(
    tx: &Read,
    user: &user::Model,
    tenant_id: &str,
    app_id: &str,
) -> DomainResult<Access> {
    let select = select(&user.id, app_id).filter(membership::Column::TenantId.eq(tenant_id));
    require_entry_by(tx, user, tenant_id, app_id, select.into_model().fetch_one(tx).await?.as_ref()).await
}

/// The same where it is known whether the person is a member.
pub(crate) async fn require_entry_by(
    tx: &Read,
    user: &user::Model,
    tenant_id: &str,
    app_id: &str,
    entrance: Option<&Entrance>,
) -> DomainResult<Access> {
    if let Some(entrance) = entrance {
        let may = !user.is_locked && entrance.tenant_is_open() && is_usable(tx, &entrance.membership);
        return if may { Ok(entrance.access()) } else { Err(no_entry()) };
    }
    super::require_entry(tx, user, tenant_id).await?;
    tenants::access(tx, app_id, tenant_id).await
}
