//! What back ends ask about access tokens that they are shown.

use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect};

use super::{enabled, grants, unknown, usable};
use crate::{
    domain::DomainResult,
    store::{
        Fetch, Read,
        entity::{MachineTokenKind, machine_token, membership},
        query::OneColumn,
    },
    tokens::AccessKind,
};

/// An access token that is valid, with what holds for it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccessToken {
    pub(crate) row: machine_token::Model,
    /// Whose it is, if a person's.
    pub(crate) user_id: Option<String>,
    /// Keys of roles.
    pub(crate) roles: Vec<String>,
    /// Keys of permissions.
    pub(crate) permissions: Vec<String>,
}

/// The ids of the access tokens that are valid, of one tenant or of all, the oldest first.
pub(crate) async fn active_ids(tx: &Read, kind: AccessKind, tenant: Option<&str>) -> DomainResult<Vec<String>> {
    enabled(tx).await?;
    let ids = usable(tx)
        .select_only()
        .column(machine_token::Column::Id)
        .filter(of(kind, tenant))
        .order_by_asc(machine_token::Column::CreatedAt)
        .order_by_asc(machine_token::Column::Id)
        .one_column()
        .fetch_all(tx)
        .await?;
    Ok(ids)
}

/// An access token that is valid, or 404.
pub(crate) async fn look_up(tx: &Read, kind: AccessKind, tenant: Option<&str>, id: &str) -> DomainResult<AccessToken> {
    enabled(tx).await?;
    let found = usable(tx)
        .select_also(membership::Entity)
        .filter(of(kind, tenant))
        .filter(machine_token::Column::Id.eq(id))
        .fetch_one(tx)
        .await?;
    let (row, member) = found.ok_or_else(|| unknown(MachineTokenKind::Access))?;
    let keys = grants::keys(tx, &row, member.as_ref()).await?;
    let user_id = member.map(|member| member.user_id);
    Ok(AccessToken { row, user_id, roles: keys.roles, permissions: keys.permissions })
}

fn of(kind: AccessKind, tenant: Option<&str>) -> Condition {
    let owner = match kind {
        AccessKind::Tenant => machine_token::Column::MembershipId.is_null(),
        AccessKind::User => machine_token::Column::MembershipId.is_not_null(),
    };
    Condition::all()
        .add(machine_token::Column::Kind.eq(MachineTokenKind::Access))
        .add(owner)
        .add_option(tenant.map(|tenant| machine_token::Column::TenantId.eq(tenant)))
}
