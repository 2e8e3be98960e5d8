//! What a fresh environment has: an application, two roles, some two dozen built-in permissions in three categories.
//!
//! Their ids are always the same, so that a test may keep them over a reset.

use sea_orm::{ActiveValue::Set, EntityTrait};

use super::{DomainResult, applications::default_application};
use crate::{
    ids,
    store::{
        Identity, Write,
        entity::{AssignmentType, permission, permission_category, role, role_permission},
        query,
    },
};

/// Category, then the last parts of the keys of its permissions with their names.
const PERMISSIONS: &[(&str, &[(&str, &str)])] = &[
    (
        "General",
        &[
            ("fe.account-settings.read.app", "Read account settings"),
            ("fe.account-settings.write.app", "Change account settings"),
            ("fe.account-settings.delete.account", "Delete the account"),
            ("fe.account-hierarchy.read.subAccount", "Read sub-accounts"),
            ("fe.account-hierarchy.write.subAccount", "Create and change sub-accounts"),
            ("fe.account-hierarchy.delete.subAccount", "Delete sub-accounts"),
        ],
    ),
    (
        "Users and roles",
        &[
            ("fe.secure.read.users", "Read users"),
            ("fe.secure.write.users", "Invite and change users"),
            ("fe.secure.delete.users", "Remove users"),
            ("fe.secure.read.roles", "Read roles"),
            ("fe.secure.write.roles", "Create and change roles"),
            ("fe.secure.delete.roles", "Delete roles"),
            ("fe.secure.read.groups", "Read groups"),
            ("fe.secure.write.groups", "Create and change groups"),
            ("fe.secure.delete.groups", "Delete groups"),
            ("fe.secure.write.appsUsers", "Assign users to applications"),
            ("fe.secure.delete.appsUsers", "Withdraw users from applications"),
            ("fe.secure.delete.appsUser", "Withdraw users from applications, as older material spells it"),
        ],
    ),
    (
        "Connectivity and security",
        &[
            ("fe.secure.*", "Everything about users and security"),
            ("fe.secure.read.securityPolicy", "Read rules about security"),
            ("fe.secure.write.securityPolicy", "Change rules about security"),
            ("fe.secure.read.audits", "Read the audit trail"),
            ("fe.secure.read.tenantApiTokens", "Read API tokens"),
            ("fe.secure.write.tenantApiTokens", "Create and change API tokens"),
            ("fe.secure.delete.tenantApiTokens", "Delete API tokens"),
            ("fe.secure.write.userApiTokens", "Create personal tokens"),
            ("fe.secure.read.samlConfiguration", "Read connections of single sign-on"),
            ("fe.secure.write.samlConfiguration", "Create and change connections of single sign-on"),
            ("fe.secure.delete.samlConfiguration", "Delete connections of single sign-on"),
            ("fe.secure.read.samlDefaultRoles", "Read roles of those who come by single sign-on"),
            ("fe.secure.write.samlDefaultRoles", "Change roles of those who come by single sign-on"),
            ("fe.secure.read.provisioningConfiguration", "Read provisioning connections"),
            ("fe.secure.write.provisioningConfiguration", "Create and change provisioning connections"),
            ("fe.secure.delete.provisioningConfiguration", "Delete provisioning connections"),
        ],
    ),
];

/// Key, level, whether it goes to everybody new, whether to the first member of a tenant, and
/// which permissions it holds.
type Role = (&'static str, i32, bool, bool, fn(&str) -> bool);

const ROLES: &[Role] =
    &[("Admin", 0, false, true, |_| true), ("ReadOnly", 1, true, false, |key| key.contains(".read."))];

/// Writes what a fresh environment has into an empty store.
pub(crate) async fn fresh_environment(tx: &Write) -> DomainResult<()> {
    let now = tx.now();
    let categories = PERMISSIONS.iter().map(|(name, _)| permission_category::ActiveModel {
        id: Set(ids::fixed_id(&format!("category:{name}"))),
        name: Set((*name).to_owned()),
        description: Set(None),
        fe_category: Set(true),
        created_at: Set(now),
        updated_at: Set(now),
    });
    permission_category::Entity::insert_many(categories).exec_without_returning(tx).await?;

    let permissions = PERMISSIONS.iter().flat_map(|(category, permissions)| {
        permissions.iter().map(move |(key, name)| permission::ActiveModel {
            id: Set(permission_id(key)),
            key: Set((*key).to_owned()),
            name: Set((*name).to_owned()),
            description: Set(None),
            category_id: Set(Some(ids::fixed_id(&format!("category:{category}")))),
            fe_permission: Set(true),
            assignment_type: Set(AssignmentType::Assignable),
            created_at: Set(now),
            updated_at: Set(now),
        })
    });
    permission::Entity::insert_many(permissions).exec_without_returning(tx).await?;

    let roles = ROLES.iter().map(|&(key, level, is_default, first, _)| role::ActiveModel {
        id: Set(role_id(key)),
        tenant_id: Set(None),
        key: Set(key.to_owned()),
        name: Set(key.to_owned()),
        description: Set(None),
        is_default: Set(is_default),
        first_user_role: Set(first),
        level: Set(level),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    });
    query::insert_all(roles.collect(), tx).await?;

    let held = ROLES.iter().flat_map(|&(role, _, _, _, holds)| {
        PERMISSIONS.iter().flat_map(|(_, permissions)| *permissions).filter(move |(key, _)| holds(key)).map(
            move |(key, _)| role_permission::ActiveModel {
                role_id: Set(role_id(role)),
                permission_id: Set(permission_id(key)),
            },
        )
    });
    role_permission::Entity::insert_many(held).exec_without_returning(tx).await?;
    let application_id = Identity::find(tx).await?.map_or_else(ids::new_id, |identity| identity.application_id);
    default_application::ensure(tx, &application_id).await
}

fn role_id(key: &str) -> String {
    ids::fixed_id(&format!("role:{key}"))
}

fn permission_id(key: &str) -> String {
    ids::fixed_id(&format!("permission:{key}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use frontegg_model::OPERATIONS;

    use super::PERMISSIONS;

    /// What operations ask for can be given, and what can be given is asked for.
    #[test]
    fn the_permissions_are_those_that_operations_ask_for() {
        let seeded = PERMISSIONS.iter().flat_map(|(_, permissions)| *permissions).map(|(key, _)| *key);
        let seeded: BTreeSet<&str> = seeded.filter(|key| !key.ends_with('*')).collect();
        let asked: BTreeSet<&str> = OPERATIONS.iter().flat_map(|row| row.permission.keys()).copied().collect();
        assert_eq!(seeded, asked);
    }
}
