//! Which roles and permissions hold for somebody in a tenant.
//!
//! They are the roles of the membership there, those of its groups there, and those held in tenants
//! above by people who reach into sub-tenants.

use std::collections::BTreeMap;

use sea_orm::{FromQueryResult, Statement, Value};

use super::{RoleWithPermissions, of_ids};
use crate::{
    domain::{DomainResult, groups},
    store::{Fetch, Read, catalog::Catalog, entity::permission},
};

/// The roles and permissions that hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effective {
    /// By level and key.
    pub(crate) roles: Vec<RoleWithPermissions>,
    /// The union of what the roles hold, each once, by key.
    pub(crate) permissions: Vec<permission::Model>,
}

/// The keys of what holds, as tokens carry them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    /// By level and key.
    pub(crate) roles: Vec<String>,
    /// Each once, in order.
    pub(crate) permissions: Vec<String>,
}

/// The keys of [`effective_in`].
pub(crate) async fn keys_in(tx: &Read, user_id: &str, tenant_id: &str) -> DomainResult<Keys> {
    let ids = held(tx, user_id, tenant_id).await?;
    if ids.is_empty() {
        return Ok(Keys::default());
    }
    let roles = of_ids(tx, &ids).await?;
    let permissions = permissions_of(&*tx.catalog().await?, &roles).into_keys().map(str::to_owned).collect();
    Ok(Keys { roles: roles.into_iter().map(|held| held.role.key).collect(), permissions })
}

/// What roles hold, each permission once, by key.
fn permissions_of<'a>(catalog: &'a Catalog, roles: &[RoleWithPermissions]) -> BTreeMap<&'a str, &'a permission::Model> {
    let held = roles.iter().flat_map(|held| &held.permissions).filter_map(|id| catalog.permission(id));
    held.map(|permission| (permission.key.as_str(), permission)).collect()
}

/// What holds for a person in a tenant, also where they are only by sub-tenant access.
pub(crate) async fn effective_in(tx: &Read, user_id: &str, tenant_id: &str) -> DomainResult<Effective> {
    let ids = held(tx, user_id, tenant_id).await?;
    if ids.is_empty() {
        return Ok(Effective::default());
    }
    let roles = of_ids(tx, &ids).await?;
    let permissions = permissions_of(&*tx.catalog().await?, &roles).into_values().cloned().collect();
    Ok(Effective { roles, permissions })
}

/// A membership above counts while its holder could enter there. The one in view always does:
/// whether its holder may come in is not asked here.
const HELD: &str = "
WITH RECURSIVE above (tenant_id) AS (
    SELECT parent_id FROM tenant_edges WHERE child_id = $2
    UNION
    SELECT edge.parent_id FROM above JOIN tenant_edges edge ON edge.child_id = above.tenant_id
),
counting (membership_id) AS (
    SELECT id FROM memberships WHERE user_id = $1 AND tenant_id = $2
    UNION
    SELECT membership.id
    FROM above
    JOIN memberships membership ON membership.user_id = $1 AND membership.tenant_id = above.tenant_id
    JOIN tenants tenant ON tenant.tenant_id = above.tenant_id
    WHERE tenant.deleted_at IS NULL
        AND (membership.sub_tenant_access OR tenant.sub_account_access_type = 'alwaysOn')
        AND NOT membership.is_disabled
        AND (membership.expires_at IS NULL OR membership.expires_at > $3)
        AND membership.status IN ('Activated', 'PendingLogin')
)
SELECT held.role_id, NULL AS group_id
FROM counting JOIN membership_roles held ON held.membership_id = counting.membership_id
UNION
SELECT held.role_id, held.group_id
FROM counting
JOIN group_members member ON member.membership_id = counting.membership_id
JOIN group_roles held ON held.group_id = member.group_id";

#[derive(Debug, FromQueryResult)]
struct Held {
    role_id: String,
    /// Nothing where they are held without one.
    group_id: Option<String>,
}

/// The ids of the roles that hold.
async fn held(tx: &Read, user_id: &str, tenant_id: &str) -> DomainResult<Vec<String>> {
    let values = [Value::from(user_id), Value::from(tenant_id), Value::from(tx.now())];
    let statement = Statement::from_sql_and_values(tx.backend(), HELD, values);
    let mut held = Held::find_by_statement(statement).fetch_all(tx).await?;
    if held.iter().any(|held| held.group_id.is_some()) && !groups::configuration(tx).await?.roles_count() {
        held.retain(|held| held.group_id.is_none());
    }
    Ok(held.into_iter().map(|held| held.role_id).collect())
}
