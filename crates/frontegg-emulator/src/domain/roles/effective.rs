//! Which roles and permissions hold for somebody in a tenant.
//!
//! They are the roles of the membership there, those of its groups there, and those held in tenants
//! above by people who reach into sub-tenants.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Statement, Value};

use super::RoleWithPermissions;
use crate::{
    domain::{DomainResult, groups},
    store::{
        Tx,
        entity::{permission, role, role_permission},
        query::parameters,
    },
};

/// The roles and permissions that hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effective {
    /// By level and key.
    pub(crate) roles: Vec<RoleWithPermissions>,
    /// The union of what the roles hold, each once, by key.
    pub(crate) permissions: Vec<permission::Model>,
}

impl Effective {
    /// As tokens carry them.
    pub(crate) fn role_keys(&self) -> Vec<String> {
        self.roles.iter().map(|held| held.role.key.clone()).collect()
    }

    pub(crate) fn role_ids(&self) -> Vec<String> {
        self.roles.iter().map(|held| held.role.id.clone()).collect()
    }

    /// As tokens carry them.
    pub(crate) fn permission_keys(&self) -> Vec<String> {
        self.permissions.iter().map(|permission| permission.key.clone()).collect()
    }
}

/// What holds for each of these memberships, by their ids.
pub(crate) async fn effective(tx: &Tx, membership_ids: &[String]) -> DomainResult<BTreeMap<String, Effective>> {
    if membership_ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let wanted =
        format!("SELECT id, user_id, tenant_id FROM memberships WHERE id IN ({})", parameters(2, membership_ids.len()));
    let held = held(tx, &wanted, membership_ids.iter().map(String::as_str)).await?;
    let mut effective = assemble(tx, held).await?;
    for id in membership_ids {
        effective.entry(id.clone()).or_default();
    }
    Ok(effective)
}

/// What holds for a person in a tenant, also where they are only by sub-tenant access.
pub(crate) async fn effective_in(tx: &Tx, user_id: &str, tenant_id: &str) -> DomainResult<Effective> {
    let held = held(tx, "VALUES ('', $2, $3)", [user_id, tenant_id].into_iter()).await?;
    Ok(assemble(tx, held).await?.remove("").unwrap_or_default())
}

#[derive(Debug, FromQueryResult)]
struct Held {
    holder: String,
    role_id: String,
    by_group: bool,
}

/// Which roles hold for those wanted. `wanted` selects a name for the holder, the user and the
/// tenant in view; `$1` is taken by the present time.
async fn held<'a>(tx: &Tx, wanted: &str, values: impl Iterator<Item = &'a str>) -> DomainResult<Vec<Held>> {
    // A membership above counts while its holder could enter there; the one in view always does:
    // whether its holder may come in is not asked here.
    let sql = format!(
        "WITH RECURSIVE wanted (holder, user_id, tenant_id) AS ({wanted}),
        above (tenant_id, ancestor_id) AS (
            SELECT child_id, parent_id FROM tenant_edges WHERE child_id IN (SELECT tenant_id FROM wanted)
            UNION
            SELECT above.tenant_id, edge.parent_id
            FROM above JOIN tenant_edges edge ON edge.child_id = above.ancestor_id
        ),
        counting (holder, membership_id) AS (
            SELECT wanted.holder, membership.id
            FROM wanted JOIN memberships membership
                ON membership.user_id = wanted.user_id AND membership.tenant_id = wanted.tenant_id
            UNION ALL
            SELECT wanted.holder, membership.id
            FROM wanted
            JOIN above ON above.tenant_id = wanted.tenant_id
            JOIN memberships membership
                ON membership.user_id = wanted.user_id AND membership.tenant_id = above.ancestor_id
            JOIN tenants tenant ON tenant.tenant_id = above.ancestor_id
            WHERE tenant.deleted_at IS NULL
                AND (membership.sub_tenant_access OR tenant.sub_account_access_type = 'alwaysOn')
                AND NOT membership.is_disabled
                AND (membership.expires_at IS NULL OR membership.expires_at > $1)
                AND membership.status IN ('Activated', 'PendingLogin')
        )
        SELECT counting.holder, held.role_id, FALSE AS by_group
        FROM counting JOIN membership_roles held ON held.membership_id = counting.membership_id
        UNION
        SELECT counting.holder, held.role_id, TRUE AS by_group
        FROM counting
        JOIN group_members member ON member.membership_id = counting.membership_id
        JOIN group_roles held ON held.group_id = member.group_id"
    );
    let values = std::iter::once(Value::from(tx.now())).chain(values.map(Value::from));
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    let mut held = Held::find_by_statement(statement).all(tx).await?;
    if held.iter().any(|held| held.by_group) && !groups::configuration(tx).await?.roles_count() {
        held.retain(|held| !held.by_group);
    }
    Ok(held)
}

/// Fetches the roles and permissions behind the ids.
async fn assemble(tx: &Tx, held: Vec<Held>) -> DomainResult<BTreeMap<String, Effective>> {
    let mut holders = BTreeMap::<String, BTreeSet<String>>::new();
    for held in held {
        holders.entry(held.holder).or_default().insert(held.role_id);
    }
    let ids: BTreeSet<&str> = holders.values().flatten().map(String::as_str).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let roles = role::Entity::find()
        .filter(role::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(role::Column::Level)
        .order_by_asc(role::Column::Key)
        .order_by_asc(role::Column::Id)
        .all(tx)
        .await?;
    let links = role_permission::Entity::find()
        .find_also_related(permission::Entity)
        .filter(role_permission::Column::RoleId.is_in(ids))
        .order_by_asc(role_permission::Column::PermissionId)
        .all(tx)
        .await?;
    let mut of_role = BTreeMap::<String, Vec<permission::Model>>::new();
    for (link, permission) in links {
        of_role.entry(link.role_id).or_default().extend(permission);
    }
    let effective = |ids: &BTreeSet<String>| of_one(roles.iter().filter(|role| ids.contains(&role.id)), &of_role);
    Ok(holders.iter().map(|(holder, ids)| (holder.clone(), effective(ids))).collect())
}

fn of_one<'a>(
    roles: impl Iterator<Item = &'a role::Model>,
    of_role: &BTreeMap<String, Vec<permission::Model>>,
) -> Effective {
    let mut all = BTreeMap::<&str, &permission::Model>::new();
    let with_permissions = |role: &role::Model| {
        let permissions = of_role.get(&role.id).map(Vec::as_slice).unwrap_or_default();
        all.extend(permissions.iter().map(|permission| (permission.key.as_str(), permission)));
        let ids = permissions.iter().map(|permission| permission.id.clone()).collect();
        RoleWithPermissions { role: role.clone(), permissions: ids }
    };
    let roles = roles.map(with_permissions).collect();
    Effective { roles, permissions: all.into_values().cloned().collect() }
}
